// SPDX-License-Identifier: Apache-2.0
#include "engine/store_dump.h"

#include <algorithm>

#include "base/bytes.h"
#include "engine/dump_lines.h"
#include "engine/store_folder.h"
#include "format/commit_examination.h"
#include "log/log_listing.h"
#include "log/manifest_file.h"
#include "log/segment.h"

namespace mainstem::engine {
namespace {

using format::frame_kind;

constexpr std::uint64_t first_frame_offset = format::segment_header_layout::size;

std::string positions_of(const format::frame_prefix& prefix) {
  if (prefix.event_count == 0) return "before position " + std::to_string(prefix.first_position);
  return "positions " + std::to_string(prefix.first_position) + " to " +
         std::to_string(prefix.last_position()) + " of " + std::to_string(prefix.stream_count) +
         (prefix.stream_count == 1 ? " stream" : " streams");
}

}  // namespace

result<void> store_dump::open_log() {
  auto folder = open_store_folder(disk_, path_, false);
  if (!folder) return folder.error();
  auto manifest = log::read_manifest(**folder, false);
  if (!manifest) return manifest.error();
  store_ = manifest->store;
  auto log_folder = (*folder)->open_directory(log::log_folder_name, false);
  if (!log_folder) return log_folder.error();
  log_ = std::move(*log_folder);
  return {};
}

result<void> store_dump::open_segment(std::uint32_t number) {
  const std::string name = log::segment_file_name(number);
  auto file = log_->open_file(name, os::open_mode::read_only);
  if (!file && os::is_missing(file.error())) {
    return error(errc::missing_segment,
                 error_info{.detail = "there is no such segment: `info` lists those that are there",
                            .path = log_->path() + "/" + name});
  }
  if (!file) return file.error();
  auto size = (*file)->size();
  if (!size) return size.error();
  file_ = std::move(*file);
  number_ = number;
  window_.emplace(*file_, *size, store_.secret);
  return {};
}

result<dump_result> store_dump::segment(std::uint32_t number) {
  if (auto opened = open_log(); !opened) return opened.error();
  if (auto opened = open_segment(number); !opened) return opened.error();
  dump_result dump{.path = file_->path(), .lines = {}};
  auto header = window_->at(0, first_frame_offset);
  if (!header) return header.error();
  if (header->size() == first_frame_offset) {
    add_header(*header, dump);
  } else {
    dump.lines.push_back({0, "header", "", "the file is shorter than its header", false});
  }
  if (auto added = add_frames(dump); !added) return added.error();
  return dump;
}

void store_dump::add_header(std::span<const std::byte> bytes, dump_result& into) const {
  namespace at = format::segment_header_layout;
  auto header = format::decode_segment_header(bytes, store_);
  dump_lines lines(bytes, 0, bytes.size(), into);
  lines.field("magic", at::magic, std::string("the text MSTMLOG1"),
              lines.value(at::magic) == format::segment_magic);
  lines.number("format_version", at::format_version);
  lines.number("header_size", at::header_size);
  lines.number("compatible_features", at::compatible_features);
  lines.number("incompatible_features", at::incompatible_features);
  lines.id("store_id", at::store_id);
  lines.id("lineage_id", at::lineage_id);
  lines.id("parent_lineage_id", at::parent_lineage_id);
  lines.number("segment", at::segment, lines.value(at::segment) == number_);
  lines.number("epoch", at::epoch);
  lines.number("first_position", at::first_position);
  lines.field("previous_checksum", at::previous_checksum, "of the commit or mark before");
  lines.number("segment_size", at::segment_size);
  lines.time("created", at::created);
  lines.number("minimum_reader", at::minimum_reader);
  lines.number("flags", at::flags);
  lines.field("checksum", at::checksum,
              header ? "of all of the above" : "NOT right: " + header.error().message(),
              header.has_value());
}

result<void> store_dump::add_frames(dump_result& into) {
  std::uint64_t hole = 0;
  const auto end_hole = [&](std::uint64_t offset) {
    if (hole != 0)
      into.lines.push_back({hole, "hole", "",
                            std::to_string(offset - hole) + " bytes without a valid frame", false});
    hole = 0;
  };
  auto content_end = window_->end_of_content(first_frame_offset);
  if (!content_end) return content_end.error();
  std::uint64_t offset = first_frame_offset;
  while (offset < *content_end) {
    auto prefix = window_->prefix_at(offset);
    if (!prefix) return prefix.error();
    if (!*prefix || (*prefix)->segment != number_) {
      if (hole == 0) hole = offset;
      auto next = window_->find_magic(offset, *content_end);
      if (!next) return next.error();
      offset = *next;
      continue;
    }
    end_hole(offset);
    bool intact = true;
    if ((*prefix)->kind != frame_kind::trailer) {
      auto looked = window_->is_intact(offset, **prefix);
      if (!looked) return looked.error();
      intact = *looked;
    }
    into.lines.push_back({offset, kind_of((*prefix)->kind), "",
                          std::to_string((*prefix)->length) + " bytes, " + positions_of(**prefix) +
                              ", epoch " + std::to_string((*prefix)->epoch) + ", durable " +
                              std::to_string((*prefix)->durable_position) +
                              (intact ? "" : ", DAMAGED: dump this frame"),
                          intact});
    offset += (*prefix)->length;
  }
  end_hole(*content_end);
  if (offset < window_->size())
    into.lines.push_back(
        {offset, "space", "", std::to_string(window_->size() - offset) + " zeros, not used yet"});
  return {};
}

result<dump_result> store_dump::frame(std::uint32_t number, std::uint64_t offset) {
  if (auto opened = open_log(); !opened) return opened.error();
  if (auto opened = open_segment(number); !opened) return opened.error();
  if (offset >= window_->size()) {
    return error(errc::invalid_argument,
                 error_info{.detail = "the file has " + std::to_string(window_->size()) +
                                      " bytes: dump the segment for the offsets of its frames",
                            .path = file_->path(),
                            .offset = offset});
  }
  dump_result dump{.path = file_->path(), .lines = {}};
  auto prefix = window_->prefix_at(offset);
  if (!prefix) return prefix.error();
  if (!*prefix) {
    dump.lines.push_back({offset, "hole", "", "no valid frame begins here", false});
    auto bytes = window_->at(offset, std::min<std::uint64_t>(options_.most_bytes, 256));
    if (!bytes) return bytes.error();
    dump_lines(*bytes, offset, options_.most_bytes, dump).block("bytes", 0, bytes->size(), false);
    return dump;
  }
  auto bytes = window_->frame_at(offset, **prefix);
  if (!bytes) return bytes.error();
  dump_prefix(**prefix, *bytes, offset, dump);
  if ((*prefix)->kind == frame_kind::commit)
    dump_commit(**prefix, *bytes, offset, options_.most_bytes, dump);
  if ((*prefix)->kind == frame_kind::trailer) dump_trailer(*bytes, offset, dump);
  return dump;
}

/// The last segment that may have it.
result<std::uint32_t> store_dump::segment_of(position at) {
  auto files = log::list_segments(*log_, store_);
  if (!files) return files.error();
  std::uint32_t number = 0;
  for (const log::listed_file& file : *files) {
    const bool may_have = !file.header || file.header->first_position <= at.value();
    if (may_have && file.header) number = file.number;
  }
  if (number == 0)
    return error(errc::invalid_argument,
                 error_info{.detail = "no segment has position " + std::to_string(at.value()),
                            .path = log_->path()});
  return number;
}

result<dump_result> store_dump::event(position at) {
  if (auto opened = open_log(); !opened) return opened.error();
  auto number = segment_of(at);
  if (!number) return number.error();
  if (auto opened = open_segment(*number); !opened) return opened.error();
  for (std::uint64_t offset = first_frame_offset; offset < window_->size();) {
    auto prefix = window_->prefix_at(offset);
    if (!prefix) return prefix.error();
    if (!*prefix || (*prefix)->segment != number_) {
      auto next = window_->find_magic(offset, window_->size());
      if (!next) return next.error();
      offset = *next;
      continue;
    }
    const bool has_it = (*prefix)->kind == frame_kind::commit &&
                        (*prefix)->first_position <= at.value() &&
                        (*prefix)->last_position() >= at.value();
    if (!has_it) {
      offset += (*prefix)->length;
      continue;
    }
    auto bytes = window_->frame_at(offset, **prefix);
    if (!bytes) return bytes.error();
    const auto parts = format::examine_commit(**prefix, *bytes);
    const auto ordinal = at.value() - (*prefix)->first_position;
    const auto found = std::ranges::find(parts.records, ordinal, &format::event_record::ordinal);
    if (found == parts.records.end() || !parts.events_hold()) {
      return error(errc::corrupt_data,
                   error_info{.detail = "the event, or its commit, is damaged: dump the frame",
                              .path = file_->path(),
                              .offset = offset});
    }
    dump_result dump{.path = file_->path(), .lines = {}};
    dump.lines.push_back({offset, "commit", "",
                          std::to_string((*prefix)->length) + " bytes, " + positions_of(**prefix)});
    dump_record(**prefix, *bytes, *found, parts.names[found->stream_index],
                offset + format::prefix_bytes((*prefix)->stream_count) + found->body_offset_bytes,
                options_.most_bytes, dump);
    return dump;
  }
  error_info info{
      .detail = "the segment that should have position " + std::to_string(at.value()) +
                " does not: it is behind the end of the log, or lost (verify says which)",
      .path = file_->path()};
  return error(errc::invalid_argument, std::move(info));
}

}  // namespace mainstem::engine
