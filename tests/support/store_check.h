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

/// What became of the events of a store that may be damaged.
struct readable_events {
  std::uint64_t refused = 0;  ///< Their reading ends with an error.
  std::uint64_t gone = 0;     ///< The log ends before them.
};
/// Reads each of the model's events alone, and every stream. What is answered has to be right, and
/// an error has to say where.
[[nodiscard]] readable_events check_readable(const engine::published_log& log,
                                             const store_model& model, findings& found);

/// Reads in one way that is drawn at random - direction, limits, filters, batch sizes, one event or
/// many - and compares.
void check_random_read(const engine::published_log& log, const store_model& model,
                       fake_random& random, findings& found);

}  // namespace mainstem::test_support
