// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "common/latency_histogram.h"
#include "common/shared_object.h"
#include "common_names.h"

namespace event_log {

enum class writer_state : std::uint32_t { starting, opening, writing, closing, finished, failed };

/// What one writer process and the supervisor tell each other, in memory that both map from a file:
/// it is still there after the writer was killed.
struct board {
  std::atomic<writer_state> state{writer_state::starting};
  /// From the supervisor: no row is begun once so many are acknowledged. So no kill comes too late.
  std::atomic<std::uint64_t> limit{~std::uint64_t{0}};
  /// Rows that were acknowledged so far, by earlier processes too.
  std::atomic<std::uint64_t> acknowledged{0};

  std::atomic<std::uint64_t> opened_at_nanoseconds{
      0};  ///< Of the machine's steady clock, as the next one.
  std::atomic<std::uint64_t> last_commit_at_nanoseconds{0};
  std::atomic<std::uint64_t> commits{0};
  std::atomic<std::uint64_t> conflicts{0};
  std::atomic<std::uint64_t> retries_already_committed{0};
  latency_histogram latencies;  ///< Of durable commits.

  // From the store's recovery_report.
  std::atomic<bool> clean{false};
  std::atomic<bool> index_rebuilt{false};
  std::atomic<std::uint64_t> recovery_nanoseconds{0};
  std::atomic<std::uint64_t> events_replayed{0};
  std::atomic<std::uint64_t> events_rewritten{0};
  std::atomic<std::uint64_t> bytes_cut{0};

  std::array<char, 2048> message{};  ///< Why it failed. Read it once state says so.
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

/// A board in a file.
using shared_board = shared_object<board>;

}  // namespace event_log
