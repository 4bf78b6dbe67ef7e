// SPDX-License-Identifier: Apache-2.0
#include "engine/record_reader.h"

#include <algorithm>
#include <filesystem>

#include <mainstem/detail/prefetch.h>

#include "base/advice.h"
#include "format/event_access.h"

namespace mainstem::engine {
namespace {

// Enough for most events, so that copied mode reads once.
constexpr std::uint64_t first_read_bytes = 4096;

error damaged(const log::segment& segment, std::uint64_t offset, const char* what) {
  return error(
      errc::corrupt_data,
      error_info{.detail = advised(what), .path = segment.file().path(), .offset = offset});
}

}  // namespace

void batch_builder::reverse() noexcept { std::reverse(views_.begin(), views_.end()); }

event_batch batch_builder::take() {
  bytes_ = 0;
  return detail::event_access::make_batch(std::exchange(views_, {}), std::exchange(owners_, {}));
}

result<const log::segment*> record_reader::segment_of(std::uint32_t number) const {
  if (segments_->empty() || number < segments_->front()->number() ||
      number > segments_->back()->number()) {
    error_info info{.detail = advised("an event is said to stand there"),
                    .path = log_folder() + "/" + log::segment_file_name(number)};
    return error(errc::missing_segment, std::move(info));
  }
  return (*segments_)[number - segments_->front()->number()].get();
}

std::string record_reader::log_folder() const {
  if (segments_->empty()) return {};
  return std::filesystem::path(segments_->back()->file().path()).parent_path().string();
}

error record_reader::lost(version first, version last) const {
  const std::string versions =
      std::to_string(first.value()) + " to " + std::to_string(last.value());
  error_info info{.detail = first == last
                                ? "the event was lost, and its loss accepted: its version is a gap"
                                : "the events of the versions " + versions +
                                      " were lost, and their loss accepted"};
  info.path = log_folder();
  return {errc::corrupt_data, std::move(info)};
}

result<located_record> record_reader::locate(index::event_address address) const {
  if (address.is_gap()) return lost(version{}, version{});
  auto found = segment_of(address.segment());
  if (!found) return found.error();
  const log::segment& segment = **found;
  const std::uint64_t offset = address.offset_bytes();
  const std::uint64_t end = segment.end_offset();
  if (offset < format::segment_header_layout::size || offset >= end) {
    return damaged(segment, offset, "no event can stand here");
  }
  // A mapping costs the same whatever the size, so the guess matters only to copied mode.
  auto view = segment.view(offset, std::min(first_read_bytes, end - offset));
  if (!view) return view.error();
  auto record = format::decode_record(view->bytes);
  if (!record) {
    view = segment.view(offset, end - offset);
    if (!view) return view.error();
    record = format::decode_record(view->bytes);
  }
  // What the record says of its frame is only believed if there is one, and that the record is its
  // own only with the frame's digest.
  if (!record || record->body_offset_bytes == 0 || record->body_offset_bytes > offset)
    return damaged(segment, offset, "no event can be read here");
  auto located = frame_with_body(segment, offset - record->body_offset_bytes);
  if (!located) return located.error();
  if (!format::verify_record(*record, located->prefix.body_digest))
    return damaged_record(*located, segment, offset);
  if (record->ordinal >= located->prefix.event_count ||
      record->stream_index >= located->prefix.stream_count) {
    return damaged(segment, located->frame_offset,
                   "the frame of the event does not carry its checksum");
  }
  located->record = *record;
  located->owner = view->owner;
  return located;
}

result<located_record> record_reader::frame_with_body(const log::segment& segment,
                                                      std::uint64_t body) const {
  const std::uint64_t end = segment.end_offset();
  auto head =
      segment.view(body, std::min<std::uint64_t>(format::commit_body_layout::size, end - body));
  if (!head) return head.error();
  if (head->bytes.size() < format::commit_body_layout::size)
    return damaged(segment, body, "the frame has no body");
  const auto streams =
      load<std::uint16_t>(head->bytes.data() + format::commit_body_layout::stream_count.offset);
  const std::uint64_t prefix_size = format::prefix_bytes(streams);
  if (prefix_size > body) return damaged(segment, body, "the frame has no prefix");
  located_record located;
  located.frame_offset = body - prefix_size;
  auto fixed = segment.view(located.frame_offset, format::frame_prefix_layout::size);
  if (!fixed) return fixed.error();
  const auto prefix = format::decode_fixed_prefix(fixed->bytes, end - located.frame_offset,
                                                  log_.store().secret, located.frame_offset);
  if (!prefix || prefix->stream_count != streams || !segment.may_hold(*prefix)) {
    return damaged(segment, located.frame_offset,
                   "the frame of the event does not carry its checksum");
  }
  located.prefix = *prefix;
  return located;
}

error record_reader::damaged_record(const located_record& located, const log::segment& segment,
                                    std::uint64_t offset) {
  error_info info{.detail = advised("the event does not carry its checksum"),
                  .path = segment.file().path(),
                  .offset = offset};
  if (offset - located.frame_offset < located.prefix.length) {
    info.first_position = located.prefix.first_position;
    info.last_position = located.prefix.last_position();
  }
  return {errc::corrupt_data, std::move(info)};
}

void record_reader::prefetch(index::event_address address) const noexcept {
  if (address.is_gap()) return;
  const auto segment = segment_of(address.segment());
  if (!segment) return;
  const std::byte* const at = (*segment)->mapped_at(address.offset_bytes());
  if (at == nullptr) return;
  constexpr std::size_t line_bytes = 64;
  constexpr std::size_t lines = 5;
  detail::prefetch(at - line_bytes, lines * line_bytes);
}

result<log::lease> record_reader::frame_of(const located_record& located) const {
  auto segment = segment_of(located.prefix.segment);
  if (!segment) return segment.error();
  return (*segment)->view(located.frame_offset, located.prefix.length);
}

result<void> record_reader::confirm(const located_record& located, std::string_view stream,
                                    version wanted) const {
  if (log_.trusts_index()) return {};
  const auto frame = frame_of(located);
  if (!frame) return frame.error();
  const auto name = stream_of(located, frame->bytes);
  if (!name) return name.error();
  const auto is = version_of(located, frame->bytes);
  if (!is) return is.error();
  if (*name == stream && *is == wanted) return {};
  auto segment = segment_of(located.prefix.segment);
  if (!segment) return segment.error();
  return error(errc::corrupt_data,
               error_info{.detail = "the index, which is of another history of this log, leads to "
                                    "another event: verify the store to see what is missing",
                          .path = (*segment)->file().path(),
                          .offset = located.frame_offset});
}

error record_reader::damaged_frame(const located_record& located, const char* what) const {
  auto segment = segment_of(located.prefix.segment);
  if (!segment) return segment.error();
  return damaged(**segment, located.frame_offset, what);
}

result<std::string_view> record_reader::stream_of(const located_record& located,
                                                  std::span<const std::byte> frame) const {
  const auto body = frame.subspan(format::prefix_bytes(located.prefix.stream_count));
  const auto name =
      format::stream_name_at(body, located.record.stream_index, located.prefix.body_digest);
  if (name) return *name;
  return damaged_frame(located, "the stream names of the frame do not carry their checksum");
}

result<version> record_reader::version_of(const located_record& located,
                                          std::span<const std::byte> frame) const {
  if (!format::verify_versions(located.prefix, frame)) {
    return damaged_frame(located, "the versions of the frame do not carry their checksum");
  }
  return version(format::first_version_of(frame, located.record.stream_index) +
                 located.record.stream_ordinal);
}

}  // namespace mainstem::engine
