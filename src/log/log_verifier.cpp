// SPDX-License-Identifier: Apache-2.0
#include "log/log_verifier.h"

#include <algorithm>
#include <limits>

#include "base/bytes.h"
#include "base/checksum.h"
#include "format/commit_examination.h"
#include "log/log_listing.h"
#include "log/segment.h"
#include "log/suspicion.h"
#include "log/trailer_check.h"

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
  return prefix.kind == frame_kind::commit && prefix.event_count != 0 && prefix.stream_count != 0;
}

std::uint64_t add_to_digest(std::uint64_t digest, const frame_prefix& commit) noexcept {
  const std::uint64_t parts[] = {commit.first_position, commit.event_count, commit.timestamp,
                                 commit.versions_digest, commit.body_digest};
  return checksum64(std::as_bytes(std::span(parts)), digest);
}

class verifier {
 public:
  verifier(os::directory& folder, const format::store_identity& store,
           const log_verifier_options& options)
      : folder_(folder), store_(store), options_(options), evidence_(options.evidence) {}

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
  result<bool> search(walk_state& at);
  void lose(const walk_state& at, finding_kind kind, std::string detail);
  void resume(std::uint64_t first, std::uint64_t chain);
  void finish_segment(walk_state& at);
  void unreadable(const walk_state& at, const error& why);
  suspect& suspicion(finding_kind kind, errc code, std::string detail, std::string path,
                     std::uint64_t offset);
  void note_missing(std::uint32_t from, std::uint32_t to);
  void note_durable(std::uint64_t next_position);
  result<void> note_prefix(const walk_state& at, const frame_prefix& prefix);
  result<void> report(const walk_state& at);
  [[nodiscard]] log_verification conclude() const;
  [[nodiscard]] std::string end_path() const {
    return last_path_.empty() ? folder_.path() : last_path_;
  }
  [[nodiscard]] std::string path_of(std::string_view name) const {
    return folder_.path() + "/" + std::string(name);
  }

  os::directory& folder_;
  const format::store_identity& store_;
  const log_verifier_options& options_;
  std::vector<listed_file> files_;

  bool following_ = true;
  bool has_losses_ = false;
  std::uint64_t expected_ = 1;
  std::uint64_t chain_ = 0;
  std::uint32_t epoch_ = 0;
  std::uint32_t highest_epoch_ = 0;
  std::uint64_t evidence_;
  std::uint64_t last_timestamp_ = 0;
  std::uint64_t end_offset_ = 0;
  std::string last_path_;
  log_totals totals_;
  std::vector<suspect> suspects_;
  std::optional<std::size_t> missing_;  // The finding of files that lack before this one.
  /// Where the log goes beyond what was durable when this began.
  struct durable_cut {
    log_totals totals;
    std::size_t suspects = 0;
    std::uint64_t expected = 0;
    bool has_losses = false;
    std::uint64_t end_offset = 0;
    std::string path;
  };
  std::optional<durable_cut> cut_;
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
    expected_ = files_.front().header->first_position;
    chain_ = files_.front().header->previous_checksum;
  }
  totals_.digest = options_.digest;
  totals_.digest_up_to = options_.digest_behind;
  std::uint32_t number = options_.first_segment - 1;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (files_[i].number > number + 1) note_missing(number + 1, files_[i].number - 1);
    number = files_[i].number;
    if (auto walked = walk(i); !walked) return walked.error();
  }
  if (options_.on_progress) {
    if (auto reported = options_.on_progress(bytes_total_, bytes_total_); !reported)
      return reported.error();
  }
  return conclude();
}

suspect& verifier::suspicion(finding_kind kind, errc code, std::string detail, std::string path,
                             std::uint64_t offset) {
  suspect found;
  found.what = {kind, error(code, error_info{.detail = std::move(detail),
                                             .path = std::move(path),
                                             .offset = offset})};
  found.expected = expected_;
  found.before = totals_;
  return suspects_.emplace_back(std::move(found));
}

void verifier::note_missing(std::uint32_t from, std::uint32_t to) {
  std::string detail = from == to ? "the segment is missing"
                                  : "the segments " + std::to_string(from) + " to " +
                                        std::to_string(to) + " are missing";
  suspect& found = suspicion(finding_kind::missing_segment, errc::missing_segment,
                             detail.append(put_back), path_of(segment_file_name(from)), 0);
  found.certain = true;
  missing_ = suspects_.size() - 1;
}

