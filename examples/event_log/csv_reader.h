// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "common/problem.h"
#include "common_names.h"

namespace event_log {

/// One record of a CSV file.
struct csv_record {
  std::uint64_t line = 0;  ///< On which it begins, from 1. Quoted fields may hold line ends.
  std::span<const std::string> fields;  ///< Valid during the call.
};

/// Reads RFC 4180 text: commas, double quotes, any line end. Blanks belong to the fields, empty
/// lines are passed over. `on_record` ends the reading by answering a problem.
[[nodiscard]] outcome<void> read_csv(
    const std::string& path, const std::function<outcome<void>(const csv_record&)>& on_record);

}  // namespace event_log
