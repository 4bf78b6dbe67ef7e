// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "options.h"

namespace event_log {

/// The process that writes: opens the store, goes on where the store says it stopped, and closes it
/// when every row is in. Everything that it has to say stands on its board. Answers the exit
/// status.
[[nodiscard]] int run_writer(const options& chosen);

}  // namespace event_log
