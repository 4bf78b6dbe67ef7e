// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mainstem {

/// Where `text` stops being well-formed UTF-8, in bytes from its start; its size if it is UTF-8
/// throughout.
[[nodiscard]] std::size_t utf8_prefix_bytes(std::string_view text) noexcept;

/// True if `text` is well-formed UTF-8.
[[nodiscard]] inline bool is_utf8(std::string_view text) noexcept {
  return utf8_prefix_bytes(text) == text.size();
}

/// What is wrong with the name of a stream, an event type or a tag, in words that follow "a name
/// must be ...: "; empty if it is 1 to 255 bytes of UTF-8. The name itself is not quoted: it may be
/// long, and hold what a terminal should not get.
[[nodiscard]] std::string name_flaw(std::string_view name);

}  // namespace mainstem
