// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mainstem::ctl {

/// 1,234,567
[[nodiscard]] std::string grouped(std::uint64_t number);
/// 1,234 events, 1 event
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view one,
                                  std::string_view many);
/// 12.3 MB
[[nodiscard]] std::string in_bytes(std::uint64_t bytes);
/// 16 hexadecimal digits.
[[nodiscard]] std::string in_hex(std::uint64_t number);
/// 2026-01-01T00:00:00.123456789Z
[[nodiscard]] std::string in_time(std::chrono::sys_time<std::chrono::nanoseconds> at);
/// What a terminal may show: control characters and what is not UTF-8 come out as `?`.
[[nodiscard]] std::string printable(std::string_view text);

/// Rows under a head, in columns as wide as they need to be.
class text_table {
 public:
  explicit text_table(std::vector<std::string> head) : rows_{std::move(head)} {}
  /// As many cells as the head has.
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const noexcept { return rows_.size() == 1; }
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// Names and what belongs to them, one a line.
class text_list {
 public:
  void add(std::string_view name, const std::string& value);
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace mainstem::ctl
