// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "workload.h"

namespace event_log {

/// The life cycles of `orders` orders, `events` events in all: opened, lines added and removed,
/// reserved, paid (or the payment refused), shipped in parcels, delivered, returned, cancelled. Not
/// finished. The same for the same seed, on every machine. `events` is at least `orders`, which is
/// at least 1.
[[nodiscard]] workload_builder make_orders(std::uint64_t events, std::uint64_t orders,
                                           std::uint64_t seed);

}  // namespace event_log
