// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/error_code.hpp>
#include <string>
#include <string_view>

// What to do about an error, to be put behind what has happened.
namespace mainstem {

/// Where that depends on nothing but the code, and is not in its words already; else empty.
[[nodiscard]] std::string_view advice_on(const boost::system::error_code& code) noexcept;

/// About damage to the log.
inline constexpr std::string_view put_back =
    ": put the file back from a copy, restore a backup, or let repair make a new store of all that "
    "is good";

/// About something that reads differently each time.
inline constexpr std::string_view change_hardware =
    ": copy the folder to another machine, and open it there";

/// What has happened, then what to do about it.
[[nodiscard]] inline std::string advised(std::string_view what,
                                         std::string_view advice = put_back) {
  return std::string(what).append(advice);
}

}  // namespace mainstem
