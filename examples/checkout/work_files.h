// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "common/work_folder.h"
#include "common_names.h"

namespace checkout {

// What lies in the work folder of a run.

[[nodiscard]] inline std::string acknowledgements_in(const work_folder& work) {
  return work.file("acknowledgements");
}
[[nodiscard]] inline std::string checkpoint_in(const work_folder& work) {
  return work.file("checkpoint");
}
[[nodiscard]] inline std::string writer_board_in(const work_folder& work, std::uint32_t number) {
  return work.file("writer-" + std::to_string(number));
}
[[nodiscard]] inline std::string follower_board_in(const work_folder& work, std::uint32_t number) {
  return work.file("follower-" + std::to_string(number));
}

}  // namespace checkout
