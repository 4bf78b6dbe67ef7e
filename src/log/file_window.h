// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <mainstem/error.h>

#include "format/frame.h"
#include "format/trailer.h"
#include "log/frame_totals.h"
#include "os/file.h"

namespace mainstem::log {

/// Reads the frames of a file from its start to its end through a buffer, whatever the file's size.
///
/// Nothing is mapped: whoever looks for damage must not be killed by a bad sector.
class file_window {
 public:
  file_window(os::file& file, std::uint64_t size_bytes, std::uint64_t secret) noexcept
      : file_(file), size_(size_bytes), secret_(secret) {}

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] const std::string& path() const noexcept { return file_.path(); }

  /// The bytes [offset, offset + count), or as many as the file has. Valid until the next call.
  [[nodiscard]] result<std::span<const std::byte>> at(std::uint64_t offset, std::uint64_t count);

  /// The frame prefix at `offset`, if one checks out there and its frame fits into the file.
  [[nodiscard]] result<std::optional<format::frame_prefix>> prefix_at(std::uint64_t offset);

  /// The frame that prefix_at() found. Valid until the next call.
  [[nodiscard]] result<std::span<const std::byte>> frame_at(std::uint64_t offset,
                                                            const format::frame_prefix& prefix);

  /// True if all of a commit or mark frame is as it was written, and makes sense.
  [[nodiscard]] result<bool> is_intact(std::uint64_t offset, const format::frame_prefix& prefix);

  /// The next place behind `offset`, below `end`, where a frame may begin; or `end`.
  [[nodiscard]] result<std::uint64_t> find_magic(std::uint64_t offset, std::uint64_t end);

  /// Behind the last byte at or behind `from` that is not 0; `from` if there is none.
  [[nodiscard]] result<std::uint64_t> end_of_content(std::uint64_t from);

  /// The trailer that the file ends with, if there is one and it checks out.
  [[nodiscard]] result<std::optional<format::trailer>> final_trailer();

 private:
  static constexpr std::uint64_t read_ahead_bytes = 1U << 20U;

  os::file& file_;
  std::uint64_t size_;
  std::uint64_t secret_;
  std::unique_ptr<std::byte[]> buffer_;
  std::uint64_t capacity_ = 0;
  std::uint64_t begin_ = 0;
  std::uint64_t filled_ = 0;
};

/// Walks the prefixes of the frames of segment `number` up to `end_offset`, past whatever is
/// damaged.
[[nodiscard]] result<frame_totals> add_up_frames(file_window& window, std::uint32_t number,
                                                 std::uint64_t end_offset);

}  // namespace mainstem::log
