// SPDX-License-Identifier: Apache-2.0
#include "common/figures_table.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ostream>

#include "common/progress_line.h"

namespace examples {

std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string duration(std::chrono::nanoseconds time) {
  const auto nanoseconds = static_cast<double>(time.count());
  return time < std::chrono::milliseconds(1) ? fixed(nanoseconds / 1e3, 0) + " us"
                                             : fixed(nanoseconds / 1e6, 2) + " ms";
}

void figures_table::line(const std::string& name, const std::string& value,
                         const std::string& note) {
  std::string text = "  " + name;
  text.resize(std::max<std::size_t>(text.size() + 1, 32), ' ');
  text.append(14 - std::min<std::size_t>(value.size(), 14), ' ');
  text += value;
  if (!note.empty()) text += "   " + note;
  out_ << text << '\n';
}

void figures_table::line(const std::string& name, std::uint64_t value, const std::string& note) {
  line(name, grouped(value), note);
}

}  // namespace examples
