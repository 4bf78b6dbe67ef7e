// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "kill_plan.h"
#include "workload.h"

namespace event_log {

/// What the version column of the input says, row after row in time order.
struct counter_figures {
  std::uint64_t duplicates = 0;  ///< The same value was seen before in its stream.
  std::uint64_t steps_back = 0;  ///< Below the row before in its stream.
  std::uint64_t gaps = 0;        ///< More than 1 above the row before in its stream.
};
[[nodiscard]] counter_figures count_counters(const workload_view& workload);

/// What a process that writes did, and how it ended.
struct process_figures {
  std::uint32_t number = 0;
  bool opened = false;
  bool killed = false;
  aim aimed_at = aim::any_moment;
  bool in_opening = false;         ///< Killed before the store was open.
  bool in_segment_change = false;  ///< Killed there: see segment_watch.
  bool in_index_flush = false;     ///< Killed there: see index_watch.
  std::uint64_t commits = 0;
  std::uint64_t retries_already_committed = 0;
  // What opening found.
  bool clean = false;
  bool index_rebuilt = false;
  std::chrono::nanoseconds recovery{};
  std::uint64_t events_replayed = 0;
  std::uint64_t events_rewritten = 0;
  std::uint64_t bytes_cut = 0;
};

/// What reading everything back showed.
struct verification_figures {
  std::uint64_t events = 0;        ///< In the store.
  std::uint64_t acknowledged = 0;  ///< Rows.
  std::uint64_t lost = 0;          ///< Acknowledged, and not there exactly as it was said.
  std::uint64_t missing = 0;       ///< Rows that are not in the store.
  std::uint64_t different =
      0;  ///< Events that are no row, or not as their row, or stand where they should not.
  bool digests_equal = false;        ///< Input, by stream and by position.
  std::uint64_t digest = 0;          ///< Of the input.
  bool closed_cleanly = false;       ///< The store was found so.
  std::vector<std::string> remarks;  ///< The first things that were wrong, in words.
  std::uint64_t log_bytes = 0;       ///< Frames and headers, without space made ahead.
  std::uint64_t segments = 0;
  [[nodiscard]] bool all_well() const {
    return lost == 0 && missing == 0 && different == 0 && acknowledged == events && digests_equal &&
           closed_cleanly;
  }
};

/// What a whole run says at its end.
struct run_figures {
  std::string source;  ///< The file, or what was made up.
  std::string store;
  std::uint64_t rows = 0;
  std::uint64_t streams = 0;
  std::uint64_t types = 0;
  std::uint64_t payload_bytes = 0;
  bool has_counter = false;
  counter_figures counters;
  std::uint32_t threads = 0;
  store_settings settings;
  std::vector<process_figures> processes;
  std::uint64_t conflicts = 0;
  std::chrono::nanoseconds writing{};  ///< From opened to the last commit, all processes together.
  std::chrono::nanoseconds p50{};
  std::chrono::nanoseconds p99{};
  std::chrono::nanoseconds p999{};
  verification_figures verification;
  std::uint64_t disk_bytes = 0;  ///< Blocks in use below the store's folder, after closing.
  bool on_memory_file_system = false;

  [[nodiscard]] std::uint64_t commits() const;
  [[nodiscard]] std::uint64_t retries_already_committed() const;
  [[nodiscard]] std::uint64_t kills() const;
  [[nodiscard]] std::uint64_t kills_in(bool process_figures::*where) const;
  [[nodiscard]] std::chrono::nanoseconds longest_recovery() const;
  [[nodiscard]] double events_per_second() const;
};

}  // namespace event_log
