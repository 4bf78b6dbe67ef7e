// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mainstem/store.h>

namespace mainstem::detail {

/// Errors: invalid_argument, which names the option, its value and its range.
[[nodiscard]] result<void> check_options(const store_options& options);

}  // namespace mainstem::detail
