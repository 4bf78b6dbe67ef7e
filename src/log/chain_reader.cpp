// SPDX-License-Identifier: Apache-2.0
#include "log/chain_reader.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/advice.h"
#include "base/mutant.h"
#include "format/layout.h"
#include "log/segment.h"

namespace mainstem::log {
namespace {

constexpr std::uint64_t first_frame_offset = format::segment_header_layout::size;

bool goes_on_behind(const format::log_point& point, std::uint64_t first_position,
                    std::uint64_t previous_checksum) noexcept {
  return first_position == point.last.value() + 1 && previous_checksum == point.chain;
}

/// Whether a commit or mark of the file ends at the point.
result<bool> ends_there(file_window& window, const format::log_point& point) {
  for (std::uint64_t offset = first_frame_offset; offset < point.offset_bytes;) {
    auto prefix = window.prefix_at(offset);
    if (!prefix) return prefix.error();
    if (!*prefix || (*prefix)->segment != point.segment) {
      auto found = window.find_magic(offset, point.offset_bytes);
      if (!found) return found.error();
      offset = *found;
      continue;
    }
    const format::frame_prefix& frame = **prefix;
    if (offset + frame.length == point.offset_bytes && frame.checksum == point.chain &&
        frame.last_position() == point.last.value())
      return true;
    offset += frame.length;
  }
  return false;
}

}  // namespace

result<bool> has_point(os::directory& log_folder, const format::store_identity& store,
                       const format::log_point& point) {
  if (point.last == position{}) return true;
  auto found = open_headed(log_folder, store, point.segment);
  if (!found) return found.error();
  if (!*found) return true;  // Who reads on says what is missing.
  os::file& file = *(*found)->file;
  auto size = file.size();
  if (!size) return size.error();
  file_window window(file, *size, store.secret);
  auto next = open_headed(log_folder, store, point.segment + 1);
  if (!next) return next.error();
  if (*next) {
    const format::segment_header& header = (*next)->header;
    if (goes_on_behind(point, header.first_position, header.previous_checksum)) return true;
    // What this segment holds from there on, frames behind the point included, does not count.
    if (header.first_position <= point.last.value())
      return MAINSTEM_MUTANT(index_of_another_history_followed);
  }
  const bool is_start = point.offset_bytes <= first_frame_offset;
  auto behind = window.prefix_at(is_start ? first_frame_offset : point.offset_bytes);
  if (!behind) return behind.error();
  if (*behind && (*behind)->segment == point.segment &&
      goes_on_behind(point, (*behind)->first_position, (*behind)->previous_checksum))
    return true;
  if (is_start) {
    const format::segment_header& header = (*found)->header;
    return goes_on_behind(point, header.first_position, header.previous_checksum);
  }
  if (point.offset_bytes > *size) return true;  // It was cut off: the same holds.
  return ends_there(window, point);
}

result<std::optional<headed_file>> open_headed(os::directory& log_folder,
                                               const format::store_identity& store,
                                               std::uint32_t number) {
  auto file = log_folder.open_file(segment_file_name(number), os::open_mode::read_only);
  if (!file) {
    if (os::is_missing(file.error())) return std::optional<headed_file>();
    return file.error();
  }
  std::array<std::byte, first_frame_offset> bytes;
  auto got = (*file)->read_at(0, bytes);
  if (!got) return got.error();
  auto header = format::decode_segment_header(std::span<const std::byte>(bytes).first(*got), store);
  if (header) {
    if (header->segment == number) return std::optional(headed_file{std::move(*file), *header});
    return error(
        errc::missing_segment,
        error_info{.detail = advised("the file is segment " + std::to_string(header->segment) +
                                     " under another name"),
                   .path = (*file)->path()});
  }
  if (header.error() == errc::corrupt_data) return std::optional<headed_file>();
  return error(header.error().code(),
               error_info{.detail = header.error().info().detail, .path = (*file)->path()});
}

result<bool> chain_reader::open_file() {
  if (file_) return true;
  auto opened = open_headed(*folder_, store_, at_.segment);
  if (!opened) return opened.error();
  if (!*opened) return false;
  file_ = std::move((*opened)->file);
  at_.offset_bytes = std::max(at_.offset_bytes, first_frame_offset);
  return true;
}

result<chain_reader::step> chain_reader::next(const format::log_point& end) {
  auto opened = open_file();
  if (!opened) return opened.error();
  if (!*opened) return step{};

  // A frame counts only below the first position of the next segment. What stood behind that was
  // written again there.
  const bool is_last = end.segment == at_.segment;
  if (!is_last) {
    if (auto looked = look_behind(); !looked) return looked.error();
    if (behind_ && follows(behind_->header)) return enter(*std::move(behind_));
  }
  if (!window_) {
    auto size = file_->size();
    if (!size) return size.error();
    const bool is_end = is_last && end.offset_bytes != 0;
    window_.emplace(*file_, is_end ? std::min(*size, end.offset_bytes) : *size, store_.secret);
  }
  auto found = frame_in(*window_);
  if (!found) return found.error();
  const bool has_limit = !is_last && behind_;
  const std::uint64_t limit =
      has_limit ? behind_->header.first_position : std::numeric_limits<std::uint64_t>::max();
  if (*found) {
    const format::frame_prefix& frame = *(*found)->frame;
    const bool counts = frame.kind == format::frame_kind::commit ? frame.first_position < limit
                                                                 : frame.first_position <= limit;
    if (counts) {
      at_.offset_bytes = (*found)->offset + frame.length;
      at_.chain = frame.checksum;
      at_.last = position(frame.last_position());
      return std::move(**found);
    }
  }
  const bool was_lost = has_limit && behind_->header.loss_accepted() &&
                        behind_->header.first_position > at_.last.value();
  if (was_lost) return enter(*std::move(behind_));
  return step{};
}

// Once until refresh(): whatever `end` vouches for stood there before anybody vouched for it.
result<void> chain_reader::look_behind() {
  if (looked_behind_) return {};
  auto found = open_headed(*folder_, store_, at_.segment + 1);
  if (!found) return found.error();
  behind_ = std::move(*found);
  looked_behind_ = true;
  return {};
}

bool chain_reader::follows(const format::segment_header& header) const noexcept {
  return header.first_position == at_.last.value() + 1 && header.previous_checksum == at_.chain;
}

result<chain_reader::step> chain_reader::enter(headed_file next) {
  file_ = next.file;
  behind_.reset();
  refresh();
  at_ = {position(next.header.first_position - 1), next.header.segment, first_frame_offset,
         next.header.previous_checksum};
  step entered;
  entered.next = std::move(next);
  return entered;
}

result<std::optional<chain_reader::step>> chain_reader::frame_in(file_window& window) {
  auto prefix = window.prefix_at(at_.offset_bytes);
  if (!prefix) return prefix.error();
  if (!*prefix || (*prefix)->segment != at_.segment) return std::optional<step>();
  const format::frame_prefix& frame = **prefix;
  if (auto known = format::check_kind(frame); !known) return known.error();
  if (frame.kind == format::frame_kind::trailer || frame.previous_checksum != at_.chain ||
      frame.first_position != at_.last.value() + 1) {
    return std::optional<step>();
  }
  auto intact = window.is_intact(at_.offset_bytes, frame);
  if (!intact) return intact.error();
  if (!*intact) return std::optional<step>();
  auto bytes = window.frame_at(at_.offset_bytes, frame);
  if (!bytes) return bytes.error();
  return std::optional(
      step{.frame = frame, .offset = at_.offset_bytes, .bytes = *bytes, .next = {}});
}

}  // namespace mainstem::log
