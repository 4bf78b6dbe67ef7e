// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "common/latency_histogram.h"
#include "common_names.h"

namespace checkout {

/// What submitting commands came to. Works in memory that several processes share.
struct command_figures {
  std::atomic<std::uint64_t> commits{0};
  std::atomic<std::uint64_t> conflicts{0};       ///< Each was answered by starting over.
  std::atomic<std::uint64_t> most_conflicts{0};  ///< Of one command that came through.
  std::atomic<std::uint64_t> already_committed{0};
  std::atomic<std::uint64_t> sold_out{0};
  std::atomic<std::uint64_t> over_credit_limit{0};
  latency_histogram latencies;  ///< Of durable commits, as a worker sees them.
};

}  // namespace checkout
