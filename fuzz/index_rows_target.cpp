// SPDX-License-Identifier: Apache-2.0
#include "index/index_rows.h"

#include <algorithm>

#include "base/checksum.h"
#include "parts.h"

namespace mainstem::fuzz {
namespace {

using namespace index;

enum class kind : std::uint8_t { state, merge, name, head, run, entry, merged_entry };
constexpr std::uint8_t kinds = 7;

table table_of(kind which) noexcept {
  switch (which) {
    case kind::state:
    case kind::merge: return table::meta;
    case kind::name: return table::names;
    case kind::head: return table::heads;
    case kind::run: return table::runs;
    case kind::entry: return table::entries;
    case kind::merged_entry: break;
  }
  return table::merged;
}

void reseal(kind which, byte_span key, std::span<std::byte> value) {
  if (value.size() < 8) return;
  const auto seed = checksum64(key, static_cast<std::uint64_t>(table_of(which)) + 1);
  store_at(value.data(), checksum64(value.subspan(8), seed));
}

void expect_same(byte_span read, const value_bytes& again) {
  require(std::ranges::equal(read, again), "a row is encoded to the same bytes");
}

void check_entry(table home, byte_span key, byte_span value) {
  const auto read = decode_entry(home, key, value);
  if (!read) return;
  std::vector<indexed_event> events(read->count());
  for (std::size_t i = 0; i < events.size(); ++i) events[i] = {read->address(i), read->id_hash(i)};
  const auto place = parse_entry_key(key);
  if (!place) return;
  value_bytes again;
  encode_entry(home, *place, read->previous_flush(), events, again);
  require(again.size() == value.size(), "a row of events is encoded to the same size");
  const auto reread = decode_entry(home, entry_key(*place), again);
  require(reread && reread->count() == read->count() &&
              reread->previous_flush() == read->previous_flush(),
          "a row of events is read as it was written");
  for (std::size_t i = 0; i < events.size(); ++i)
    require(reread->address(i) == events[i].address && reread->id_hash(i) == events[i].id_hash,
            "an event in a row is read as it was written");
}

void check_row(kind which, byte_span key, byte_span value) {
  value_bytes again;
  switch (which) {
    case kind::state:
      if (const auto read = decode_state(value)) {
        encode_state(*read, again);
        expect_same(value, again);
      }
      break;
    case kind::merge:
      if (const auto read = decode_merge(value)) {
        encode_merge(*read, again);
        expect_same(value, again);
      }
      break;
    case kind::name:
      if (const auto read = decode_name(key, value)) {
        encode_name(as_text(key), *read, again);
        expect_same(value, again);
      }
      break;
    case kind::head: {
      const std::uint64_t number = input(key).take<std::uint64_t>() & largest_48_bits;
      if (const auto read = decode_head(number, value)) {
        encode_head(*read, again);
        expect_same(value, again);
      }
      break;
    }
    case kind::run:
      if (const auto read = decode_run(key, value)) {
        encode_run(*read, again);
        expect_same(value, again);
      }
      break;
    case kind::entry:
    case kind::merged_entry: check_entry(table_of(which), key, value); break;
  }
}

/// The key that the checksum of such a row begins with.
byte_vector key_of(kind which, byte_span given) {
  const auto copy = [](const auto& from) { return byte_vector(from.begin(), from.end()); };
  if (which == kind::state) return copy(state_key());
  if (which == kind::merge) return copy(merge_key());
  if (which == kind::head)
    return copy(head_key(input(given).take<std::uint64_t>() & largest_48_bits));
  return copy(given);
}

void run(byte_span bytes) {
  input from(bytes);
  const auto which = static_cast<kind>(from.take<std::uint8_t>() % kinds);
  const bool resealed = from.flag();
  const auto given = from.take_short();
  byte_vector value(from.rest().begin(), from.rest().end());
  const auto key = key_of(which, given);
  if (resealed) reseal(which, key, value);
  check_row(which, which == kind::head ? given : byte_span(key), value);
}

void add_seed(std::vector<byte_vector>& all, kind which, byte_span key, byte_span value) {
  for (const std::uint8_t resealed : {std::uint8_t{0}, std::uint8_t{1}}) {
    all.push_back(output()
                      .add(static_cast<std::uint8_t>(which))
                      .add(resealed)
                      .add_short(key)
                      .add_bytes(value)
                      .take());
  }
}

std::vector<byte_vector> seeds() {
  std::vector<byte_vector> all;
  value_bytes value;
  encode_state({.store_id = uuid_of(1),
                .generation = 3,
                .streams = 4,
                .flushes = 2,
                .last_run = 2,
                .flushed = {.last = position(9), .segment = 2, .offset_bytes = 512, .chain = 5}},
               value);
  add_seed(all, kind::state, {}, value);
  const run_record one{.run = 1, .low_flush = 1, .high_flush = 1, .tier = 0, .events = 5};
  const run_record both{.run = 3, .low_flush = 1, .high_flush = 2, .tier = 1, .events = 9};
  merge_record merge;
  merge.output = both;
  merge.inputs = {one, {.run = 2, .low_flush = 2, .high_flush = 2, .tier = 0, .events = 4}};
  encode_merge(merge, value);
  add_seed(all, kind::merge, {}, value);
  encode_name("order-42", 7, value);
  add_seed(all, kind::name, as_bytes("order-42"), value);
  encode_head(
      {.number = 7, .last_version = version(3), .last_position = position(9), .last_flush = 2},
      value);
  add_seed(all, kind::head, output().add(std::uint64_t{7}).take(), value);
  encode_run(both, value);
  add_seed(all, kind::run, run_key(3), value);
  const entry_place place{.run = 1, .stream = 7, .first_version = 1};
  const indexed_event events[] = {{{1, 256}, 11}, {{1, 512}, 12}, {{2, 256}, 13}};
  for (const kind which : {kind::entry, kind::merged_entry}) {
    encode_entry(table_of(which), place, 0, events, value);
    add_seed(all, which, entry_key(place), value);
  }
  return all;
}

}  // namespace

extern const target index_rows_target;
const target index_rows_target{"index_rows", run, seeds};

}  // namespace mainstem::fuzz
