// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace checkout {

/// The whole program. `arguments` are without its name. Answers the exit status.
[[nodiscard]] int run_program(const std::vector<std::string>& arguments);

}  // namespace checkout
