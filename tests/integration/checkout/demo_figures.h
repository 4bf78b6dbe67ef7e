// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <sstream>
#include <string>

namespace checkout_test {

/// The figures of a printed table by their names. Figures with a unit are left out.
inline std::map<std::string, std::uint64_t> figures_of(const std::string& printed) {
  std::map<std::string, std::uint64_t> figures;
  std::istringstream lines(printed);
  constexpr std::size_t name_end = 32;
  constexpr std::size_t value_end = 46;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  ") || line.size() < value_end) continue;
    std::string name = line.substr(2, name_end - 2);
    name.erase(name.find_last_not_of(' ') + 1);
    std::string digits;
    for (const char each : line.substr(name_end, value_end - name_end))
      if (each != ',' && each != ' ') digits += each;
    if (!digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos)
      figures[name] = std::stoull(digits);
  }
  return figures;
}

}  // namespace checkout_test
