// SPDX-License-Identifier: Apache-2.0
#include "os/posix_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "os/system_error.h"
#include "os/transfer.h"

namespace mainstem::os {
namespace {

constexpr std::uint64_t max_offset = std::numeric_limits<off_t>::max();

class posix_mapping final : public mapping {
 public:
  posix_mapping(void* start, std::size_t size) noexcept : start_(start), size_(size) {}
  posix_mapping(const posix_mapping&) = delete;
  posix_mapping& operator=(const posix_mapping&) = delete;
  ~posix_mapping() override {
    if (size_ > 0) ::munmap(start_, size_);
  }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept override {
    return {static_cast<const std::byte*>(start_), size_};
  }

 private:
  void* start_;
  std::size_t size_;
};

}  // namespace

result<std::size_t> posix_file::read_at(std::uint64_t offset, std::span<std::byte> into) {
  if (offset > max_offset) return std::size_t{0};  // No file is that long.
  const auto outcome =
      read_fully(offset, into, [this](std::span<std::byte> rest, std::uint64_t at) {
        return ::pread(handle_.get(), rest.data(), rest.size(), static_cast<off_t>(at));
      });
  if (outcome.error == 0) return outcome.bytes;
  return system_error(outcome.error, attempt_at("read", into.size(), offset), path_, offset);
}

result<void> posix_file::write_at(std::uint64_t offset,
                                  std::span<const std::span<const std::byte>> parts) {
  std::size_t size = 0;
  for (const auto& part : parts) size += part.size();
  transfer_outcome outcome{.error = EFBIG};
  if (size <= max_offset && offset <= max_offset - size) {
    outcome = write_fully(offset, parts, [this](std::span<const iovec> chunk, std::uint64_t at) {
      return ::pwritev(handle_.get(), chunk.data(), static_cast<int>(chunk.size()),
                       static_cast<off_t>(at));
    });
  }
  if (outcome.error == 0) return {};
  return system_error(outcome.error, attempt_at("write", size, offset), path_, offset);
}

result<void> posix_file::sync() {
  // Once, whatever the answer, EINTR included: after a failure the kernel may have marked the pages
  // clean, and then a second call says OK about bytes that the disk never got.
  if (::fdatasync(handle_.get()) == 0) return {};
  return system_error(errno, "sync", path_);
}

result<std::uint64_t> posix_file::size() {
  struct stat status {};
  if (::fstat(handle_.get(), &status) == 0) return static_cast<std::uint64_t>(status.st_size);
  return system_error(errno, "find the size of", path_);
}

result<void> posix_file::resize(std::uint64_t size_bytes) {
  int failure = EFBIG;
  if (size_bytes <= max_offset) {
    do {
      failure = ::ftruncate(handle_.get(), static_cast<off_t>(size_bytes)) == 0 ? 0 : errno;
    } while (failure == EINTR);
  }
  if (failure == 0) return {};
  return system_error(failure, attempt_to("set the size to", size_bytes), path_);
}

result<void> posix_file::allocate(std::uint64_t size_bytes) {
  if (size_bytes == 0) return {};
  int failure = EFBIG;
  if (size_bytes <= max_offset) {
    if (options_.allocate_by_writing) return fill_holes(size_bytes);
    do {
      failure = ::fallocate(handle_.get(), 0, 0, static_cast<off_t>(size_bytes)) == 0 ? 0 : errno;
    } while (failure == EINTR);
  }
  if (failure == 0) return {};
  if (failure == EOPNOTSUPP || failure == ENOSYS) return fill_holes(size_bytes);
  return system_error(failure, attempt_to("allocate", size_bytes), path_);
}

result<void> posix_file::fill_holes(std::uint64_t size_bytes) {
  auto end = size();
  if (!end) return end.error();
  const std::uint64_t present = std::min(*end, size_bytes);
  for (std::uint64_t at = 0; at < present;) {
    const off_t hole = ::lseek(handle_.get(), static_cast<off_t>(at), SEEK_HOLE);
    if (hole < 0) return system_error(errno, "look for holes in", path_);
    const auto first = static_cast<std::uint64_t>(hole);
    if (first >= present) break;
    const off_t data = ::lseek(handle_.get(), hole, SEEK_DATA);
    if (data < 0 && errno != ENXIO) return system_error(errno, "look for holes in", path_);
    // ENXIO: nothing but hole up to the end of the file.
    at = data < 0 ? present : std::min(static_cast<std::uint64_t>(data), present);
    if (auto filled = write_zeros(first, at - first); !filled) return filled;
  }
  return write_zeros(present, size_bytes - present);
}

result<void> posix_file::write_zeros(std::uint64_t offset, std::uint64_t count) {
  static constexpr std::size_t block_bytes = 1U << 16U;
  static constexpr std::byte zeros[block_bytes] = {};
  while (count > 0) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(count, block_bytes));
    if (auto written = write_at(offset, std::span<const std::byte>(zeros, size)); !written) {
      return written;
    }
    offset += size;
    count -= size;
  }
  return {};
}

result<std::shared_ptr<const mapping>> posix_file::map() {
  auto length = size();
  if (!length) return length.error();
  const auto size = static_cast<std::size_t>(*length);
  void* start = nullptr;
  if (size > 0) {
    start = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, handle_.get(), 0);
    if (start == MAP_FAILED) return system_error(errno, attempt_to("map", size), path_);
  }
  return std::shared_ptr<const mapping>(std::make_shared<posix_mapping>(start, size));
}

}  // namespace mainstem::os
