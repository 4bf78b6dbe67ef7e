// SPDX-License-Identifier: Apache-2.0
#include "log/verification_ledger.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/advice.h"
#include "base/bytes.h"
#include "base/checksum.h"

namespace mainstem::log {
namespace {

/// What is known when everything was read; or when what had been durable was.
struct judged_log {
  log_totals totals;
  std::vector<suspect> suspects;
  std::uint64_t expected = 0;
  std::uint64_t evidence = 0;
  std::uint64_t end_offset = 0;
  std::string path;
};

void judge_end(judged_log& state, log_verification::part& found) {
  if (state.evidence < state.expected) return;
  state.totals.lost_positions += state.evidence - state.expected + 1;
  found.has_losses = true;
  bool explained = false;
  for (suspect& each : state.suspects) {
    if (!each.open) continue;
    set_positions(each.what, each.expected, state.evidence);
    explained = true;
  }
  if (explained) return;
  suspect end;
  end.what = {finding_kind::lost_events,
              error(errc::store_damaged,
                    error_info{.detail = advised("the log ends here, but more had been durable"),
                               .path = state.path,
                               .offset = state.end_offset})};
  set_positions(end.what, state.expected, state.evidence);
  state.suspects.push_back(std::move(end));
}

/// Tells damage from a torn end, by what is known to have been durable.
log_verification::part judge(judged_log state) {
  log_verification::part found;
  const auto torn = std::ranges::find_if(state.suspects, [&state](const suspect& each) {
    return !each.certain && each.expected > state.evidence;
  });
  if (torn != state.suspects.end()) {
    state.totals = torn->before;
    state.expected = torn->expected;
    found.torn_bytes = torn->torn_bytes;
    state.suspects.erase(std::remove_if(torn, state.suspects.end(),
                                        [](const suspect& each) { return !each.certain; }),
                         state.suspects.end());
  }
  judge_end(state, found);
  for (suspect& each : state.suspects) found.findings.push_back(std::move(each.what));
  found.totals = state.totals;
  return found;
}

std::uint64_t add_to_digest(std::uint64_t digest, const format::frame_prefix& commit) noexcept {
  const std::uint64_t parts[] = {commit.first_position, commit.event_count, commit.timestamp,
                                 commit.versions_digest, commit.body_digest};
  return checksum64(std::as_bytes(std::span(parts)), digest);
}

}  // namespace

void set_positions(finding& of, std::uint64_t first, std::uint64_t last) {
  error_info info = of.what.info();
  info.first_position = first;
  info.last_position = last;
  of.what = error(of.what.code(), std::move(info));
}

verification_ledger::verification_ledger(const log_verifier_options& options)
    : options_(options), evidence_(options.evidence) {
  totals_.digest = options.digest;
  totals_.digest_up_to = options.digest_behind;
}

void verification_ledger::enter_segment(const std::string& path) {
  ++totals_.segments;
  last_path_ = path;
  end_offset_ = format::segment_header_layout::size;
}

void verification_ledger::add_commit(const format::frame_prefix& prefix, std::uint32_t lost,
                                     bool is_intact) {
  totals_.lost_positions += lost;
  totals_.events += prefix.event_count - lost;
  if (lost == prefix.event_count) return;
  if (totals_.first_position == 0) totals_.first_position = prefix.first_position;
  totals_.last_position = prefix.last_position();
  if (!is_intact) return;
  ++totals_.commits;
  if (prefix.first_position > options_.digest_behind &&
      prefix.last_position() <= options_.digest_up_to) {
    totals_.digest = add_to_digest(totals_.digest, prefix);
    totals_.digest_up_to = prefix.last_position();
  }
}

void verification_ledger::reach(std::uint64_t position, std::uint64_t end_offset) noexcept {
  expected_ = position;
  end_offset_ = end_offset;
}

void verification_ledger::pass_durable(std::uint64_t next_position) {
  if (options_.durable != 0 && !cut_ && next_position > options_.durable)
    cut_ = {totals_, suspects_.size(), options_.durable + 1, has_losses_, end_offset_, last_path_};
}

suspect& verification_ledger::add(finding_kind kind, errc code, std::string detail, place where) {
  suspect found;
  found.what = {kind, error(code, error_info{.detail = std::move(detail),
                                             .path = std::move(where.path),
                                             .offset = where.offset})};
  found.expected = expected_;
  found.before = totals_;
  return suspects_.emplace_back(std::move(found));
}

void verification_ledger::add_parts(const format::frame_prefix& prefix, finding_kind kind,
                                    std::string_view detail, place where, std::uint64_t first,
                                    std::uint64_t last) {
  suspect& found = add(kind, errc::corrupt_data, advised(detail), std::move(where));
  found.torn_bytes = prefix.length;
  set_positions(found.what, first, last);
}

suspect& verification_ledger::add_missing(finding_kind kind, errc code, std::string_view detail,
                                          place where) {
  suspect& found = add(kind, code, advised(detail), std::move(where));
  missing_ = suspects_.size() - 1;
  return found;
}

void verification_ledger::set_missing_before(std::uint64_t first) {
  if (missing_ && first > expected_) set_positions(suspects_[*missing_].what, expected_, first - 1);
}

suspect& verification_ledger::lose(finding_kind kind, std::string_view detail, place where) {
  pass_durable(expected_);
  following_ = false;
  const errc code =
      kind == finding_kind::missing_segment ? errc::missing_segment : errc::corrupt_data;
  suspect& found = add(kind, code, advised(detail), std::move(where));
  found.open = true;
  return found;
}

void verification_ledger::resume(std::uint64_t first) {
  following_ = true;
  has_losses_ = has_losses_ || first > expected_;
  for (suspect& found : suspects_) {
    if (!std::exchange(found.open, false)) continue;
    if (first > expected_) set_positions(found.what, expected_, first - 1);
  }
  totals_.lost_positions += first - expected_;
  expected_ = first;
}

void verification_ledger::make_certain() noexcept {
  for (suspect& each : suspects_) each.certain = true;
}

void verification_ledger::unreadable(const error& why, place where) {
  pass_durable(expected_);
  following_ = false;
  has_losses_ = true;
  suspect& found = add(finding_kind::unreadable, errc::corrupt_data,
                       "the rest of the segment was not looked at (" + why.message() +
                           "): find out what is wrong with the disk, and copy the file",
                       std::move(where));
  // A file that another process has just cut is no finding behind what was durable.
  found.certain = !(why == errc::corrupt_data);
  found.open = true;
  found.what.what = error(why.code(), found.what.what.info());
}

log_verification verification_ledger::conclude(const std::string& folder) const {
  log_verification found;
  auto whole = judge({totals_, suspects_, expected_, evidence_, end_offset_,
                      last_path_.empty() ? folder : last_path_});
  found.totals = whole.totals;
  found.findings = std::move(whole.findings);
  found.torn_bytes = whole.torn_bytes;
  found.evidence = evidence_;
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

}  // namespace mainstem::log
