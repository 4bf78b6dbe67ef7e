// SPDX-License-Identifier: Apache-2.0
#include "log/file_window.h"

#include <algorithm>

#include "base/bytes.h"
#include "format/commit_body.h"

namespace mainstem::log {

using format::frame_kind;
using format::frame_prefix;

result<std::span<const std::byte>> file_window::at(std::uint64_t offset, std::uint64_t count) {
  if (offset >= size_) return std::span<const std::byte>();
  count = std::min(count, size_ - offset);
  const bool inside = offset >= begin_ && offset + count <= begin_ + filled_;
  if (!inside) {
    const std::uint64_t wanted = std::min(count + read_ahead_bytes, size_ - offset);
    if (wanted > capacity_) {
      const std::uint64_t capacity = std::max(wanted, std::min(size_, 2 * read_ahead_bytes));
      filled_ = 0;
      buffer_ = std::make_unique_for_overwrite<std::byte[]>(capacity);
      capacity_ = capacity;
    }
    filled_ = 0;
    auto got = file_.read_at(offset, {buffer_.get(), wanted});
    if (!got) return got.error();
    begin_ = offset;
    filled_ = *got;
    count = std::min<std::uint64_t>(count, filled_);
  }
  return std::span<const std::byte>(buffer_.get() + (offset - begin_), count);
}

result<std::optional<frame_prefix>> file_window::prefix_at(std::uint64_t offset) {
  auto fixed = at(offset, format::frame_prefix_layout::size);
  if (!fixed) return fixed.error();
  if (fixed->size() < format::frame_prefix_layout::size) return std::optional<frame_prefix>();
  return format::decode_fixed_prefix(*fixed, size_ - offset, secret_, offset);
}

result<std::span<const std::byte>> file_window::frame_at(std::uint64_t offset,
                                                         const frame_prefix& prefix) {
  auto frame = at(offset, prefix.length);
  if (frame && frame->size() < prefix.length) {
    return error(errc::corrupt_data,
                 error_info{.detail = "the file became shorter while it was being read",
                            .path = file_.path(),
                            .offset = offset});
  }
  return frame;
}

result<bool> file_window::is_intact(std::uint64_t offset, const frame_prefix& prefix) {
  if (prefix.kind == frame_kind::mark) {
    return prefix.event_count == 0 && prefix.stream_count == 0 &&
           prefix.length == format::prefix_bytes(0) && prefix.first_position != 0;
  }
  if (prefix.kind != frame_kind::commit || prefix.event_count == 0 || prefix.stream_count == 0 ||
      prefix.first_position == 0 || prefix.last_position() < prefix.first_position) {
    return false;
  }
  auto frame = frame_at(offset, prefix);
  if (!frame) return frame.error();
  return format::verify_commit(prefix, *frame);
}

result<std::uint64_t> file_window::find_magic(std::uint64_t offset, std::uint64_t end) {
  offset = align_up(offset + 1, format::alignment_bytes);
  while (offset + format::frame_prefix_layout::size <= end) {
    auto bytes = at(offset, std::min(read_ahead_bytes, end - offset));
    if (!bytes) return bytes.error();
    const std::uint64_t found = format::find_frame_magic(*bytes, 0);
    if (found < bytes->size()) return offset + found;
    if (bytes->size() < format::frame_prefix_layout::size) break;
    // The last bytes were too few for a prefix: they are the first ones of the next round.
    const std::uint64_t tried = bytes->size() - format::frame_prefix_layout::size;
    offset += tried / format::alignment_bytes * format::alignment_bytes + format::alignment_bytes;
  }
  return end;
}

result<std::uint64_t> file_window::end_of_content(std::uint64_t from) {
  std::uint64_t end = from;
  for (std::uint64_t offset = from; offset < size_;) {
    auto bytes = at(offset, read_ahead_bytes);
    if (!bytes) return bytes.error();
    if (bytes->empty()) break;
    const auto last =
        std::find_if(bytes->rbegin(), bytes->rend(), [](std::byte b) { return b != std::byte{0}; });
    if (last != bytes->rend())
      end = offset + static_cast<std::uint64_t>(last.base() - bytes->begin());
    offset += bytes->size();
  }
  return end;
}

result<std::optional<format::trailer>> file_window::final_trailer() {
  constexpr std::uint64_t length_size = format::trailer_body_layout::frame_length_size;
  std::optional<format::trailer> none;
  if (size_ < length_size) return none;
  std::byte last[length_size];
  auto got = file_.read_at(size_ - length_size, last);
  if (!got) return got.error();
  if (*got < length_size) return none;
  const auto offset = format::trailer_offset(last, size_);
  if (!offset) return none;
  auto prefix = prefix_at(*offset);
  if (!prefix) return prefix.error();
  if (!*prefix || (*prefix)->kind != frame_kind::trailer || (*prefix)->length != size_ - *offset)
    return none;
  auto frame = frame_at(*offset, **prefix);
  if (!frame) return frame.error();
  return format::decode_trailer(*frame, secret_, *offset);
}

result<frame_totals> add_up_frames(file_window& window, std::uint32_t number,
                                   std::uint64_t end_offset) {
  frame_totals totals;
  std::uint64_t position = 0;
  for (std::uint64_t offset = format::segment_header_layout::size; offset < end_offset;) {
    auto prefix = window.prefix_at(offset);
    if (!prefix) return prefix.error();
    const bool counts =
        *prefix && (*prefix)->segment == number && (*prefix)->length <= end_offset - offset &&
        (*prefix)->kind != frame_kind::trailer && (*prefix)->first_position >= position;
    if (!counts) {
      auto next = window.find_magic(offset, end_offset);
      if (!next) return next.error();
      offset = *next;
      continue;
    }
    const frame_prefix& frame = **prefix;
    totals.add(frame, offset);
    position = frame.first_position;
    offset += frame.length;
  }
  return totals;
}

}  // namespace mainstem::log
