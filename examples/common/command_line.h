// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/problem.h"

namespace examples {

using given_options = std::map<std::string, std::string, std::less<>>;

/// What stands behind the command: `--name value`, `--name=value`, and the rest.
struct command_line {
  std::vector<std::string> operands;
  given_options given;
};

/// Takes the arguments from number `from` on apart.
/// Errors: bad_input: an option that is not among the known ones, has no value, or is given twice.
[[nodiscard]] outcome<command_line> split_arguments(const std::string& program,
                                                    const std::vector<std::string>& arguments,
                                                    std::size_t from,
                                                    std::span<const char* const> known_options);

/// Puts the option's number into `into`; leaves it alone if the option is not given.
/// Errors: bad_input, if it is no whole number or out of its range.
template <class Number>
[[nodiscard]] outcome<void> take_number(const given_options& given, std::string_view name,
                                        Number least, Number most, Number& into) {
  const auto found = given.find(name);
  if (found == given.end()) return {};
  const std::string& text = found->second;
  Number value{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || value < least ||
      value > most)
    return bad_input(std::string(name) + " " + text + ": expected a whole number from " +
                     std::to_string(least) + " to " + std::to_string(most));
  into = value;
  return {};
}

/// Puts the option's text into `into`; leaves it alone if the option is not given.
void take_text(const given_options& given, std::string_view name, std::string& into);

}  // namespace examples
