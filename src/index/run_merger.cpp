// SPDX-License-Identifier: Apache-2.0
#include "index/run_merger.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "index/merge_reader.h"
#include "index/run_table.h"
#include "index/stream_lookup.h"

namespace mainstem::index {
namespace {

// Erasing a row costs about as much as merging this many events.
constexpr std::size_t events_per_erased_row = 4;

result<std::optional<merge_record>> read_merge(read_transaction& from) {
  auto value = from.get(table::meta, merge_key());
  if (!value) return value.error();
  if (!*value) return std::optional<merge_record>{};
  auto merge = decode_merge(**value);
  if (!merge) return merge.error();
  return std::optional<merge_record>{std::move(*merge)};
}

merge_record begin_merge(std::span<const run_record> inputs, index_state& state) {
  merge_record merge;
  merge.inputs.assign(inputs.begin(), inputs.end());
  merge.output = {.run = ++state.last_run,
                  .low_flush = inputs.front().low_flush,
                  .high_flush = inputs.back().high_flush,
                  .tier = inputs.front().tier + 1};
  return merge;
}

result<void> write_merge(write_transaction& in, const merge_record& merge) {
  value_bytes value;
  encode_merge(merge, value);
  return in.put(table::meta, merge_key(), value, false);
}

result<void> write_state(write_transaction& in, const index_state& state) {
  value_bytes value;
  encode_state(state, value);
  return in.put(table::meta, state_key(), value, false);
}

result<void> write_piece(write_transaction& in, const merge_record& merge,
                         const merged_piece& piece) {
  value_bytes value;
  const std::span<const indexed_event> events(piece.events);
  for (const merged_row& row : piece.rows) {
    const auto own = events.subspan(row.events_begin, row.events_end - row.events_begin);
    encode_entry(merge.output.home(), row.place, row.previous_flush, own, value);
    auto put = in.put(merge.output.home(), entry_key(row.place), value, true);
    if (!put) return put;
  }
  return {};
}

result<void> exchange_runs(write_transaction& in, const merge_record& merge) {
  for (const run_record& input : merge.inputs) {
    if (auto erased = in.erase(table::runs, run_key(input.run)); !erased) return erased;
  }
  value_bytes value;
  encode_run(merge.output, value);
  return in.put(table::runs, run_key(merge.output.run), value, false);
}

std::uint64_t events_of(std::span<const run_record> runs) noexcept {
  std::uint64_t events = 0;
  for (const run_record& run : runs) events += run.events;
  return events;
}

/// Appends the keys of up to `limit` rows of the run to `keys`; answers whether these are all.
result<bool> list_rows(read_transaction& from, const run_record& run, std::size_t limit,
                       std::vector<entry_key_bytes>& keys) {
  auto rows = from.open_cursor(run.home());
  if (!rows) return rows.error();
  auto each = (*rows)->seek(entry_key({run.run, 0, 0}));
  for (; each && *each; each = (*rows)->next()) {
    const auto place = parse_entry_key((*each)->key);
    if (!place) return corrupt("the key of a row of events is damaged");
    if (place->run != run.run) return true;
    if (keys.size() == limit) return false;
    keys.push_back(entry_key(*place));
  }
  if (!each) return each.error();
  return true;
}

}  // namespace

result<bool> run_merger::step(std::size_t budget_events) {
  auto reading = environment_.begin_read();
  if (!reading) return reading.error();
  auto state = read_state(**reading);
  if (!state) return state.error();
  auto runs = run_table::load(**reading, *state);
  if (!runs) return runs.error();
  auto merge = read_merge(**reading);
  if (!merge) return merge.error();

  if (*merge && (*merge)->doing == merge_record::phase::deleting) {
    const std::size_t budget_rows = std::max<std::size_t>(budget_events / events_per_erased_row, 1);
    auto erased = erase_old(**reading, **merge, budget_rows);
    if (!erased) return erased.error();
    return !(*merge)->inputs.empty() || !runs->next_merge(options_.merge_fanout).empty();
  }
  if (!*merge) {
    const auto inputs = runs->next_merge(options_.merge_fanout);
    if (inputs.empty()) return false;
    if (state->last_run == std::numeric_limits<std::uint32_t>::max()) {
      return corrupt("no number is left for a run");
    }
    *merge = begin_merge(inputs, *state);
  }
  auto built = build(**reading, *state, **merge, std::max<std::size_t>(budget_events, 1));
  if (!built) return built.error();
  return true;
}

result<void> run_merger::build(read_transaction& from, index_state& state, merge_record& merge,
                               std::size_t budget_events) {
  auto piece = merge_reader(from, merge, options_.events_per_row).read(budget_events);
  if (!piece) return piece.error();
  merge.output.events += piece->events.size();
  if (piece->complete && merge.output.events != events_of(merge.inputs)) {
    return corrupt("rows of the runs that are being merged are missing");
  }

  auto writing = environment_.begin_write();
  if (!writing) return writing.error();
  if (auto put = write_piece(**writing, merge, *piece); !put) return put;
  if (piece->complete) {
    if (auto exchanged = exchange_runs(**writing, merge); !exchanged) return exchanged;
    merge.doing = merge_record::phase::deleting;
    ++state.generation;
  }
  if (auto put = write_merge(**writing, merge); !put) return put;
  if (auto put = write_state(**writing, state); !put) return put;
  return (*writing)->commit();
}

result<void> run_merger::erase_old(read_transaction& from, merge_record& merge,
                                   std::size_t budget_rows) {
  auto writing = environment_.begin_write();
  if (!writing) return writing.error();
  std::vector<entry_key_bytes> keys;
  while (!merge.inputs.empty() && budget_rows > 0) {
    const run_record run = merge.inputs.front();
    keys.clear();
    auto all = list_rows(from, run, budget_rows, keys);
    if (!all) return all.error();
    for (const entry_key_bytes& key : keys) {
      if (auto erased = (*writing)->erase(run.home(), key); !erased) return erased;
    }
    budget_rows -= keys.size();
    if (*all) merge.inputs.erase(merge.inputs.begin());
  }
  if (merge.inputs.empty()) {
    if (auto erased = (*writing)->erase(table::meta, merge_key()); !erased) return erased;
  } else if (auto put = write_merge(**writing, merge); !put) {
    return put;
  }
  return (*writing)->commit();
}

}  // namespace mainstem::index
