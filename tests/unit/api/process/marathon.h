// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace mainstem::api::test {

/// Appends commits of 25 events from 4 threads until it is killed, or the store holds `enough`.
int flood(const char* path, std::uint64_t enough);

/// Follows the store to position `last`, checks that no position is missing or comes twice, and
/// says `EVENTS P50_US P99_US IDLE_PERCENT`: how long after its commit began an event was here, and
/// how much of a core is taken while nothing happens.
int race(const char* path, std::uint64_t last);

}  // namespace mainstem::api::test
