// SPDX-License-Identifier: Apache-2.0
#include "index/index_snapshot.h"

#include <algorithm>

#include "index/row_finder.h"
#include "index/stream_lookup.h"

namespace mainstem::index {
namespace {

struct found_row {
  run_record run;
  stream_row row;
};

error broken_chain() { return corrupt("the rows of a stream do not join"); }

/// Follows the stream from its newest run back to the one that has version `from`. Answers, newest
/// first, for each run on the way that has versions below `end`, its first row that is of interest.
result<std::vector<found_row>> descend(row_finder& finder, const run_table& runs,
                                       const stream_head& head, std::uint64_t from,
                                       std::uint64_t end) {
  std::vector<found_row> path;
  std::uint32_t flush = head.last_flush;
  while (true) {
    auto run = runs.find(flush);
    if (!run) return run.error();
    auto row = finder.at_or_first(*run, head.number, from);
    if (!row) return row.error();
    if (row->first_version() < end) path.push_back({*run, *row});
    if (row->first_version() <= from) return path;
    const std::uint32_t previous = row->entry.previous_flush();
    // A row that leads to itself or onwards would be followed for ever.
    if (previous == 0 || previous >= flush) return broken_chain();
    flush = previous;
  }
}

/// Hands the events [from, end) to `take(row, first index, last index + 1)`, oldest first.
template <class Take>
result<void> visit(row_finder& finder, const run_table& runs, const stream_head& head,
                   std::uint64_t from, std::uint64_t end, const Take& take) {
  auto path = descend(finder, runs, head, from, end);
  if (!path) return path.error();
  std::uint64_t next = from;
  while (!path->empty()) {
    auto [run, row] = path->back();
    path->pop_back();
    while (true) {
      if (row.first_version() > next || row.end_version() <= next) return broken_chain();
      const std::uint64_t until = std::min(row.end_version(), end);
      take(row.entry, next - row.first_version(), until - row.first_version());
      next = until;
      if (next == end) return {};
      if (!path->empty() && path->back().row.first_version() == next) break;
      auto following = finder.at_or_first(run, head.number, next);
      if (!following) return following.error();
      row = *following;
    }
  }
  return broken_chain();
}

struct range {
  std::uint64_t from;
  std::uint64_t end;
};

range wanted(const stream_head& head, version first, std::size_t limit) noexcept {
  const std::uint64_t from = std::max<std::uint64_t>(first.value(), 1);
  const std::uint64_t end = head.last_version.value() + 1;
  if (from >= end) return {end, end};
  return {from, from + std::min<std::uint64_t>(limit, end - from)};
}

template <class Event, class Make>
result<void> collect(row_finder& finder, const run_table& runs, const stream_head& head,
                     range versions, std::vector<Event>& into, const Make& make) {
  if (versions.from == versions.end) return {};
  const std::size_t before = into.size();
  const auto copy = [&](const entry_view& entry, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t at = begin; at < end; ++at) into.push_back(make(entry, at));
  };
  auto visited = visit(finder, runs, head, versions.from, versions.end, copy);
  if (!visited) into.resize(before);
  return visited;
}

}  // namespace

result<std::optional<stream_head>> index_snapshot::head(std::string_view stream) const {
  using answer = std::optional<stream_head>;
  stream_lookup lookup(*shared_->transaction);
  auto number = lookup.number(shared_->state, stream);
  if (!number) return number.error();
  if (!*number) return answer{};
  auto head = lookup.head(shared_->state, **number);
  if (!head) return head.error();
  return answer{*head};
}

result<stream_head> index_snapshot::head_of(std::uint64_t number) const {
  return stream_lookup(*shared_->transaction).head(shared_->state, number);
}

result<void> index_snapshot::addresses(const stream_head& head, version first, std::size_t limit,
                                       std::vector<event_address>& into) const {
  row_finder finder(*shared_->transaction);
  return collect(finder, *shared_->runs, head, wanted(head, first, limit), into,
                 [](const entry_view& entry, std::size_t at) { return entry.address(at); });
}

result<void> index_snapshot::events(const stream_head& head, version first, std::size_t limit,
                                    std::vector<indexed_event>& into) const {
  row_finder finder(*shared_->transaction);
  return collect(finder, *shared_->runs, head, wanted(head, first, limit), into,
                 [](const entry_view& entry, std::size_t at) {
                   return indexed_event{entry.address(at), entry.id_hash(at)};
                 });
}

result<void> index_snapshot::find_id(const stream_head& head, std::uint32_t id_hash,
                                     std::vector<found_event>& into) const {
  row_finder finder(*shared_->transaction);
  std::vector<found_event> found;
  std::uint64_t end = head.last_version.value() + 1;
  std::uint32_t flush = head.last_flush;
  while (flush != 0) {
    auto run = shared_->runs->find(flush);
    if (!run) return run.error();
    auto first = finder.last(*run, head.number);
    if (!first) return first.error();
    std::optional<stream_row> row = *first;
    while (row) {
      if (row->end_version() != end) return broken_chain();
      for (std::uint32_t at = row->entry.count(); at-- > 0;) {
        if (row->entry.id_hash(at) != id_hash) continue;
        found.push_back({version(row->first_version() + at), row->entry.address(at)});
      }
      end = row->first_version();
      flush = row->entry.previous_flush();
      auto before = finder.previous(*run, head.number);
      if (!before) return before.error();
      row = *before;
    }
  }
  if (end != 1) return broken_chain();
  into.insert(into.end(), found.begin(), found.end());
  return {};
}

}  // namespace mainstem::index
