// SPDX-License-Identifier: Apache-2.0
#include "index/canonical_digest.h"

#include <unordered_set>
#include <vector>

namespace mainstem::index {
namespace {

result<stream_summary> summary_of(const index_snapshot& snapshot, const stream_head& head,
                                  std::vector<indexed_event>& events) {
  constexpr std::size_t events_at_once = 65536;
  stream_summary summary{head.last_version.value(), head.last_position.value(), {}};
  const std::uint64_t end = head.last_version.value() + 1;
  for (std::uint64_t next = 1; next < end; next += events.size()) {
    events.clear();
    auto read = snapshot.events(head, version(next), events_at_once, events);
    if (!read) return read.error();
    for (const indexed_event& event : events) summary.events.add(event);
  }
  return summary;
}

}  // namespace

void index_digest::add(std::string_view stream, const stream_summary& summary) noexcept {
  std::byte numbers[3 * sizeof(std::uint64_t)];
  store_at(numbers, summary.last_version);
  store_at(numbers + sizeof(std::uint64_t), summary.last_position);
  store_at(numbers + 2 * sizeof(std::uint64_t), summary.events.value());
  value_ = checksum64(as_bytes(stream), value_);
  value_ = checksum64(numbers, value_);
  ++streams_;
}

std::uint64_t index_digest::value() const noexcept {
  std::byte count[sizeof(std::uint64_t)];
  store_at(count, streams_);
  return checksum64(count, value_);
}

result<void> summarize(
    const index_snapshot& snapshot,
    const std::function<result<void>(std::string_view stream, const stream_summary&)>& handle) {
  auto names = snapshot.shared_->transaction->open_cursor(table::names);
  if (!names) return names.error();
  std::unordered_set<std::uint64_t> numbers;
  std::vector<indexed_event> buffer;
  std::uint64_t events = 0;
  const std::byte lowest{};
  auto each = (*names)->seek({&lowest, 1});
  for (; each && *each; each = (*names)->next()) {
    auto number = decode_name((*each)->key, (*each)->value);
    if (!number) return number.error();
    if (*number > snapshot.streams() || !numbers.insert(*number).second) {
      return corrupt("two streams have one number");
    }
    auto head = snapshot.head_of(*number);
    if (!head) return head.error();
    auto summary = summary_of(snapshot, *head, buffer);
    if (!summary) return summary.error();
    if (auto handled = handle(as_text((*each)->key), *summary); !handled) return handled;
    events += head->last_version.value();
  }
  if (!each) return each.error();
  if (numbers.size() != snapshot.streams()) return corrupt("the names of streams are missing");
  for (const run_record& run : snapshot.shared_->runs->runs()) events -= run.events;
  if (events != 0) return corrupt("the runs have more or fewer events than the streams");
  return {};
}

result<std::uint64_t> canonical_digest(const index_snapshot& snapshot) {
  index_digest all;
  auto summarized = summarize(
      snapshot, [&all](std::string_view stream, const stream_summary& summary) -> result<void> {
        all.add(stream, summary);
        return {};
      });
  if (!summarized) return summarized.error();
  return all.value();
}

}  // namespace mainstem::index
