// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include "append/peer.h"

namespace mainstem::bench {

/// What one store did in one slice of time.
struct slice {
  std::uint64_t commits = 0;
  double mean_us = 0;  ///< Of a commit, from the first event object to the answer.
  double p50_us = 0;
  double p99_us = 0;
  double events_per_second = 0;
};

/// Lets a store carry out a workload for so long.
///
/// Drawing streams is no store's work and is left out: with one writer the rate rests on the time
/// in commits, with several on the clock on the wall.
[[nodiscard]] slice run_slice(peer& store, const workload& work, const event_material& material,
                              stream_heads& heads, std::chrono::duration<double> length,
                              std::uint64_t seed);

/// Gives every stream its first event.
void fill(peer& store, const event_material& material, stream_heads& heads);

}  // namespace mainstem::bench
