// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/problem.h"
#include "common_names.h"
#include "options.h"
#include "workload.h"

namespace event_log {

/// Reads and checks a whole CSV file: each row becomes the JSON payload of one event. The builder
/// is not finished. Errors: bad_input, which names the line and what was expected there.
[[nodiscard]] outcome<workload_builder> read_csv_log(const csv_options& options);

}  // namespace event_log
