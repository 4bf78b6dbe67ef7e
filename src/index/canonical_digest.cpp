// SPDX-License-Identifier: Apache-2.0
#include "index/canonical_digest.h"

#include <unordered_set>
#include <vector>

#include "base/bytes.h"
#include "base/checksum.h"

namespace mainstem::index {
namespace {

class digest {
 public:
  void add(bytes_view bytes) noexcept { value_ = checksum64(bytes, value_); }
  void add(std::uint64_t number) noexcept {
    std::byte bytes[sizeof(number)];
    store_at(bytes, number);
    add(bytes_view(bytes));
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0;
};

result<void> add_stream(const index_snapshot& snapshot, const stream_head& head, digest& into) {
  constexpr std::size_t events_at_once = 65536;
  std::vector<indexed_event> events;
  const std::uint64_t end = head.last_version.value() + 1;
  for (std::uint64_t next = 1; next < end; next += events.size()) {
    events.clear();
    auto read = snapshot.events(head, version(next), events_at_once, events);
    if (!read) return read;
    for (const indexed_event& event : events) {
      into.add(event.address.packed());
      into.add(event.id_hash);
    }
  }
  return {};
}

}  // namespace

result<std::uint64_t> canonical_digest(const index_snapshot& snapshot) {
  auto names = snapshot.shared_->transaction->open_cursor(table::names);
  if (!names) return names.error();
  digest all;
  std::unordered_set<std::uint64_t> numbers;
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
    all.add((*each)->key);
    all.add(head->last_version.value());
    all.add(head->last_position.value());
    if (auto added = add_stream(snapshot, *head, all); !added) return added.error();
    events += head->last_version.value();
  }
  if (!each) return each.error();
  if (numbers.size() != snapshot.streams()) return corrupt("the names of streams are missing");
  for (const run_record& run : snapshot.shared_->runs->runs()) events -= run.events;
  if (events != 0) return corrupt("the runs have more or fewer events than the streams");
  all.add(numbers.size());
  return all.value();
}

}  // namespace mainstem::index
