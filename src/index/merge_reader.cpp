// SPDX-License-Identifier: Apache-2.0
#include "index/merge_reader.h"
#include "base/mutant.h"

#include <algorithm>

namespace mainstem::index {

result<merged_piece> merge_reader::read(std::size_t budget_events) {
  if (auto opened = open_inputs(); !opened) return opened.error();
  while (true) {
    input* in = next_input();
    if (in == nullptr) {
      close_row();
      piece_.complete = true;
      return std::move(piece_);
    }
    if (in->current->place.stream != merge_.next_stream) {
      close_row();
      if (piece_.events.size() >= budget_events) return std::move(piece_);
      begin_stream(*in->current);
    }
    if (auto taken = take(*in, budget_events); !taken) return taken.error();
    // A row that is full has been closed, so whatever is pending still belongs to this step.
    if (piece_.events.size() >= budget_events && pending() == 0) return std::move(piece_);
  }
}

result<void> merge_reader::open_inputs() {
  for (const run_record& run : merge_.inputs) {
    auto rows = from_.open_cursor(run.home());
    if (!rows) return rows.error();
    inputs_.push_back({run, std::move(*rows), std::nullopt});
    input& in = inputs_.back();
    if (merge_.next_version > 1) {
      if (auto placed = position_within_stream(in); !placed) return placed;
    } else {
      auto first = accept(in, in.rows->seek(entry_key({run.run, merge_.next_stream, 0})));
      if (!first) return first;
    }
  }
  return {};
}

/// To the row that holds the version to go on with; or else to the one behind it.
result<void> merge_reader::position_within_stream(input& in) const {
  const entry_place wanted{in.run.run, merge_.next_stream, merge_.next_version};
  auto behind = in.rows->seek(entry_key(wanted));
  if (!behind) return behind.error();
  if (*behind && parse_entry_key((*behind)->key) == wanted) return accept(in, behind);
  if (auto before = accept(in, in.rows->previous()); !before) return before;
  if (in.current && in.current->place.stream == wanted.stream &&
      in.current->end_version() > wanted.first_version) {
    return {};
  }
  return accept(in, in.rows->seek(entry_key(wanted)));
}

result<void> merge_reader::accept(input& in, const result<std::optional<row>>& found) {
  in.current.reset();
  if (!found) return found.error();
  if (!*found) return {};
  const auto place = parse_entry_key((*found)->key);
  if (!place) return corrupt("the key of a row of events is damaged");
  if (place->run != in.run.run) return {};
  auto row = decode_row(in.run, **found);
  if (!row) return row.error();
  in.current = *row;
  return {};
}

// Of a stream, the inputs have versions in the order of the inputs, so the first one with the
// lowest stream is it.
merge_reader::input* merge_reader::next_input() noexcept {
  input* lowest = nullptr;
  for (input& each : inputs_) {
    if (!each.current) continue;
    if (lowest == nullptr || each.current->place.stream < lowest->current->place.stream) {
      lowest = &each;
    }
  }
  return lowest;
}

void merge_reader::begin_stream(const stream_row& row) noexcept {
  merge_.next_stream = row.place.stream;
  merge_.next_version = row.first_version();
  merge_.previous_flush = row.entry.previous_flush();
}

result<void> merge_reader::take(input& in, std::size_t budget_events) {
  const stream_row& row = *in.current;
  if (row.first_version() > merge_.next_version || row.end_version() <= merge_.next_version) {
    return corrupt("the rows of a stream do not join");
  }
  if (merge_.previous_flush >= merge_.output.low_flush) {
    return corrupt("a stream points into the runs that are being merged");
  }
  while (merge_.next_version < row.end_version()) {
    std::size_t at = merge_.next_version - row.first_version();
    if (MAINSTEM_MUTANT(wrong_version_after_merge))
      at = row.end_version() - 1 - merge_.next_version;
    piece_.events.push_back({row.entry.address(at), row.entry.id_hash(at)});
    ++merge_.next_version;
    if (pending() < events_per_row_) continue;
    close_row();
    if (piece_.events.size() >= budget_events) break;
  }
  if (merge_.next_version < row.end_version()) return {};
  return accept(in, in.rows->next());
}

void merge_reader::close_row() {
  if (pending() == 0) return;
  const entry_place place{merge_.output.run, merge_.next_stream, merge_.next_version - pending()};
  piece_.rows.push_back({place, merge_.previous_flush, row_begin_, piece_.events.size()});
  row_begin_ = piece_.events.size();
}

}  // namespace mainstem::index
