// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace mainstem::api::test {

/// Appends commits of 25 events from 4 threads until it is killed, or the store holds `enough`.
/// Notes in the file `answers` when each of them was answered.
int flood(const char* path, const char* answers, std::uint64_t enough);

/// Follows the store to position `last`, checks that no position is missing or comes twice, and
/// says `EVENTS ANSWERED P50_US P99_US IDLE_PERCENT`: how many of them the writer noted, how long
/// after the writer's answer an event was here, and how much of a core is taken while nothing
/// happens.
int race(const char* path, const char* answers, std::uint64_t last);

}  // namespace mainstem::api::test
