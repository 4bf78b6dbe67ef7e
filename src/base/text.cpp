// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <boost/locale/utf.hpp>

#include "base/bytes.h"

namespace mainstem {

bool is_utf8(std::string_view text) noexcept {
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
    const utf::code_point point = utf::utf_traits<char>::decode(at, end);
    if (point == utf::illegal || point == utf::incomplete) return false;
  }
  return true;
}

}  // namespace mainstem
