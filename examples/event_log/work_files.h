// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "common/work_folder.h"
#include "common_names.h"

namespace event_log {

// What lies in the work folder of a run.

[[nodiscard]] inline std::string rows_in(const work_folder& work) { return work.file("rows"); }
[[nodiscard]] inline std::string acknowledgements_in(const work_folder& work) {
  return work.file("acknowledgements");
}
[[nodiscard]] inline std::string board_in(const work_folder& work, std::uint32_t writer) {
  return work.file("writer-" + std::to_string(writer));
}

}  // namespace event_log
