// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>

namespace examples {

/// With so many digits behind the point.
[[nodiscard]] std::string fixed(double value, int digits);
/// In microseconds below a millisecond, else in milliseconds: "117 us", "2.41 ms".
[[nodiscard]] std::string duration(std::chrono::nanoseconds time);

/// Lines of a name, a figure and a note, each in its column.
class figures_table {
 public:
  explicit figures_table(std::ostream& out) : out_(out) {}
  void line(const std::string& name, const std::string& value, const std::string& note = {});
  void line(const std::string& name, std::uint64_t value, const std::string& note = {});

 private:
  std::ostream& out_;
};

}  // namespace examples
