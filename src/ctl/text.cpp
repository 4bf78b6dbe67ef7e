// SPDX-License-Identifier: Apache-2.0
#include "ctl/text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace mainstem::ctl {

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  return grouped(number) + ' ' + std::string(number == 1 ? one : many);
}

std::string in_bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> units{"B", "kB", "MB", "GB", "TB"};
  if (bytes < 1000) return std::to_string(bytes) + " B";
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 999.95 && unit + 1 < units.size(); ++unit) value /= 1000;
  std::array<char, 32> text{};
  static_cast<void>(std::snprintf(text.data(), text.size(), "%.1f %s", value, units[unit]));
  return text.data();
}

std::string in_hex(std::uint64_t number) {
  std::array<char, 17> text{};
  static_cast<void>(
      std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(number)));
  return text.data();
}

std::string in_time(std::chrono::sys_time<std::chrono::nanoseconds> at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  const std::time_t time = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(seconds));
  std::tm parts{};
  if (::gmtime_r(&time, &parts) == nullptr) return "?";
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 16> fraction{};
  static_cast<void>(std::snprintf(fraction.data(), fraction.size(), ".%09lldZ",
                                  static_cast<long long>((at - seconds).count())));
  return std::string(text.data(), length) + fraction.data();
}

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& each : out)
    if (static_cast<unsigned char>(each) < 0x20 || each == 0x7f) each = '?';
  return out;
}

std::string text_table::text() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string out;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] - row[i].size() + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

void text_list::add(std::string_view name, const std::string& value) {
  constexpr std::size_t width = 12;
  text_ += name;
  text_.append(name.size() < width ? width - name.size() : 1, ' ');
  text_.append(value).append("\n");
}

}  // namespace mainstem::ctl
