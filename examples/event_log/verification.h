// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "common/problem.h"
#include "common_names.h"
#include "figures.h"
#include "workload.h"

namespace event_log {

/// Opens the store, reads everything back by stream and by position, and compares it with the rows
/// and with what was acknowledged. Errors: failure, if it cannot even be read.
[[nodiscard]] outcome<verification_figures> verify(const workload_view& workload,
                                                   const std::string& store,
                                                   const std::string& acknowledgements);

}  // namespace event_log
