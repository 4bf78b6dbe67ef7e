// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mainstem/error.h>

/// The only place that does file I/O, behind one narrow interface with two implementations:
/// posix_disk.h and simulated_disk.h.
namespace mainstem::os {

/// The bytes of a file, readable in place.
///
/// Bytes that are written to the file after map() are seen through it, as long as the file does not
/// become shorter. Whoever reads must stay below the size that was checked: what lies beyond is a
/// SIGBUS.
class mapping {
 public:
  virtual ~mapping() = default;
  [[nodiscard]] virtual std::span<const std::byte> bytes() const noexcept = 0;
};

/// An open regular file. Offsets and sizes are bytes. EINTR and short transfers are continued
/// inside.
///
/// Thread safety: read_at, write_at, sync and size may be called from several threads.
class file {
 public:
  virtual ~file() = default;

  /// Reads until `into` is full or the file ends; returns how many bytes were read.
  [[nodiscard]] virtual result<std::size_t> read_at(std::uint64_t offset,
                                                    std::span<std::byte> into) = 0;

  /// Writes all parts, one behind the other. After an error, any part of them may have been
  /// written.
  [[nodiscard]] virtual result<void> write_at(
      std::uint64_t offset, std::span<const std::span<const std::byte>> parts) = 0;

  /// Makes everything written so far, and the size, durable (fdatasync). Never to be retried after
  /// an error.
  [[nodiscard]] virtual result<void> sync() = 0;

  [[nodiscard]] virtual result<std::uint64_t> size() = 0;

  /// Cuts the file, or makes it longer with zeros that take no space.
  [[nodiscard]] virtual result<void> resize(std::uint64_t size_bytes) = 0;

  /// Reserves space for [0, size_bytes), so that writing there cannot fail for want of space, and
  /// makes the file at least that long; new bytes read as zeros. Where the file system cannot
  /// reserve, zeros are written.
  [[nodiscard]] virtual result<void> allocate(std::uint64_t size_bytes) = 0;

  /// Maps [0, size()) for reading.
  [[nodiscard]] virtual result<std::shared_ptr<const mapping>> map() = 0;

  [[nodiscard]] virtual const std::string& path() const noexcept = 0;

  /// One part.
  [[nodiscard]] result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
    const std::span<const std::byte> parts[] = {bytes};
    return write_at(offset, std::span<const std::span<const std::byte>>(parts));
  }
};

/// Who holds a lock.
struct lock_holder {
  std::string host;
  std::int64_t pid = 0;
  std::string start_time;  ///< Of the holder's lock, RFC 3339 in UTC.
};

/// A lock that is let go of by its destructor, or by the end of the process.
class file_lock {
 public:
  virtual ~file_lock() = default;
};

enum class open_mode { read_only, read_write, create_new };

/// An open directory. Names are single path components.
///
/// Nothing that was created, renamed or removed here is sure to survive a crash before sync().
class directory {
 public:
  virtual ~directory() = default;

  /// Errors: the system's own (ENOENT, EEXIST for create_new, EACCES, EMFILE ...), with the path.
  [[nodiscard]] virtual result<std::shared_ptr<file>> open_file(std::string_view name,
                                                                open_mode mode) = 0;

  /// Opens a directory inside this one; makes it if it is not there and `create` says so.
  [[nodiscard]] virtual result<std::shared_ptr<directory>> open_directory(std::string_view name,
                                                                          bool create) = 0;

  /// Names of everything inside, without `.` and `..`, in ascending order.
  [[nodiscard]] virtual result<std::vector<std::string>> list() = 0;

  /// Replaces `to` if it exists.
  [[nodiscard]] virtual result<void> rename(std::string_view from, std::string_view to) = 0;

  /// Removes a file.
  [[nodiscard]] virtual result<void> remove(std::string_view name) = 0;

  /// Removes the directory `name` and everything inside it; fine if it is not there.
  [[nodiscard]] virtual result<void> remove_tree(std::string_view name) = 0;

  /// Makes the entries of this directory durable (fsync of the directory).
  [[nodiscard]] virtual result<void> sync() = 0;

  /// Takes the one-writer lock file `name`, making it if needed, and writes who holds it into it.
  /// Errors: store_locked, whose detail names host, pid and start time of the holder.
  [[nodiscard]] virtual result<std::unique_ptr<file_lock>> lock(std::string_view name) = 0;

  /// True if somebody holds the lock file `name`; takes nothing and writes nothing.
  /// Errors: operation_not_supported where nobody can tell.
  [[nodiscard]] virtual result<bool> is_locked(std::string_view name);

  /// Gives the file `name` a second name `to_name` in the directory `to`, which must not be taken:
  /// one file under two names. Errors: operation_not_supported, or the system's own, where the two
  /// cannot share files: copy instead.
  [[nodiscard]] virtual result<void> hard_link(std::string_view name, directory& to,
                                               std::string_view to_name);

  [[nodiscard]] virtual const std::string& path() const noexcept = 0;
};

/// A file system.
class disk {
 public:
  virtual ~disk() = default;

  /// Opens the directory at `path`; makes it, and its parents, if it is not there and `create` says
  /// so, and then syncs the parents that changed. With `create` it syncs the parent also of a
  /// directory that was there: whoever made it may have been killed before syncing.
  [[nodiscard]] virtual result<std::shared_ptr<directory>> open_directory(const std::string& path,
                                                                          bool create) = 0;
};

/// True for ENOSPC, EDQUOT and EFBIG.
[[nodiscard]] bool is_disk_full(const error& failure) noexcept;
/// True for ENOENT: there is nothing of that name.
[[nodiscard]] bool is_missing(const error& failure) noexcept;
/// True for what is wrong with what stands on the disk: damage, nothing or something else in the
/// place of a file, a disk that does not give it. False for what this process lacks (descriptors,
/// memory, rights, space), which says nothing of what is stored; and for all that is not known.
[[nodiscard]] bool is_damage(const error& failure) noexcept;

}  // namespace mainstem::os
