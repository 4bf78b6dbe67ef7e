// SPDX-License-Identifier: Apache-2.0
#include "log/log_verifier.h"

#include <algorithm>
#include <limits>

#include "format/commit_examination.h"
#include "log/log_listing.h"
#include "log/segment.h"
#include "log/trailer_check.h"
#include "log/verification_ledger.h"

namespace mainstem::log {
namespace {

using format::frame_kind;
using format::frame_prefix;

constexpr std::uint64_t first_frame_offset = format::segment_header_layout::size;
constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t report_interval_bytes = 8U << 20U;

bool is_plausible(const frame_prefix& prefix) noexcept {
  if (prefix.first_position == 0) return false;
  if (prefix.kind == frame_kind::mark) {
    return prefix.event_count == 0 && prefix.stream_count == 0 &&
           prefix.length == format::prefix_bytes(0);
  }
  return prefix.kind == frame_kind::commit && prefix.event_count != 0 && prefix.stream_count != 0 &&
         prefix.last_position() >= prefix.first_position;
}

class verifier {
 public:
  verifier(os::directory& folder, const format::store_identity& store,
           const log_verifier_options& options)
      : folder_(folder), store_(store), options_(options), ledger_(options) {}

  result<log_verification> run();

 private:
  struct walk_state;

  result<void> walk(std::size_t index);
  result<void> walk_frames(walk_state& at);
  result<bool> enter(walk_state& at);
  void enter_header(const walk_state& at);
  result<void> take(walk_state& at, const frame_prefix& prefix);
  result<void> take_commit(walk_state& at, const frame_prefix& prefix);
  std::uint32_t report_parts(const walk_state& at, const frame_prefix& prefix,
                             std::span<const std::byte> frame);
  void note_missing(std::uint32_t from, std::uint32_t to);
  result<bool> search(walk_state& at);
  suspect& lose(const walk_state& at, finding_kind kind, std::string_view detail);
  void resume(std::uint64_t first, std::uint64_t chain);
  void finish_segment(walk_state& at);
  result<void> look_behind_the_end();
  result<void> unreadable(const walk_state& at, const error& why);
  result<void> note_prefix(const walk_state& at, const frame_prefix& prefix);
  result<void> report(const walk_state& at);
  [[nodiscard]] std::string path_of(std::string_view name) const {
    return folder_.path() + "/" + std::string(name);
  }

  os::directory& folder_;
  const format::store_identity& store_;
  const log_verifier_options& options_;
  std::vector<listed_file> files_;

  verification_ledger ledger_;
  std::uint32_t sealed_end_ = 0;  ///< The last segment that has anything, if it is sealed.
  std::uint64_t chain_ = 0;
  std::uint32_t epoch_ = 0;
  std::uint32_t highest_epoch_ = 0;
  std::uint64_t last_timestamp_ = 0;
  std::uint64_t bytes_done_ = 0;
  std::uint64_t bytes_total_ = 0;
  std::uint64_t next_report_ = 0;
};

/// Where a walk through one file is.
struct verifier::walk_state {
  const listed_file& file;
  const format::segment_header* next = nullptr;  ///< Of the file behind it.
  std::uint64_t limit = no_limit;                ///< Positions from here on stand in later files.
  std::shared_ptr<os::file> handle;
  std::optional<file_window> window;
  std::uint64_t offset = first_frame_offset;
  std::optional<std::uint64_t> content_end;
  trailer_check trailer;
  std::size_t suspects_before = 0;

