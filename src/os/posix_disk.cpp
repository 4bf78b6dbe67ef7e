// SPDX-License-Identifier: Apache-2.0
#include "os/posix_disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/posix_directory.h"
#include "os/system_error.h"

namespace mainstem::os {
namespace {

/// @return an errno, 0 if the directory was synced.
int sync_directory(const descriptor& handle) noexcept {
  return ::fsync(handle.get()) == 0 ? 0 : errno;
}

/// Walks along `path`, makes what is missing, and syncs each directory in which something was made.
/// @return an errno, 0 if `into` is the directory at the end.
int make_path(std::string_view path, descriptor& into) {
  descriptor current;
  const bool absolute = path.starts_with('/');
  if (const int failure = open_directory_at(AT_FDCWD, absolute ? "/" : ".", current)) {
    return failure;
  }
  while (!path.empty()) {
    const std::string name(path.substr(0, path.find('/')));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    if (name.empty()) continue;
    descriptor next;
    int failure = open_directory_at(current.get(), name, next);
    if (failure == ENOENT) {
      if (::mkdirat(current.get(), name.c_str(), 0777) != 0 && errno != EEXIST) return errno;
      if ((failure = sync_directory(current)) != 0) return failure;
      failure = open_directory_at(current.get(), name, next);
    }
    if (failure != 0) return failure;
    current = std::move(next);
  }
  into = std::move(current);
  return 0;
}

/// The directory may have been made a moment ago, by a process that was killed before it synced the
/// parent. So the parent is synced here too; where it may not be read, that is up to whoever owns
/// it.
/// @return an errno, 0 if the parent was synced or may not be.
int sync_parent(const descriptor& handle) {
  descriptor parent;
  const int failure = open_directory_at(handle.get(), "..", parent);
  if (failure == EACCES || failure == EPERM) return 0;
  if (failure != 0) return failure;
  const int unsynced = sync_directory(parent);
  return unsynced == EINVAL || unsynced == EROFS ? 0 : unsynced;
}

}  // namespace

result<std::shared_ptr<directory>> posix_disk::open_directory(const std::string& path,
                                                              bool create) {
  descriptor handle;
  int failure = open_directory_at(AT_FDCWD, path, handle);
  if (create && failure == 0) {
    if (failure = sync_parent(handle); failure != 0) {
      return system_error(failure, "sync the parent of the folder", path);
    }
  } else if (create && failure == ENOENT && !path.empty()) {
    if (failure = make_path(path, handle); failure != 0) {
      return system_error(failure, "create the folder", path);
    }
  }
  if (failure != 0) return system_error(failure, "open the folder", path);
  return std::shared_ptr<directory>(
      std::make_shared<posix_directory>(std::move(handle), path, options_));
}

}  // namespace mainstem::os
