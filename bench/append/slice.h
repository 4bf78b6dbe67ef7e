// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "append/peer.h"

namespace mainstem::bench {

/// Lets a store carry out a workload for so long.
///
/// Drawing streams is no store's work and is left out: with one writer the rate rests on the time
/// in commits, with several on the clock on the wall.
[[nodiscard]] slice run_slice(peer& store, const workload& work, const event_material& material,
                              stream_heads& heads, std::chrono::duration<double> length,
                              std::uint64_t seed);

/// The figures of commits of so many events, which took so long each and `elapsed_us` together; by
/// the clock on the wall all of it took `wall_us`, drawing included.
[[nodiscard]] slice summary_of(std::vector<double> commit_us, double elapsed_us, double wall_us,
                               std::size_t events_per_commit);

/// Gives every stream its first event.
void fill(peer& store, const event_material& material, stream_heads& heads);

}  // namespace mainstem::bench
