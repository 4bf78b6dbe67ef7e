// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

/// The loops that continue short transfers and EINTR, apart from the system calls so that tests can
/// stand in for those.
namespace mainstem::os {

struct transfer_outcome {
  int error = 0;  ///< An errno; 0 if the transfer came to its end.
  std::size_t bytes = 0;
};

/// How many parts one call of the system takes.
inline constexpr std::size_t parts_per_call = IOV_MAX;

/// @param system ssize_t(std::span<std::byte> into, std::uint64_t offset), with errno, like pread.
template <class System>
transfer_outcome read_fully(std::uint64_t offset, std::span<std::byte> into, System&& system) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t got = system(into.subspan(done), offset + done);
    if (got > 0) {
      done += static_cast<std::size_t>(got);
    } else if (got == 0) {
      break;
    } else if (errno != EINTR) {
      return {errno, done};
    }
  }
  return {0, done};
}

/// Walks through the parts of a write, however the calls of the system cut them.
class write_cursor {
 public:
  explicit write_cursor(std::span<const std::span<const std::byte>> parts) noexcept
      : parts_(parts) {}

  /// Fills `into` with what comes next; returns how many entries it took.
  [[nodiscard]] std::size_t fill(std::span<iovec> into) const noexcept {
    std::size_t used = 0;
    std::size_t skip = skip_;
    for (std::size_t i = 0; i < parts_.size() && used < into.size(); ++i, skip = 0) {
      const auto rest = parts_[i].subspan(skip);
      if (rest.empty()) continue;
      // iovec serves reading too, so its pointer is not const. Nothing writes through it here.
      into[used++] = {const_cast<std::byte*>(rest.data()), rest.size()};
    }
    return used;
  }

  void advance(std::size_t bytes) noexcept {
    while (bytes > 0) {
      const std::size_t rest = parts_.front().size() - skip_;
      if (bytes < rest) {
        skip_ += bytes;
        return;
      }
      bytes -= rest;
      parts_ = parts_.subspan(1);
      skip_ = 0;
    }
  }

 private:
  std::span<const std::span<const std::byte>> parts_;
  std::size_t skip_ = 0;
};

/// @param system ssize_t(std::span<const iovec> chunk, std::uint64_t offset), with errno, like
/// pwritev.
template <class System>
transfer_outcome write_fully(std::uint64_t offset,
                             std::span<const std::span<const std::byte>> parts, System&& system) {
  std::array<iovec, parts_per_call>
      chunk;  // Not cleared: 16 KiB, of which fill() sets what it uses.
  write_cursor cursor(parts);
  std::size_t done = 0;
  while (const std::size_t used = cursor.fill(chunk)) {
    const ssize_t put = system(std::span<const iovec>(chunk.data(), used), offset + done);
    if (put > 0) {
      cursor.advance(static_cast<std::size_t>(put));
      done += static_cast<std::size_t>(put);
    } else if (put == 0) {
      return {EIO, done};  // No progress and no reason: going on could go on for ever.
    } else if (errno != EINTR) {
      return {errno, done};
    }
  }
  return {0, done};
}

}  // namespace mainstem::os
