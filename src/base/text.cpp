// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <boost/locale/utf.hpp>

#include <mainstem/types.h>

#include "base/bytes.h"

namespace mainstem {

std::size_t utf8_prefix_bytes(std::string_view text) noexcept {
  namespace utf = boost::locale::utf;
  constexpr std::uint64_t high_bits = 0x8080808080808080U;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    // Nearly all names are ASCII, and a commit may carry thousands of them.
    if (end - at >= 8 &&
        (load<std::uint64_t>(reinterpret_cast<const std::byte*>(at)) & high_bits) == 0) {
      at += 8;
      continue;
    }
    if ((static_cast<unsigned char>(*at) & 0x80U) == 0) {
      ++at;
      continue;
    }
    const char* const start = at;
    const utf::code_point point = utf::utf_traits<char>::decode(at, end);
    if (point == utf::illegal || point == utf::incomplete)
      return static_cast<std::size_t>(start - text.data());
  }
  return text.size();
}

std::string name_flaw(std::string_view name) {
  if (name.empty()) return "this one is empty";
  if (name.size() > limits::name_bytes)
    return "this one has " + std::to_string(name.size()) + " bytes";
  const std::size_t valid = utf8_prefix_bytes(name);
  if (valid == name.size()) return {};
  return "this one is not UTF-8 at byte " + std::to_string(valid) + " (counted from 0)";
}

}  // namespace mainstem
