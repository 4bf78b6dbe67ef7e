// SPDX-License-Identifier: Apache-2.0
#include "log/log_repair.h"

#include <algorithm>

#include "base/advice.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "base/mutant.h"
#include "format/commit_body.h"
#include "log/frame_totals.h"

namespace mainstem::log {

using format::frame_prefix;

namespace {

error changed(const surveyed_file& file, std::uint64_t offset) {
  return {errc::corrupt_data,
          error_info{.detail = advised("what is to be written again reads differently than before: "
                                       "the disk or the memory is failing; nothing was cut",
                                       change_hardware),
                     .path = file.file->path(),
                     .offset = offset}};
}

/// One that knows less than the frames is none.
bool has_trailer(const surveyed_file& file) noexcept {
  return file.trailer && file.trailer->last_position >= file.last_position;
}

}  // namespace

result<recovered_log> log_repair::go_on() {
  const auto mark = *survey_.final_mark;
  const surveyed_file& last = survey_.files[mark.file];
  if (auto removed = remove_aside(); !removed) return removed.error();
  if (auto removed = remove_above(last.number); !removed) return removed.error();

  // The page cache may show a mark whose sync has failed. If it were lost later, so would be what
  // follows it. The same is true of a header behind which nothing is proven.
  const bool header_proven = last.last_position >= last.header->first_position;
  std::uint64_t from = header_proven ? mark.offset : 0;
  if (MAINSTEM_MUTANT(mark_not_rewritten)) from = mark.offset + mark.length;
  if (auto written = write_again(last, from, mark.offset + mark.length); !written)
    return written.error();
  if (auto reserved = last.file->allocate(last.header->segment_size); !reserved)
    return with_disk_full(reserved.error());
  if (auto synced = last.file->sync(); !synced) return with_disk_full(synced.error());
  // Its name may be as new as that.
  if (auto synced = files_.directory().sync(); !synced) return with_disk_full(synced.error());
  if (auto sealed = seal(mark.file); !sealed) return sealed.error();

  recovered_log log = look(false);
  take_spare(log);
  return log;
}

result<recovered_log> log_repair::rewrite_tail() {
  const bool is_new = std::all_of(survey_.files.begin(), survey_.files.end(),
                                  [](const surveyed_file& file) { return file.blank; });
  const proven_point proven = survey_.proven;
  // A segment in which nothing is proven may not even have its header on the disk: it is replaced
  // as a whole.
  const std::size_t keep = is_new ? 0 : proven.file + (proven.header_proven ? 1 : 0);
  const auto number = static_cast<std::uint32_t>(keep + 1);
  std::uint32_t flags = 0;
  if (!is_new && keep == proven.file && survey_.files[keep].header) {
    flags = survey_.files[keep].header->flags & format::segment_flags::loss_accepted;
  }
  auto fresh = build(files_.header_for(number, next_epoch(), position(proven.last_position + 1),
                                       proven.chain, 0, flags));
  if (!fresh) return fresh.error();
  cut_at_proven();
  auto log = finish_with(*fresh, keep);
  if (!log) return log;
  log->clean = is_new;
  log->events_rewritten = fresh->event_count;
  log->bytes_cut = bytes_cut_;
  return log;
}

result<recovered_log> log_repair::accept_loss() {
  const std::size_t keep = survey_.used_files();
  // What is kept without being proven is written again where it stands: the bytes are the same, so
  // that a crash in the middle changes nothing.
  for (std::size_t i = 0; i < keep; ++i) {
    const surveyed_file& file = survey_.files[i];
    const bool unproven =
        std::any_of(survey_.pending.begin(), survey_.pending.end(),
                    [i](const pending_commit& commit) { return commit.file == i; });
    if (!unproven && i + 1 != keep) continue;
    if (auto written = write_again(file, 0, std::min(file.end_offset, file.size_bytes)); !written) {
      return written.error();
    }
    if (auto synced = file.file->sync(); !synced) return with_disk_full(synced.error());
  }
  survey_.pending.clear();
  std::uint64_t last = std::max(survey_.highest, survey_.evidence);
  // Nothing says how many positions a segment had given out that is gone without a trace. More than
  // fit into it cannot be.
  if (survey_.lacks_its_end())
    last += files_.options().segment_size_bytes / format::event_record_layout::size;
  if (MAINSTEM_MUTANT(lost_positions_given_again)) last = survey_.highest;
  const std::uint64_t chain = keep == 0 ? 0 : survey_.files[keep - 1].chain;
  auto fresh =
      build(files_.header_for(static_cast<std::uint32_t>(keep + 1), next_epoch(),
                              position(last + 1), chain, 0, format::segment_flags::loss_accepted));
  if (!fresh) return fresh.error();
  auto log = finish_with(*fresh, keep);
  if (log) log->clean = false;
  return log;
}

/// Above every epoch that was found.
std::uint32_t log_repair::next_epoch() const noexcept {
  return survey_.highest_epoch + (MAINSTEM_MUTANT(epoch_not_raised) ? 0 : 1);
}

recovered_log log_repair::look(bool proven_only) const {
  recovered_log log;
  const std::size_t used = survey_.used_files();
  log.segments = open_all(used);
  log.epoch = next_epoch();
  log.last_timestamp = survey_.last_timestamp;
  log.clean = survey_.is_clean() || survey_.files.empty();
  log.from_found = survey_.from_found;
  if (used > 0) {
    const surveyed_file& last = survey_.files[used - 1];
    // What is sealed was there, even where its last frames are damaged.
    const position end =
        std::max(position(last.last_position), log.segments.back()->last_position());
    log.end = {end, last.number, last.end_offset, last.chain};
  }
  const bool all_proven = log.end.last.value() <= survey_.evidence;
  log.durable = all_proven ? log.end.last : position(survey_.proven.last_position);
  if (proven_only && used > 0) {
    const proven_point& proven = survey_.proven;
    log.segments.resize(proven.file + 1);
    log.segments.back()->publish(proven.offset, position(proven.last_position));
    log.durable = position(proven.last_position);
    log.end = {log.durable, survey_.files[proven.file].number, proven.offset, proven.chain};
  }
  return log;
}

result<void> log_repair::remove_aside() {
  for (const std::string& name : survey_.aside) {
    if (auto removed = files_.directory().remove(name); !removed)
      return with_disk_full(removed.error());
  }
  return {};
}

// From the highest down, each for good before the next one, so that no crash leaves a hole. One
// blank spare may stay.
result<void> log_repair::remove_above(std::uint32_t number) {
  while (!survey_.files.empty() && survey_.files.back().number > number) {
    const surveyed_file& file = survey_.files.back();
    const bool is_spare = file.blank && file.number == number + 1 &&
                          file.size_bytes == files_.options().segment_size_bytes;
    if (is_spare) break;
    if (auto removed = files_.directory().remove(file.name); !removed)
      return with_disk_full(removed.error());
    survey_.files.pop_back();
    const bool is_lowest = survey_.files.empty() || survey_.files.back().number <= number;
    if (MAINSTEM_MUTANT(removals_synced_together) && !is_lowest) continue;
    if (auto synced = files_.directory().sync(); !synced) return with_disk_full(synced.error());
  }
  return {};
}

std::uint64_t log_repair::size_for(std::uint64_t content_bytes) const noexcept {
  constexpr std::uint64_t page_bytes = 4096;
  const std::uint64_t usual = files_.options().segment_size_bytes;
  return std::max(usual, align_up(content_bytes + usual / 2, page_bytes));
}

result<fresh_segment> log_repair::build(const format::segment_header& header) {
  fresh_segment fresh;
  fresh.header = header;
  fresh.last_position = header.first_position - 1;
  fresh.chain = header.previous_checksum;
  fresh.content.resize(format::segment_header_layout::size);
  const std::uint64_t durable = fresh.last_position;
  for (const pending_commit& commit : survey_.pending) {
    if (commit.behind_break) break;
    if (MAINSTEM_MUTANT(last_commit_cut) && &commit == &survey_.pending.back()) break;
    if (auto appended = append_commit(fresh, commit, durable); !appended) return appended.error();
  }
  append_mark(fresh);
  fresh.header.segment_size = size_for(fresh.content.size());
  format::encode_segment_header(
      fresh.header, files_.store(),
      std::span(fresh.content).first(format::segment_header_layout::size));
  return fresh;
}

result<void> log_repair::append_commit(fresh_segment& fresh, const pending_commit& commit,
                                       std::uint64_t durable) {
  const surveyed_file& file = survey_.files[commit.file];
  file_window window(*file.file, file.size_bytes, files_.store().secret);
  auto bytes = window.frame_at(commit.offset, commit.prefix);
  if (!bytes) return bytes.error();
  if (!format::verify_commit(commit.prefix, *bytes)) return changed(file, commit.offset);
  MAINSTEM_ASSERT(commit.prefix.first_position == fresh.last_position + 1);

  const std::uint64_t offset = fresh.content.size();
  fresh.content.insert(fresh.content.end(), bytes->begin(), bytes->end());
  frame_prefix prefix = commit.prefix;
  prefix.epoch = fresh.header.epoch;
  prefix.segment = fresh.header.segment;
  prefix.durable_position = durable;
  prefix.previous_checksum = fresh.chain;
  const auto encoded =
      std::span(fresh.content).subspan(offset, format::prefix_bytes(prefix.stream_count));
  fresh.chain = format::encode_prefix(prefix, encoded, files_.store().secret, offset);
  add_sparse_entry(fresh.entries, prefix.first_position, offset);
  fresh.last_position = prefix.last_position();
  fresh.event_count += prefix.event_count;
  return {};
}

// The file gets its name when all of it is durable. So the mark may say that it is.
void log_repair::append_mark(fresh_segment& fresh) const {
  frame_prefix mark;
  mark.kind = format::frame_kind::mark;
  mark.length = static_cast<std::uint32_t>(format::prefix_bytes(0));
  mark.epoch = fresh.header.epoch;
  mark.segment = fresh.header.segment;
  mark.first_position = fresh.last_position + 1;
  mark.durable_position = fresh.last_position;
  mark.timestamp = survey_.last_timestamp;
  mark.previous_checksum = fresh.chain;
  const std::uint64_t offset = fresh.content.size();
  fresh.content.resize(offset + mark.length);
  fresh.chain = format::encode_prefix(mark, std::span(fresh.content).subspan(offset),
                                      files_.store().secret, offset);
}

result<void> log_repair::write_again(const surveyed_file& file, std::uint64_t from,
                                     std::uint64_t to) {
  file_window window(*file.file, file.size_bytes, files_.store().secret);
  file_window second(*file.file, file.size_bytes, files_.store().secret);
  constexpr std::uint64_t chunk_bytes = 1U << 20U;
  for (std::uint64_t offset = from; offset < to;) {
    auto bytes = window.at(offset, std::min(chunk_bytes, to - offset));
    if (!bytes) return bytes.error();
    if (bytes->empty()) break;
    // No checksum covers all of it, and a wrong byte would be made durable.
    const auto again = second.at(offset, bytes->size());
    if (!again) return again.error();
    if (!std::ranges::equal(*bytes, *again)) return changed(file, offset);
    if (auto written = file.file->write_at(offset, *bytes); !written)
      return with_disk_full(written.error());
    offset += bytes->size();
  }
  return {};
}

void log_repair::cut_at_proven() {
  const proven_point& proven = survey_.proven;
  for (std::size_t i = proven.file; i < survey_.files.size(); ++i) {
    const surveyed_file& file = survey_.files[i];
    const std::uint64_t kept = file.has_frames ? file.unbroken_end : 0;
    if (file.content_end > kept) bytes_cut_ += file.content_end - kept;
  }
  if (survey_.files.empty() || !proven.header_proven) return;
  surveyed_file& file = survey_.files[proven.file];
  file.end_offset = proven.offset;
  file.last_position = proven.last_position;
  file.chain = proven.chain;
  std::erase_if(file.entries, [&proven](const format::sparse_entry& entry) {
    return entry.offset >= proven.offset;
  });
}

result<recovered_log> log_repair::finish_with(const fresh_segment& fresh, std::size_t keep) {
  const format::segment_header& header = fresh.header;
  if (auto removed = remove_aside(); !removed) return removed.error();
  if (auto removed = remove_above(header.segment); !removed) return removed.error();
  if (MAINSTEM_MUTANT(unlinked_before_replaced))
    static_cast<void>(files_.directory().remove(segment_file_name(header.segment)));
  auto file = files_.make_filled(header.segment, header.segment_size, fresh.content);
  if (!file) return with_disk_full(file.error());
  // Not before the new one exists: until then, what stands behind the cut is all that there is of
  // it.
  if (auto sealed = seal(keep); !sealed) return sealed.error();

  recovered_log log;
  log.segments = open_all(keep);
  auto opened = files_.make_segment(std::move(*file), header);
  for (const auto& entry : fresh.entries)
    opened->note_frame(position(entry.position), entry.offset);
  opened->publish(fresh.content.size(), position(fresh.last_position));
  log.segments.push_back(std::move(opened));
  log.end = {position(fresh.last_position), header.segment, fresh.content.size(), fresh.chain};
  log.durable = log.end.last;
  log.epoch = header.epoch;
  log.last_timestamp = survey_.last_timestamp;
  log.from_found = survey_.from_found;
  take_spare(log);
  return log;
}

result<void> log_repair::seal(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    surveyed_file& file = survey_.files[i];
    if (has_trailer(file) && file.trailer->offset_bytes >= file.end_offset) continue;
    const auto ended = open(i);
    auto sealed =
        files_.seal(*ended, file.chain, survey_.highest_epoch, position(file.last_position));
    if (!sealed) return sealed;
  }
  return {};
}

