// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mainstem::bench {

/// What a child process is told.
struct child_task {
  std::filesystem::path folder;
  std::uint64_t fill_events = 0;  ///< Before it says that it is filled; 0: nothing of that.
  std::size_t streams = 100'000;
  std::size_t payload_bytes = 200;
  bool reserve = false;  ///< preallocation::reserve instead of zero_fill.
  bool buffered = false;

  [[nodiscard]] std::vector<std::string> to_words() const;
  /// @param words as to_words() made them.
  [[nodiscard]] static child_task from_words(const std::vector<std::string>& words);
};

/// Opens the store, fills it, then appends until it is killed. Tells of each step in a line on
/// standard output, in words that report_line reads. Never returns.
[[noreturn]] void run_child(const child_task& task);

}  // namespace mainstem::bench