  [[nodiscard]] bool is_last() const noexcept { return limit == no_limit; }
};

result<log_verification> verifier::run() {
  auto files = list_segments(folder_, store_);
  if (!files) return files.error();
  files_ = std::move(*files);
  std::erase_if(files_, [this](const auto& file) { return file.number < options_.first_segment; });
  for (const listed_file& file : files_) bytes_total_ += file.size_bytes;
  if (options_.first_segment > 1 && !files_.empty() && files_.front().header) {
    ledger_.begin_with(files_.front().header->first_position);
    chain_ = files_.front().header->previous_checksum;
  }
  std::uint32_t number = options_.first_segment - 1;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (files_[i].number > number + 1) note_missing(number + 1, files_[i].number - 1);
    number = files_[i].number;
    if (auto walked = walk(i); !walked) return walked.error();
  }
  if (auto looked = look_behind_the_end(); !looked) return looked.error();
  if (options_.on_progress) {
    if (auto reported = options_.on_progress(bytes_total_, bytes_total_); !reported)
      return reported.error();
  }
  log_verification found = ledger_.conclude(folder_.path());
  found.highest_epoch = highest_epoch_;
  found.last_timestamp = last_timestamp_;
  return found;
}

/// A segment is sealed when the one behind it is durable.
result<void> verifier::look_behind_the_end() {
  if (sealed_end_ == 0 || options_.may_end_sealed) return {};
  // A writer may have sealed it, and begun the next one, since the files were listed.
  auto now = list_segments(folder_, store_);
  if (!now) return now.error();
  const bool goes_on = std::ranges::any_of(
      *now, [this](const auto& file) { return file.number > sealed_end_ && file.header; });
  if (goes_on) return {};
  ledger_
      .lose(finding_kind::missing_segment, std::string(missing_behind_sealed) + " is gone",
            {path_of(segment_file_name(sealed_end_ + 1))})
      .certain = true;
  return {};
}

void verifier::note_missing(std::uint32_t from, std::uint32_t to) {
  std::string detail = from == to ? "the segment is missing"
                                  : "the segments " + std::to_string(from) + " to " +
                                        std::to_string(to) + " are missing";
  ledger_
      .add_missing(finding_kind::missing_segment, errc::missing_segment, detail,
                   {path_of(segment_file_name(from))})
      .certain = true;
}

result<void> verifier::walk(std::size_t index) {
  walk_state at{.file = files_[index]};
  if (index + 1 < files_.size() && files_[index + 1].number == at.file.number + 1 &&
      files_[index + 1].header)
    at.next = &*files_[index + 1].header;
  for (std::size_t i = index + 1; i < files_.size() && at.is_last(); ++i) {
    if (files_[i].header) at.limit = files_[i].header->first_position;
  }
  at.suspects_before = ledger_.suspects();
  auto walked = walk_frames(at);
  bytes_done_ += at.file.size_bytes;
  // A file that gave nothing is as good as missing: the next one tells what it should have had.
  if (at.file.header || at.trailer.frames() != 0) {
    ledger_.end_missing();
    sealed_end_ = at.trailer.length() != 0 ? at.file.number : 0;
  }
  return walked;
}

result<void> verifier::walk_frames(walk_state& at) {
  auto entered = enter(at);
  if (!entered || !*entered) return entered ? result<void>() : entered.error();
  for (;;) {
    // What stands behind this was cut, or written again in the next segment.
    if (ledger_.following() && at.next != nullptr &&
        ledger_.expected() == at.next->first_position && chain_ == at.next->previous_checksum)
      break;
    auto prefix = at.window->prefix_at(at.offset);
    if (!prefix) return unreadable(at, prefix.error());
    if (*prefix) {
      if (auto known = note_prefix(at, **prefix); !known) return known;
      const bool belongs = (*prefix)->segment == at.file.number && is_plausible(**prefix) &&
                           (*prefix)->epoch >= epoch_ && (*prefix)->last_position() < at.limit;
      const bool goes_on = ledger_.following() && belongs &&
                           (*prefix)->previous_checksum == chain_ &&
                           (*prefix)->first_position == ledger_.expected();
      if (goes_on ||
          (!ledger_.following() && belongs && (*prefix)->first_position >= ledger_.expected())) {
        if (!goes_on) resume((*prefix)->first_position, (*prefix)->previous_checksum);
        if (auto taken = take(at, **prefix); !taken) return taken;
        if (!at.window) return {};
        continue;
      }
      if (ledger_.following() && at.trailer.begins_at(at.offset)) break;
    }
    auto found = search(at);
    if (!found) return found.error();
    if (!*found) break;
  }
  finish_segment(at);
  return {};
}

/// @returns false if there is nothing to walk.
result<bool> verifier::enter(walk_state& at) {
  const std::string path = path_of(at.file.name);
  auto file = folder_.open_file(at.file.name, os::open_mode::read_only);
  auto size = file ? (*file)->size() : result<std::uint64_t>(file.error());
  const auto give_up = [&](const error& why) -> result<bool> {
    if (auto noted = unreadable(at, why); !noted) return noted.error();
    return false;
  };
  if (!size) return give_up(size.error());
  at.handle = std::move(*file);
  at.window.emplace(*at.handle, *size, store_.secret);
  if (at.file.header) {
    enter_header(at);
  } else {
    auto end = at.window->end_of_content(0);
    if (!end) return give_up(end.error());
    if (*end == 0 && at.is_last()) return false;  // Made ahead of use.
    const bool is_ours = at.file.failure->code() == make_error_code(errc::corrupt_data);
    const auto kind = at.file.failure->code() == make_error_code(errc::missing_segment)
                          ? finding_kind::missing_segment
                          : finding_kind::segment_header;
    suspect& found =
        ledger_.add_missing(kind, errc::corrupt_data, at.file.failure->info().detail, {path});
    found.what.what = error(at.file.failure->code(), found.what.what.info());
    found.certain = !at.is_last() || !is_ours;
    found.torn_bytes = *end;
    // None of the frames in it belongs here.
    if (kind == finding_kind::missing_segment) return false;
  }
  ledger_.enter_segment(path);
  auto begun = at.trailer.begin(*at.window, at.file.number);
  if (!begun && !os::is_damage(begun.error())) return begun.error();
  return true;
}

void verifier::enter_header(const walk_state& at) {
  const format::segment_header& header = *at.file.header;
  const std::uint64_t expected = ledger_.expected();
  const bool matches = header.first_position == expected && header.previous_checksum == chain_ &&
                       header.epoch >= epoch_;
  if (ledger_.following() && !matches) {
    const bool accepted = header.loss_accepted() && header.first_position >= expected;
    if (header.first_position < expected) {
      lose(at, finding_kind::missing_segment,
           "the segment begins with position " + std::to_string(header.first_position) +
               ", below what stands before it: it is an older copy");
    } else if (!accepted && !ledger_.is_missing()) {
      lose(at, finding_kind::frames, "the segment before it ends too early");
    }
  }
  if (header.first_position < expected) {
    ledger_.make_last_certain();
    return;
  }
  ledger_.set_missing_before(header.first_position);
  if (!ledger_.following() || !matches) {
    resume(header.first_position, header.previous_checksum);
    // The header proves that everything before it, marks included, had been synced.
    ledger_.make_certain();
  }
  epoch_ = std::max(epoch_, header.epoch);
  highest_epoch_ = std::max(highest_epoch_, header.epoch);
  ledger_.note_evidence(header.first_position - 1);
}

result<void> verifier::note_prefix(const walk_state& at, const frame_prefix& prefix) {
  if (auto known = format::check_kind(prefix); !known) {
    return error(known.error().code(), error_info{.detail = known.error().info().detail,
                                                  .path = at.window->path(),
                                                  .offset = at.offset});
  }
  ledger_.note_evidence(prefix.durable_position);
  // A segment is sealed when all of it is durable.
  if (prefix.kind == frame_kind::trailer && prefix.first_position != 0)
    ledger_.note_evidence(prefix.first_position - 1);
  highest_epoch_ = std::max(highest_epoch_, prefix.epoch);
  return {};
}

result<void> verifier::take(walk_state& at, const frame_prefix& prefix) {
  if (prefix.kind == frame_kind::commit) {
    if (auto taken = take_commit(at, prefix); !taken || !at.window) return taken;
  }
  at.trailer.take(prefix, at.offset);
  chain_ = prefix.checksum;
  epoch_ = prefix.epoch;
  last_timestamp_ = std::max(last_timestamp_, prefix.timestamp);
  at.offset += prefix.length;
  ledger_.reach(prefix.last_position() + 1, at.offset);
  return report(at);
}

result<void> verifier::take_commit(walk_state& at, const frame_prefix& prefix) {
  auto intact = at.window->is_intact(at.offset, prefix);
  auto frame = intact ? at.window->frame_at(at.offset, prefix)
                      : result<std::span<const std::byte>>(intact.error());
  if (!frame) {
    at.window.reset();
    return unreadable(at, frame.error());
  }
  ledger_.pass_durable(prefix.last_position());
  std::uint32_t lost = 0;
  if (!*intact) {
    lost = report_parts(at, prefix, *frame);
    ledger_.note_losses();
  }
  if (options_.on_commit) {
    auto handled = options_.on_commit({at.file.number, at.offset, prefix, *frame, *intact},
                                      ledger_.has_losses());
    if (!handled) return handled;
  }
  ledger_.add_commit(prefix, lost, *intact);
  return {};
}

/// @returns how many events are lost with it.
std::uint32_t verifier::report_parts(const walk_state& at, const frame_prefix& prefix,
                                     std::span<const std::byte> frame) {
  const auto parts = format::examine_commit(prefix, frame);
  const std::uint64_t first = prefix.first_position;
  if (!parts.versions_hold || !parts.names_hold) {
    ledger_.add_parts(prefix, finding_kind::commit,
                      parts.names_hold
                          ? "the versions of a commit are damaged, so its events have none"
                          : "the names of a commit's streams are damaged, so its events have none",
                      {at.window->path(), at.offset}, first, prefix.last_position());
  }
  for (const auto& run : parts.damaged) {
    const bool one = run.first_ordinal == run.last_ordinal;
    ledger_.add_parts(prefix, finding_kind::event,
                      one ? "an event is damaged" : "events are damaged",
                      {at.window->path(), at.offset + run.frame_offset_bytes},
                      first + run.first_ordinal, first + run.last_ordinal);
  }
  if (!parts.events_hold()) return prefix.event_count;
  return prefix.event_count - static_cast<std::uint32_t>(parts.records.size());
}

/// The chain does not go on here: where may it?
/// @returns false if there is nothing more in this file.
result<bool> verifier::search(walk_state& at) {
  const auto give_up = [&](const error& why) -> result<bool> {
    if (auto noted = unreadable(at, why); !noted) return noted.error();
    return false;
  };
  if (!at.content_end) {
    auto end = at.window->end_of_content(at.offset);
    if (!end) return give_up(end.error());
    at.content_end = *end;
  }
  if (ledger_.following()) {
    const bool is_empty = *at.content_end <= at.offset;
    if (is_empty && (at.is_last() || !at.file.header)) return false;
    lose(at, finding_kind::frames, "no valid frame stands where one should").torn_bytes =
        std::max(*at.content_end, at.offset) - at.offset;
  }
  // A frame may end in zeros that do not count as content.
  const std::uint64_t end =
      std::min(at.window->size(), *at.content_end + format::frame_prefix_layout::size);
  auto found = at.window->find_magic(at.offset, std::max(end, at.offset));
  if (!found) return give_up(found.error());
  if (*found >= *at.content_end) return false;
  at.offset = *found;
  return true;
}

suspect& verifier::lose(const walk_state& at, finding_kind kind, std::string_view detail) {
  const bool at_header =
      at.offset == first_frame_offset && at.trailer.frames() == 0 && kind != finding_kind::frames;
  return ledger_.lose(kind, detail, {path_of(at.file.name), at_header ? 0 : at.offset});
}

void verifier::resume(std::uint64_t first, std::uint64_t chain) {
  ledger_.resume(first);
  chain_ = chain;
}

/// A finding, if it is about the file.
/// Errors: what is no damage.
result<void> verifier::unreadable(const walk_state& at, const error& why) {
  if (!os::is_damage(why)) return why;
  ledger_.unreadable(why, {path_of(at.file.name), at.offset});
  return {};
}

void verifier::finish_segment(walk_state& at) {
  ledger_.add_bytes(std::max(ledger_.end_offset(), first_frame_offset));
  const bool is_whole =
      ledger_.following() && ledger_.suspects() == at.suspects_before && at.file.header;
  if (!is_whole) return;
  auto flaw = at.trailer.flaw_at(ledger_.end_offset(), {.header = *at.file.header,
                                                        .expected = ledger_.expected(),
                                                        .chain = chain_,
                                                        .size_bytes = at.window->size(),
                                                        .is_ended = at.next != nullptr});
  ledger_.add_bytes(at.trailer.length());
  if (flaw.empty()) return;
  suspect& found = ledger_.add(finding_kind::trailer, errc::corrupt_data,
                               flaw +
                                   "; no event is lost, reading does without it: open the store "
                                   "for writing, which seals again what has no trailer, or let "
                                   "repair make a new store",
                               {at.window->path(), ledger_.end_offset()});
  found.certain = true;
}

result<void> verifier::report(const walk_state& at) {
  const std::uint64_t done = bytes_done_ + at.offset;
  if (!options_.on_progress || done < next_report_) return {};
  next_report_ = done + report_interval_bytes;
  return options_.on_progress(std::min(done, bytes_total_), bytes_total_);
}

}  // namespace

result<log_verification> verify_log(os::directory& log_folder, const format::store_identity& store,
                                    const log_verifier_options& options) {
  return verifier(log_folder, store, options).run();
}

}  // namespace mainstem::log
