// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace mainstem {

/// True if `text` is well-formed UTF-8.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace mainstem
