// SPDX-License-Identifier: Apache-2.0
#include "support/store_model.h"

#include <algorithm>

namespace mainstem::test_support {
namespace {

bool is_same_write(const append_request::stream_write& left,
                   const append_request::stream_write& right) {
  return left.stream == right.stream &&
         std::equal(left.events.begin(), left.events.end(), right.events.begin(),
                    right.events.end(), is_same_event);
}

bool is_same_place(const append_outcome::commit_place& left,
                   const append_outcome::commit_place& right) {
  return left.first_position == right.first_position && left.last_position == right.last_position &&
         std::equal(left.streams.begin(), left.streams.end(), right.streams.begin(),
                    right.streams.end(), [](const auto& a, const auto& b) {
                      return a.stream == b.stream && a.version == b.version;
                    });
}

}  // namespace

bool is_same_event(const event_data& left, const event_data& right) {
  return left.id() == right.id() && left.type() == right.type() && left.codec() == right.codec() &&
         std::ranges::equal(left.payload(), right.payload()) &&
         std::ranges::equal(left.metadata(), right.metadata()) && left.tags() == right.tags();
}

bool is_same_outcome(const append_outcome& left, const append_outcome& right) {
  if (left.value().index() != right.value().index()) return false;
  if (left.succeeded()) return is_same_place(*left.place(), *right.place());
  if (const auto* duplicate = left.partial_duplicate()) {
    return duplicate->stream == right.partial_duplicate()->stream &&
           duplicate->id == right.partial_duplicate()->id;
  }
  if (const auto* conflict = left.version_conflict()) {
    const auto& other = *right.version_conflict();
    return conflict->stream == other.stream && conflict->expected == other.expected &&
           conflict->actual == other.actual;
  }
  return false;
}

const store_model::stored_event* store_model::find(std::string_view stream,
                                                   const event_id& id) const {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return nullptr;
  for (const std::uint64_t position : found->second) {
    if (at(position).event.id() == id) return &at(position);
  }
  return nullptr;
}

std::optional<store_model::verdict> store_model::judge_duplicates(
    const append_request& request) const {
  for (const auto& write : request.writes()) {
    for (const event_data& event : write.events) {
      const stored_event* stored = find(write.stream.str(), event.id());
      if (stored == nullptr) continue;
      const commit& earlier = commits_[stored->commit];
      const auto& before = earlier.request.writes();
      const auto& now = request.writes();
      if (!std::equal(before.begin(), before.end(), now.begin(), now.end(), is_same_write)) {
        return verdict{
            append_outcome(append_outcome::partial_duplicate_t{write.stream.str(), event.id()}),
            earlier.last};
      }
      append_outcome::already_committed_t place;
      place.first_position = position(earlier.first);
      place.last_position = position(earlier.last);
      std::uint64_t end = earlier.first - 1;
      for (const auto& each : before) {
        end += each.events.size();
        place.streams.push_back({each.stream.str(), version(at(end).version)});
      }
      return verdict{append_outcome(std::move(place)), earlier.last};
    }
  }
  return std::nullopt;
}

store_model::verdict store_model::judge(const append_request& request) const {
  if (auto duplicate = judge_duplicates(request)) return *duplicate;
  std::uint64_t rests_on = 0;
  std::optional<verdict> conflict;
  const auto check = [&](const stream_name& stream, const expected_version& expected) {
    const stream_info now = info_of(stream.str(), last());
    if (!expected.holds_for(now.version)) {
      conflict = verdict{
          append_outcome(append_outcome::version_conflict_t{stream.str(), expected, now.version}),
          now.last_position.value()};
    }
    rests_on = std::max(rests_on, now.last_position.value());
    return !conflict;
  };
  for (const auto& write : request.writes()) {
    if (!check(write.stream, write.expected)) return *conflict;
  }
  for (const auto& required : request.requirements()) {
    if (!check(required.stream, required.expected)) return *conflict;
  }

  append_outcome::committed_t place;
  if (request.writes().empty()) return {append_outcome(std::move(place)), rests_on};
  std::uint64_t end = last();
  place.first_position = position(end + 1);
  for (const auto& write : request.writes()) {
    end += write.events.size();
    const std::uint64_t before = info_of(write.stream.str(), last()).version.value();
    place.streams.push_back({write.stream.str(), version(before + write.events.size())});
  }
  place.last_position = position(end);
  return {append_outcome(std::move(place)), end};
}

void store_model::accept(const append_request& request) {
  const std::uint64_t first = last() + 1;
  for (const auto& write : request.writes()) {
    auto& stream = streams_[write.stream.str()];
    for (const event_data& event : write.events) {
      log_.push_back({write.stream.str(), stream.size() + 1, event, commits_.size()});
      stream.push_back(last());
    }
  }
  commits_.push_back({request, first, last()});
}

void store_model::acknowledge(std::uint64_t last, bool synced) noexcept {
  written_ = std::max(written_, last);
  if (synced) synced_ = std::max(synced_, last);
}

void store_model::recovered(std::uint64_t last) {
  log_.erase(log_.begin() + static_cast<std::ptrdiff_t>(last), log_.end());
  std::erase_if(commits_, [last](const commit& each) { return each.last > last; });
  for (auto& [name, positions] : streams_) {
    std::erase_if(positions, [last](std::uint64_t position) { return position > last; });
  }
  std::erase_if(streams_, [](const auto& stream) { return stream.second.empty(); });
  synced_ = written_ = last;
}

bool store_model::may_be_checkpoint(const std::string& consumer,
                                    std::optional<std::uint64_t> found) const {
  const auto known = checkpoints_.find(consumer);
  if (known == checkpoints_.end()) return !found;
  const auto& [saved, begun] = known->second;
  return found == saved || (found && std::ranges::count(begun, *found) != 0);
}

std::vector<std::string> store_model::consumers() const {
  std::vector<std::string> names;
  for (const auto& [name, checkpoint] : checkpoints_) names.push_back(name);
  return names;
}

bool store_model::is_boundary(std::uint64_t last) const {
  if (last == 0 || last == log_.size()) return last <= log_.size();
  return last < log_.size() && at(last).commit != at(last + 1).commit;
}

std::vector<std::uint64_t> store_model::stream(std::string_view name, std::uint64_t last) const {
  std::vector<std::uint64_t> positions;
  const auto found = streams_.find(name);
  if (found == streams_.end()) return positions;
  for (const std::uint64_t position : found->second) {
    if (position <= last) positions.push_back(position);
  }
  return positions;
}

stream_info store_model::info_of(std::string_view name, std::uint64_t last) const {
  const auto found = streams_.find(name);
  if (found == streams_.end()) return {};
  const auto& positions = found->second;
  const auto end = std::upper_bound(positions.begin(), positions.end(), last);
  if (end == positions.begin()) return {};
  return {version(static_cast<std::uint64_t>(end - positions.begin())), position(*(end - 1))};
}

}  // namespace mainstem::test_support
