// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/fake_clock.h"
#include "engine/published_log.h"
#include "support/findings.h"
#include "support/store_model.h"

namespace mainstem::test_support {

/// Reads everything, by position and by stream, and compares it with the model: byte for byte,
/// nothing more, nothing less, in order. @returns how many events were read by position.
std::uint64_t check_contents(const engine::published_log& log, const store_model& model,
                             visibility seen, findings& found);

/// Reads in one way that is drawn at random - direction, limits, filters, batch sizes, one event or
/// many - and compares.
void check_random_read(const engine::published_log& log, const store_model& model,
                       fake_random& random, findings& found);

}  // namespace mainstem::test_support
