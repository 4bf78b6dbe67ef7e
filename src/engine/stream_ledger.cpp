// SPDX-License-Identifier: Apache-2.0
#include "engine/stream_ledger.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "format/commit_body.h"
#include "format/commit_examination.h"
#include "index/tail.h"
#include "log/segment.h"

namespace mainstem::engine {
namespace {

// What the index keeps for a version that went with a lost commit: see tail_replay.
const index::indexed_event lost_event{index::event_address{}, index::hash_id(event_id{})};

error about_stream(std::string_view stream, const std::string& what, std::string path) {
  return {errc::corrupt_index,
          error_info{.detail = "stream " + std::string(stream) + ": " + what +
                               ". Nothing is lost: remove the folder `index`, and the next opening "
                               "for writing makes it from the log",
                     .path = std::move(path)}};
}

}  // namespace

stream_ledger::entry& stream_ledger::entry_of(std::string_view stream) {
  const auto found = entries_.find(stream);
  if (found != entries_.end()) return found->second;
  char* const kept =
      static_cast<char*>(names_.allocate(std::max<std::size_t>(stream.size(), 1), 1));
  std::memcpy(kept, stream.data(), stream.size());
  return entries_.emplace(std::string_view(kept, stream.size()), entry{}).first->second;
}

void stream_ledger::note_index(std::string_view stream, const index::stream_summary& summary) {
  entry_of(stream).live = summary;
}

void stream_ledger::begin_stream(entry& stream, std::string_view name, std::uint64_t first,
                                 const log::verified_commit& commit, bool after_loss,
                                 const report_function& report) const {
  const std::uint64_t expected = stream.version + 1;
  if (first == expected) return;
  if (first > expected && after_loss) {
    stream.lost_some = true;
    if (commit.prefix.last_position() > indexed_) return;
    for (std::uint64_t version = expected; version < first; ++version)
      stream.made.events.add(lost_event);
    return;
  }
  error_info info{.detail = "stream " + std::string(name) + " goes on with version " +
                            std::to_string(first) + " behind version " +
                            std::to_string(stream.version) +
                            ", although no event is missing: report this as a bug, and keep a copy",
                  .path = log_path_ + "/" + log::segment_file_name(commit.segment),
                  .offset = commit.offset};
  info.first_position = commit.prefix.first_position;
  info.last_position = commit.prefix.last_position();
  report({finding_kind::version, error(errc::corrupt_data, std::move(info))});
}

void stream_ledger::add(const log::verified_commit& commit, bool after_loss,
                        const report_function& report) {
  if (!commit.whole) return add_parts(commit, after_loss, report);
  const format::frame_prefix& prefix = commit.prefix;
  const auto body = commit.frame.subspan(format::prefix_bytes(prefix.stream_count));
  const std::size_t first_record =
      format::read_stream_names(body, prefix.stream_count, commit_names_);
  if (commit_names_.size() != prefix.stream_count) {
    report({finding_kind::commit,
            error(errc::corrupt_data,
                  error_info{.detail = "a commit has fewer streams than it says: report this as a "
                                       "bug, and keep a copy",
                             .path = log_path_ + "/" + log::segment_file_name(commit.segment),
                             .offset = commit.offset})});
    return;
  }
  commit_streams_.clear();
  // A map may move its entries while it grows: all are made before any is pointed to.
  for (const auto name : commit_names_) static_cast<void>(entry_of(name));
  for (std::size_t i = 0; i < commit_names_.size(); ++i) {
    entry& stream = entries_.find(commit_names_[i])->second;
    const std::uint64_t first = format::first_version_of(commit.frame, i);
    if (stream.version == 0) ++streams_;
    begin_stream(stream, commit_names_[i], first, commit, after_loss, report);
    stream.version = first - 1;
    commit_streams_.push_back(&stream);
  }
  const bool in_index = prefix.last_position() <= indexed_;
  index_end_found_ = index_end_found_ || prefix.last_position() == indexed_;
  format::record_cursor records(body, first_record, prefix.body_digest);
  std::uint64_t offset = commit.offset + format::prefix_bytes(prefix.stream_count) + first_record;
  while (const auto record = records.next(false)) {
    entry& stream = *commit_streams_[record->stream_index];
    ++stream.version;
    if (in_index) {
      stream.made.events.add(
          {index::event_address(commit.segment, offset), index::hash_id(record->id())});
      stream.made.last_version = stream.version;
      stream.made.last_position = prefix.first_position + record->ordinal;
    }
    offset += record->bytes.size();
  }
}

// What the streams lost is not known in detail: so much is passed over when they are compared.
void stream_ledger::add_parts(const log::verified_commit& commit, bool, const report_function&) {
  index_end_found_ = index_end_found_ || commit.prefix.last_position() >= indexed_;
  const auto parts = format::examine_commit(commit.prefix, commit.frame);
  if (!parts.events_hold()) return;
  for (std::size_t i = 0; i < parts.names.size(); ++i) {
    entry& stream = entry_of(parts.names[i]);
    if (stream.version == 0) ++streams_;
    stream.lost_some = true;
    stream.version = std::max(stream.version, format::first_version_of(commit.frame, i) - 1);
  }
  for (const auto& record : parts.records) {
    entry& stream = entry_of(parts.names[record.stream_index]);
    stream.version =
        format::first_version_of(commit.frame, record.stream_index) + record.stream_ordinal;
  }
}

std::uint64_t stream_ledger::compare(bool has_index, bool has_losses,
                                     const report_function& report) const {
  std::vector<std::string_view> names;
  names.reserve(entries_.size());
  for (const auto& [name, stream] : entries_) names.push_back(name);
  std::ranges::sort(names);
  index::index_digest digest;
  for (const auto name : names) {
    const entry& stream = entries_.find(name)->second;
    if (stream.made.last_version != 0) digest.add(name, stream.made);
    if (!has_index) continue;
    const index::stream_summary live = stream.live.value_or(index::stream_summary{});
    const bool may_differ =
        has_losses && (stream.lost_some || live.last_version > stream.made.last_version);
    if (may_differ) continue;
    if (live.last_version != stream.made.last_version ||
        live.last_position != stream.made.last_position) {
      report({finding_kind::index,
              about_stream(name,
                           "the index has version " + std::to_string(live.last_version) +
                               " at position " + std::to_string(live.last_position) +
                               ", the log version " + std::to_string(stream.made.last_version) +
                               " at position " + std::to_string(stream.made.last_position),
                           log_path_)});
    } else if (live.events.value() != stream.made.events.value()) {
      report({finding_kind::index,
              about_stream(name, "the index leads to other places or ids than the log has",
                           log_path_)});
    }
  }
  return digest.value();
}

}  // namespace mainstem::engine