result<void> verifier::walk(std::size_t index) {
  walk_state at{.file = files_[index]};
  if (index + 1 < files_.size() && files_[index + 1].number == at.file.number + 1 &&
      files_[index + 1].header)
    at.next = &*files_[index + 1].header;
  for (std::size_t i = index + 1; i < files_.size() && at.is_last(); ++i) {
    if (files_[i].header) at.limit = files_[i].header->first_position;
  }
  at.suspects_before = suspects_.size();
  auto walked = walk_frames(at);
  bytes_done_ += at.file.size_bytes;
  // A file that gave nothing is as good as missing: the next one tells what it should have had.
  if (at.file.header || at.trailer.frames() != 0) missing_.reset();
  return walked;
}

result<void> verifier::walk_frames(walk_state& at) {
  auto entered = enter(at);
  if (!entered || !*entered) return entered ? result<void>() : entered.error();
  for (;;) {
    // What stands behind this was cut, or written again in the next segment.
    if (following_ && at.next != nullptr && expected_ == at.next->first_position &&
        chain_ == at.next->previous_checksum)
      break;
    auto prefix = at.window->prefix_at(at.offset);
    if (!prefix) {
      unreadable(at, prefix.error());
      return {};
    }
    if (*prefix) {
      if (auto known = note_prefix(at, **prefix); !known) return known;
      const bool belongs = (*prefix)->segment == at.file.number && is_plausible(**prefix) &&
                           (*prefix)->epoch >= epoch_ && (*prefix)->last_position() < at.limit;
      const bool goes_on = following_ && belongs && (*prefix)->previous_checksum == chain_ &&
                           (*prefix)->first_position == expected_;
      if (goes_on || (!following_ && belongs && (*prefix)->first_position >= expected_)) {
        if (!goes_on) resume((*prefix)->first_position, (*prefix)->previous_checksum);
        if (auto taken = take(at, **prefix); !taken) return taken;
        if (!at.window) return {};
        continue;
      }
      if (following_ && at.trailer.begins_at(at.offset)) break;
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
  if (!size) {
    unreadable(at, size.error());
    return false;
  }
  at.handle = std::move(*file);
  at.window.emplace(*at.handle, *size, store_.secret);
  if (at.file.header) {
    enter_header(at);
  } else {
    auto end = at.window->end_of_content(0);
    if (!end) {
      unreadable(at, end.error());
      return false;
    }
    if (*end == 0 && at.is_last()) return false;  // Made ahead of use.
    const bool is_ours = at.file.failure->code() == make_error_code(errc::corrupt_data);
    const auto kind = at.file.failure->code() == make_error_code(errc::missing_segment)
                          ? finding_kind::missing_segment
                          : finding_kind::segment_header;
    suspect& found = suspicion(kind, errc::corrupt_data,
                               at.file.failure->info().detail + std::string(put_back), path, 0);
    found.what.what = error(at.file.failure->code(), found.what.what.info());
    found.certain = !at.is_last() || !is_ours;
    found.torn_bytes = *end;
    missing_ = suspects_.size() - 1;
    // None of the frames in it belongs here.
    if (kind == finding_kind::missing_segment) return false;
  }
  ++totals_.segments;
  last_path_ = path;
  end_offset_ = first_frame_offset;
  at.trailer.begin(*at.window, at.file.number);
  return true;
}

void verifier::enter_header(const walk_state& at) {
  const format::segment_header& header = *at.file.header;
  const bool matches = header.first_position == expected_ && header.previous_checksum == chain_ &&
                       header.epoch >= epoch_;
  if (following_ && !matches) {
    const bool accepted = header.loss_accepted() && header.first_position >= expected_;
    if (header.first_position < expected_) {
      lose(at, finding_kind::missing_segment,
           "the segment begins with position " + std::to_string(header.first_position) +
               ", below what stands before it: it is an older copy");
    } else if (!accepted && !missing_) {
      lose(at, finding_kind::frames, "the segment before it ends too early");
    }
  }
  if (header.first_position < expected_) {
    suspects_.back().certain = true;
    return;
  }
  if (missing_ && header.first_position > expected_)
    set_positions(suspects_[*missing_].what, expected_, header.first_position - 1);
  if (!following_ || !matches) {
    resume(header.first_position, header.previous_checksum);
    // The header proves that everything before it, marks included, had been synced.
    for (suspect& before : suspects_) before.certain = true;
  }
  epoch_ = std::max(epoch_, header.epoch);
  highest_epoch_ = std::max(highest_epoch_, header.epoch);
  evidence_ = std::max(evidence_, header.first_position - 1);
}

result<void> verifier::note_prefix(const walk_state& at, const frame_prefix& prefix) {
  if (auto known = format::check_kind(prefix); !known) {
    return error(known.error().code(), error_info{.detail = known.error().info().detail,
                                                  .path = at.window->path(),
                                                  .offset = at.offset});
  }
  evidence_ = std::max(evidence_, prefix.durable_position);
  // A segment is sealed when all of it is durable.
  if (prefix.kind == frame_kind::trailer && prefix.first_position != 0)
    evidence_ = std::max(evidence_, prefix.first_position - 1);
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
  expected_ = prefix.last_position() + 1;
  at.offset += prefix.length;
  end_offset_ = at.offset;
  return report(at);
}

result<void> verifier::take_commit(walk_state& at, const frame_prefix& prefix) {
  auto intact = at.window->is_intact(at.offset, prefix);
  auto frame = intact ? at.window->frame_at(at.offset, prefix)
                      : result<std::span<const std::byte>>(intact.error());
  if (!frame) {
    unreadable(at, frame.error());
    at.window.reset();
    return {};
  }
  note_durable(prefix.last_position());
  std::uint32_t lost = 0;
  if (!*intact) {
    lost = report_parts(at, prefix, *frame);
    has_losses_ = true;
  }
  if (options_.on_commit) {
    auto handled =
        options_.on_commit({at.file.number, at.offset, prefix, *frame, *intact}, has_losses_);
    if (!handled) return handled;
  }
  totals_.lost_positions += lost;
  totals_.events += prefix.event_count - lost;
  if (lost == prefix.event_count) return {};
  if (totals_.first_position == 0) totals_.first_position = prefix.first_position;
  totals_.last_position = prefix.last_position();
  if (!*intact) return {};
  ++totals_.commits;
  if (prefix.first_position > options_.digest_behind &&
      prefix.last_position() <= options_.digest_up_to) {
    totals_.digest = add_to_digest(totals_.digest, prefix);
    totals_.digest_up_to = prefix.last_position();
  }
  return {};
}

/// @returns how many events are lost with it.
std::uint32_t verifier::report_parts(const walk_state& at, const frame_prefix& prefix,
                                     std::span<const std::byte> frame) {
  const auto parts = format::examine_commit(prefix, frame);
  const std::uint64_t first = prefix.first_position;
  const auto add = [&](finding_kind kind, std::string detail, std::uint64_t offset,
                       std::uint64_t from, std::uint64_t to) {
    suspect& found =
        suspicion(kind, errc::corrupt_data, detail.append(put_back), at.window->path(), offset);
    found.torn_bytes = prefix.length;
    set_positions(found.what, from, to);
  };
  if (!parts.versions_hold || !parts.names_hold) {
    add(finding_kind::commit,
        parts.names_hold ? "the versions of a commit are damaged, so its events have none"
                         : "the names of a commit's streams are damaged, so its events have none",
        at.offset, first, prefix.last_position());
  }
  for (const auto& run : parts.damaged) {
    const bool one = run.first_ordinal == run.last_ordinal;
    add(finding_kind::event, one ? "an event is damaged" : "events are damaged",
        at.offset + run.frame_offset_bytes, first + run.first_ordinal, first + run.last_ordinal);
  }
  if (!parts.events_hold()) return prefix.event_count;
  return prefix.event_count - static_cast<std::uint32_t>(parts.records.size());
}

/// The chain does not go on here: where may it?
/// @returns false if there is nothing more in this file.
result<bool> verifier::search(walk_state& at) {
  const auto give_up = [&](const error& why) -> result<bool> {
    unreadable(at, why);
    return false;
  };
  if (!at.content_end) {
    auto end = at.window->end_of_content(at.offset);
    if (!end) return give_up(end.error());
    at.content_end = *end;
  }
  if (following_) {
    const bool is_empty = *at.content_end <= at.offset;
    if (is_empty && (at.is_last() || !at.file.header)) return false;
    lose(at, finding_kind::frames, "no valid frame stands where one should");
    suspects_.back().torn_bytes = std::max(*at.content_end, at.offset) - at.offset;
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

void verifier::lose(const walk_state& at, finding_kind kind, std::string detail) {
  note_durable(expected_);
  following_ = false;
  const bool at_header =
      at.offset == first_frame_offset && at.trailer.frames() == 0 && kind != finding_kind::frames;
  suspect& found = suspicion(
      kind, kind == finding_kind::missing_segment ? errc::missing_segment : errc::corrupt_data,
      detail.append(put_back), path_of(at.file.name), at_header ? 0 : at.offset);
  found.open = true;
}

void verifier::resume(std::uint64_t first, std::uint64_t chain) {
  following_ = true;
  has_losses_ = has_losses_ || first > expected_;
  for (suspect& found : suspects_) {
    if (!std::exchange(found.open, false)) continue;
    if (first > expected_) set_positions(found.what, expected_, first - 1);
  }
  totals_.lost_positions += first - expected_;
  expected_ = first;
  chain_ = chain;
}

void verifier::unreadable(const walk_state& at, const error& why) {
  note_durable(expected_);
  following_ = false;
  has_losses_ = true;
  suspect& found = suspicion(finding_kind::unreadable, errc::corrupt_data,
                             "the rest of the segment was not looked at (" + why.message() +
                                 "): find out what is wrong with the disk, and copy the file",
                             path_of(at.file.name), at.offset);
  // A file that another process has just cut is no finding behind what was durable.
  found.certain = !(why == errc::corrupt_data);
  found.open = true;
  found.what.what = error(why.code(), found.what.what.info());
}

void verifier::finish_segment(walk_state& at) {
  totals_.bytes += std::max(end_offset_, first_frame_offset);
  const bool is_whole = following_ && suspects_.size() == at.suspects_before && at.file.header;
  if (!is_whole) return;
  auto flaw = at.trailer.flaw_at(end_offset_, {.header = *at.file.header,
                                               .expected = expected_,
                                               .chain = chain_,
                                               .size_bytes = at.window->size(),
                                               .is_ended = at.next != nullptr});
  totals_.bytes += at.trailer.length();
  if (flaw.empty()) return;
  suspect& found = suspicion(finding_kind::trailer, errc::corrupt_data,
                             flaw +
                                 "; no event is lost, reading does without it: open the store "
                                 "for writing, which seals again what has no trailer, or let "
                                 "repair make a new store",
                             at.window->path(), end_offset_);
  found.certain = true;
}

void verifier::note_durable(std::uint64_t next_position) {
  if (options_.durable != 0 && !cut_ && next_position > options_.durable)
    cut_ = {totals_, suspects_.size(), options_.durable + 1, has_losses_, end_offset_, last_path_};
}

result<void> verifier::report(const walk_state& at) {
  const std::uint64_t done = bytes_done_ + at.offset;
  if (!options_.on_progress || done < next_report_) return {};
  next_report_ = done + report_interval_bytes;
  return options_.on_progress(std::min(done, bytes_total_), bytes_total_);
}

log_verification verifier::conclude() const {
  log_verification found;
  auto whole = judge({totals_, suspects_, expected_, evidence_, end_offset_, end_path()});
  found.totals = whole.totals;
  found.findings = std::move(whole.findings);
  found.torn_bytes = whole.torn_bytes;
  found.evidence = evidence_;
  found.highest_epoch = highest_epoch_;
  found.last_timestamp = last_timestamp_;
  found.has_losses = has_losses_ || whole.has_losses;
  if (options_.durable == 0) return found;
  const std::uint64_t known = std::max(options_.evidence, options_.durable);
  const auto count = static_cast<std::ptrdiff_t>(cut_ ? cut_->suspects : suspects_.size());
  judged_log then{totals_,     {suspects_.begin(), suspects_.begin() + count},
                  expected_,   known,
                  end_offset_, last_path_};
  if (cut_) {
    then.totals = cut_->totals;
    then.expected = cut_->expected;
    then.end_offset = cut_->end_offset;
    if (!cut_->path.empty()) then.path = cut_->path;
  }
  found.at_durable = judge(std::move(then));
  found.at_durable->has_losses =
      found.at_durable->has_losses || (cut_ ? cut_->has_losses : has_losses_);
  return found;
}

}  // namespace

result<log_verification> verify_log(os::directory& log_folder, const format::store_identity& store,
                                    const log_verifier_options& options) {
  return verifier(log_folder, store, options).run();
}

}  // namespace mainstem::log
