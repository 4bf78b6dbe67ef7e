// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "common/problem.h"
#include "figures.h"
#include "work_files.h"

namespace checkout {

/// Opens the store, reads the whole log, and holds it against the rules, against what was
/// acknowledged, and against what the follower saw. Errors: failure, if it cannot even be read.
[[nodiscard]] outcome<verification_figures> verify(const std::string& store,
                                                   const work_folder& work);

}  // namespace checkout
