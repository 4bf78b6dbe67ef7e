// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <mainstem/error.h>

#include "index/environment.h"
#include "index/index_rows.h"
#include "index/row_finder.h"

namespace mainstem::index {

/// A row that a merge is to write.
struct merged_row {
  entry_place place;
  std::uint32_t previous_flush = 0;
  std::vector<indexed_event>::size_type events_begin = 0;
  std::vector<indexed_event>::size_type events_end = 0;
};

/// What one step of a merge has read, in the order in which it is to be written.
struct merged_piece {
  std::vector<merged_row> rows;
  std::vector<indexed_event> events;
  bool complete = false;  ///< The inputs have come to their ends.
};

/// Reads the inputs of a merge side by side: streams in ascending order, and of each stream the
/// versions. Checks that they join.
class merge_reader {
 public:
  merge_reader(read_transaction& from, merge_record& merge, std::uint32_t events_per_row)
      : from_(from), merge_(merge), events_per_row_(events_per_row) {}

  /// Goes on where `merge` says, and leaves there where it stopped: after `budget_events`, with the
  /// row that it was at filled up.
  [[nodiscard]] result<merged_piece> read(std::size_t budget_events);

 private:
  struct input {
    run_record run;
    std::unique_ptr<cursor> rows;
    std::optional<stream_row> current;
  };
  [[nodiscard]] result<void> open_inputs();
  [[nodiscard]] result<void> position_within_stream(input& in) const;
  [[nodiscard]] static result<void> accept(input& in, const result<std::optional<row>>& found);
  /// The one whose row comes next; nothing at the end.
  [[nodiscard]] input* next_input() noexcept;
  [[nodiscard]] result<void> take(input& in, std::size_t budget_events);
  void begin_stream(const stream_row& row) noexcept;
  void close_row();
  [[nodiscard]] std::size_t pending() const noexcept { return piece_.events.size() - row_begin_; }

  read_transaction& from_;
  merge_record& merge_;
  std::uint32_t events_per_row_;
  std::vector<input> inputs_;
  merged_piece piece_;
  std::size_t row_begin_ = 0;
};

}  // namespace mainstem::index
