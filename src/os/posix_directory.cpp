// SPDX-License-Identifier: Apache-2.0
#include "os/posix_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/posix_file.h"
#include "os/posix_lock.h"
#include "os/system_error.h"

namespace mainstem::os {
namespace {

int open_flags(open_mode mode) noexcept {
  // Without O_NONBLOCK, opening a FIFO that somebody left in the folder would wait for ever.
  // Regular files do not care.
  constexpr int always = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  switch (mode) {
    case open_mode::read_only: return always | O_RDONLY;
    case open_mode::read_write: return always | O_RDWR;
    case open_mode::create_new: return always | O_RDWR | O_CREAT | O_EXCL;
  }
  return always;
}

struct close_stream {
  void operator()(DIR* stream) const noexcept { ::closedir(stream); }
};

/// @return an errno, 0 if `names` holds everything inside, without `.` and `..`.
int list_directory(int directory, std::vector<std::string>& names) {
  // A descriptor of its own: readdir() moves the offset, which a duplicate would share.
  descriptor handle;
  if (const int failure = open_directory_at(directory, ".", handle); failure != 0) return failure;
  const std::unique_ptr<DIR, close_stream> stream(::fdopendir(handle.get()));
  if (!stream) return errno;
  static_cast<void>(handle.release());

  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name(entry->d_name);
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  return errno;
}

/// @return an errno, 0 if `name` is gone. A symbolic link inside is removed, not followed.
int remove_directory(int parent, const std::string& name) {
  descriptor handle;
  if (const int failure = open_directory_at(parent, name, handle, O_NOFOLLOW)) return failure;
  std::vector<std::string> names;
  if (const int failure = list_directory(handle.get(), names)) return failure;
  for (const std::string& inside : names) {
    if (::unlinkat(handle.get(), inside.c_str(), 0) == 0 || errno == ENOENT) continue;
    if (errno != EISDIR) return errno;
    if (const int failure = remove_directory(handle.get(), inside)) return failure;
  }
  return ::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 ? 0 : errno;
}

}  // namespace

int open_directory_at(int parent, const std::string& name, descriptor& into,
                      int more_flags) noexcept {
  int number = -1;
  do {
    number = ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | more_flags);
  } while (number < 0 && errno == EINTR);
  if (number < 0) return errno;
  into = descriptor(number);
  return 0;
}

result<std::shared_ptr<file>> posix_directory::open_file(std::string_view name, open_mode mode) {
  if (auto checked = check_component(name, path_); !checked) return checked.error();
  const std::string component(name);
  std::string path = joined_path(path_, name);
  const char* const attempt = mode == open_mode::create_new ? "create" : "open";

  int number = -1;
  do {
    number = ::openat(handle_.get(), component.c_str(), open_flags(mode), 0666);
  } while (number < 0 && errno == EINTR);
  if (number < 0) return system_error(errno, attempt, path);
  descriptor handle(number);

  struct stat status {};
  if (::fstat(handle.get(), &status) != 0) return system_error(errno, attempt, path);
  if (!S_ISREG(status.st_mode)) {
    return system_error(S_ISDIR(status.st_mode) ? EISDIR : EINVAL, "open as a file", path);
  }
  return std::shared_ptr<file>(
      std::make_shared<posix_file>(std::move(handle), std::move(path), options_));
}

result<std::shared_ptr<directory>> posix_directory::open_directory(std::string_view name,
                                                                   bool create) {
  if (auto checked = check_component(name, path_); !checked) return checked.error();
  const std::string component(name);
  std::string path = joined_path(path_, name);
  if (create && ::mkdirat(handle_.get(), component.c_str(), 0777) != 0 && errno != EEXIST) {
    return system_error(errno, "create the folder", path);
  }
  descriptor handle;
  if (const int failure = open_directory_at(handle_.get(), component, handle); failure != 0) {
    return system_error(failure, "open the folder", path);
  }
  return std::shared_ptr<directory>(
      std::make_shared<posix_directory>(std::move(handle), std::move(path), options_));
}

result<std::vector<std::string>> posix_directory::list() {
  std::vector<std::string> names;
  if (const int failure = list_directory(handle_.get(), names); failure != 0) {
    return system_error(failure, "list", path_);
  }
  std::sort(names.begin(), names.end());
  return names;
}

result<void> posix_directory::rename(std::string_view from, std::string_view to) {
  if (auto checked = check_component(from, path_); !checked) return checked;
  if (auto checked = check_component(to, path_); !checked) return checked;
  const std::string old_name(from);
  const std::string new_name(to);
  if (::renameat(handle_.get(), old_name.c_str(), handle_.get(), new_name.c_str()) == 0) return {};
  const int failure = errno;
  return system_error(failure, "rename to " + new_name + " what is now", joined_path(path_, from));
}

result<void> posix_directory::remove(std::string_view name) {
  if (auto checked = check_component(name, path_); !checked) return checked;
  const std::string component(name);
  if (::unlinkat(handle_.get(), component.c_str(), 0) == 0) return {};
  return system_error(errno, "remove", joined_path(path_, name));
}

result<void> posix_directory::remove_tree(std::string_view name) {
  if (auto checked = check_component(name, path_); !checked) return checked;
  const int failure = remove_directory(handle_.get(), std::string(name));
  if (failure == 0 || failure == ENOENT) return {};
  return system_error(failure, "remove the folder", joined_path(path_, name));
}

result<void> posix_directory::sync() {
  // Once, as for files.
  if (::fsync(handle_.get()) == 0) return {};
  return system_error(errno, "sync the folder", path_);
}

result<std::unique_ptr<file_lock>> posix_directory::lock(std::string_view name) {
  if (auto checked = check_component(name, path_); !checked) return checked.error();
  return take_posix_lock(handle_.get(), std::string(name), joined_path(path_, name));
}

result<bool> posix_directory::is_locked(std::string_view name) {
  if (auto checked = check_component(name, path_); !checked) return checked.error();
  return is_posix_locked(handle_.get(), std::string(name), joined_path(path_, name));
}

result<void> posix_directory::hard_link(std::string_view name, directory& to,
                                        std::string_view to_name) {
  if (auto checked = check_component(name, path_); !checked) return checked;
  if (auto checked = check_component(to_name, path_); !checked) return checked;
  const std::string old_name(name);
  const std::string new_name(to_name);
  auto* const target = dynamic_cast<posix_directory*>(&to);
  if (target == nullptr) return directory::hard_link(name, to, to_name);
  if (::linkat(handle_.get(), old_name.c_str(), target->handle_.get(), new_name.c_str(), 0) == 0)
    return {};
  return system_error(errno, "give a second name to", joined_path(path_, name));
}

}  // namespace mainstem::os
