// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "options.h"

namespace checkout {

/// The process that sells. Answers the exit status; what went wrong stands on its board.
[[nodiscard]] int run_writer(const options& chosen);

}  // namespace checkout
