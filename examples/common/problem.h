// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <utility>

namespace examples {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;     ///< Something was lost or broke.
inline constexpr int exit_bad_input = 2;  ///< The call or the input is wrong; nothing was touched.
inline constexpr int exit_interrupted = 130;  ///< By SIGINT or SIGTERM.

/// Why the program stops: in words, and the exit status that says so.
struct problem {
  std::string text;
  int exit_status = exit_failed;
};

[[nodiscard]] inline problem bad_input(std::string text) {
  return {std::move(text), exit_bad_input};
}
[[nodiscard]] inline problem failure(std::string text) { return {std::move(text), exit_failed}; }

template <class T>
using outcome = boost::system::result<T, problem>;

}  // namespace examples
