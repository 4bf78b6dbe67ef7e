// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace examples {

/// One line on standard error, written over again a few times a second. Silent unless that is a
/// terminal.
class progress_line {
 public:
  progress_line();
  ~progress_line();
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;

  /// Replaces the line now.
  void say(const std::string& text);
  /// Replaces the line if it is old enough.
  void count(std::uint64_t done, std::uint64_t of, std::uint32_t kills);

 private:
  bool shown_;
  std::chrono::steady_clock::time_point last_;
};

/// 1234567 -> "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t number);

}  // namespace examples
