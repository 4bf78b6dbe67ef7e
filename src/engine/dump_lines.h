// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <mainstem/inspect.h>

#include "format/commit_body.h"
#include "format/frame.h"
#include "format/layout.h"

namespace mainstem::engine {

/// Puts the fields of a piece of a file into words.
class dump_lines {
 public:
  /// `bytes` begin at `offset` of the file.
  dump_lines(std::span<const std::byte> bytes, std::uint64_t offset, std::size_t most_bytes,
             dump_result& into) noexcept
      : bytes_(bytes), offset_(offset), most_bytes_(most_bytes), into_(into) {}

  void field(const char* name, format::field which, std::string words, bool good = true);
  /// A number of up to 8 bytes, little-endian.
  void number(const char* name, format::field which, bool good = true);
  void time(const char* name, format::field which);
  void id(const char* name, format::field which);
  /// Any bytes, 16 to a line, with what of them is text.
  void block(const char* name, std::size_t at, std::size_t size, bool good = true);

  [[nodiscard]] std::uint64_t value(format::field which) const noexcept;

 private:
  std::span<const std::byte> bytes_;
  std::uint64_t offset_;
  std::size_t most_bytes_;
  dump_result& into_;
};

[[nodiscard]] std::string hex_of(std::span<const std::byte> bytes);
[[nodiscard]] std::string kind_of(format::frame_kind kind);
/// The fields of the prefix, and the first versions behind it.
void dump_prefix(const format::frame_prefix& prefix, std::span<const std::byte> frame,
                 std::uint64_t offset, dump_result& into);
/// The body of a commit, field by field, as far as it checks out.
void dump_commit(const format::frame_prefix& prefix, std::span<const std::byte> frame,
                 std::uint64_t offset, std::size_t most_bytes, dump_result& into);
/// One event of a commit. `offset` is the record's.
void dump_record(const format::frame_prefix& prefix, std::span<const std::byte> frame,
                 const format::event_record& record, std::string_view stream, std::uint64_t offset,
                 std::size_t most_bytes, dump_result& into);
void dump_trailer(std::span<const std::byte> frame, std::uint64_t offset, dump_result& into);

}  // namespace mainstem::engine