std::shared_ptr<segment> log_repair::open(std::size_t index) const {
  const surveyed_file& file = survey_.files[index];
  format::segment_header header;
  if (file.header) {
    header = *file.header;
  } else {
    // As far as the frames behind the damaged header tell.
    header =
        files_.header_for(file.number, 0, position(file.first_position), 0, file.size_bytes, 0);
  }
  auto opened = files_.make_segment(file.file, header);
  for (const auto& entry : file.entries) opened->note_frame(position(entry.position), entry.offset);
  // A sealed segment is read to its trailer: readers meet what is damaged in front of it, and say
  // so.
  const bool sealed = has_trailer(file) && file.trailer->offset_bytes > file.end_offset;
  opened->publish(sealed ? file.trailer->offset_bytes : file.end_offset,
                  position(sealed ? file.trailer->last_position : file.last_position));
  return opened;
}

segment_list log_repair::open_all(std::size_t count) const {
  segment_list list;
  list.reserve(count);
  for (std::size_t i = 0; i < count; ++i) list.push_back(open(i));
  return list;
}

void log_repair::take_spare(recovered_log& log) const {
  const std::uint32_t behind = log.segments.back()->number() + 1;
  for (const surveyed_file& file : survey_.files) {
    if (file.number == behind && file.blank) log.spare = file.file;
  }
}

}  // namespace mainstem::log
