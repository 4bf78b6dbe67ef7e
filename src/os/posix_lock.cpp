// SPDX-License-Identifier: Apache-2.0
#include "os/posix_lock.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <map>
#include <mutex>

#include "os/descriptor.h"
#include "os/lock_holder.h"
#include "os/system_error.h"
#include "os/transfer.h"

namespace mainstem::os {
namespace {

/// The descriptors of all locks that this process holds, so that a forked child can close its
/// copies. A copy that stayed open would keep the lock alive after the parent has died.
class lock_registry {
 public:
  /// Never destroyed: locks of static objects may outlive every other static object.
  static lock_registry& instance() {
    static auto* const registry = new lock_registry;
    return *registry;
  }

  /// Held from before the file is opened until it is registered, so that no fork falls in between.
  [[nodiscard]] std::unique_lock<std::mutex> guard() { return std::unique_lock(mutex_); }

  /// Under guard(). Tokens are never used twice: a descriptor's number is, and a lock object that
  /// came through a fork must not close what has its number by then.
  std::uint64_t add(descriptor handle) {
    handles_.emplace(++last_token_, entry{std::move(handle), ::getpid()});
    return last_token_;
  }

  void remove(std::uint64_t token) {
    const auto held = guard();
    const auto found = handles_.find(token);
    if (found == handles_.end()) return;
    // Closing alone would leave the lock to a child that was forked a moment ago and has not got
    // round to closing its copy. A child must not do this: it would take the lock from its parent.
    if (found->second.handle && found->second.owner == ::getpid()) unlock(found->second.handle);
    handles_.erase(found);
  }

 private:
  lock_registry() { ::pthread_atfork(&before_fork, &after_fork_in_parent, &after_fork_in_child); }

  struct entry {
    descriptor handle;
    pid_t owner;
  };

  static void unlock(const descriptor& handle) noexcept {
    struct flock whole_file {};
    whole_file.l_type = F_UNLCK;
    whole_file.l_whence = SEEK_SET;
    static_cast<void>(::fcntl(handle.get(), F_OFD_SETLK, &whole_file));
  }

  static void before_fork() { instance().mutex_.lock(); }
  static void after_fork_in_parent() { instance().mutex_.unlock(); }
  static void after_fork_in_child() {
    lock_registry& self = instance();
    // Closes without freeing: another thread may have been inside malloc at the fork.
    for (auto& [token, held] : self.handles_) {
      if (held.handle) ::close(held.handle.release());
    }
    self.mutex_.unlock();
  }

  std::mutex mutex_;
  std::map<std::uint64_t, entry> handles_;
  std::uint64_t last_token_ = 0;
};

class posix_lock final : public file_lock {
 public:
  explicit posix_lock(std::uint64_t token) noexcept : token_(token) {}
  posix_lock(const posix_lock&) = delete;
  posix_lock& operator=(const posix_lock&) = delete;
  ~posix_lock() override { lock_registry::instance().remove(token_); }

 private:
  std::uint64_t token_;
};

std::string content_of(int handle) {
  std::array<char, lock_file_bytes> text{};
  const auto outcome = read_fully(
      0, std::as_writable_bytes(std::span(text)), [&](std::span<std::byte> rest, std::uint64_t at) {
        return ::pread(handle, rest.data(), rest.size(), static_cast<off_t>(at));
      });
  return {text.data(), outcome.bytes};
}

/// For people only. The lock holds without it, also on a disk that is full: so failures do not
/// count.
void write_holder(int handle) {
  const std::string text = lock_file_text(this_process());
  if (::ftruncate(handle, 0) != 0) return;
  const std::span<const std::byte> parts[] = {std::as_bytes(std::span(text))};
  static_cast<void>(write_fully(0, parts, [&](std::span<const iovec> chunk, std::uint64_t at) {
    return ::pwritev(handle, chunk.data(), static_cast<int>(chunk.size()), static_cast<off_t>(at));
  }));
}

}  // namespace

result<std::unique_ptr<file_lock>> take_posix_lock(int parent, const std::string& name,
                                                   const std::string& path) {
  lock_registry& registry = lock_registry::instance();
  const auto held = registry.guard();

  int number = -1;
  do {
    number =
        ::openat(parent, name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
  } while (number < 0 && errno == EINTR);
  if (number < 0) return system_error(errno, "open the lock file", path);
  descriptor handle(number);

  struct stat status {};
  if (::fstat(number, &status) != 0) return system_error(errno, "open the lock file", path);
  if (!S_ISREG(status.st_mode)) return system_error(EINVAL, "use as a lock file", path);

  struct flock whole_file {};
  whole_file.l_type = F_WRLCK;
  whole_file.l_whence = SEEK_SET;
  if (::fcntl(number, F_OFD_SETLK, &whole_file) != 0) {
    const int failure = errno;
    if (failure == EAGAIN || failure == EACCES) return locked_error(path, content_of(number));
    return system_error(failure, "lock", path);
  }
  write_holder(number);
  return std::unique_ptr<file_lock>(std::make_unique<posix_lock>(registry.add(std::move(handle))));
}

result<bool> is_posix_locked(int parent, const std::string& name, const std::string& path) {
  const descriptor handle(
      ::openat(parent, name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!handle && errno == ENOENT) return false;
  if (!handle) return system_error(errno, "open the lock file", path);
  struct flock whole_file {};
  whole_file.l_type = F_RDLCK;
  whole_file.l_whence = SEEK_SET;
  if (::fcntl(handle.get(), F_OFD_GETLK, &whole_file) != 0)
    return system_error(errno, "look for the holder of", path);
  return whole_file.l_type != F_UNLCK;
}

}  // namespace mainstem::os
