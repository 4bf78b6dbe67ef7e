// SPDX-License-Identifier: Apache-2.0
#include "common/json.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace mainstem::bench {

namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    // Control characters do not occur in the names and reports that are written here.
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

}  // namespace

json_object& json_object::add_raw(std::string_view name, std::string_view value) {
  if (!members_.empty()) members_ += ", ";
  members_ += quoted(name) + ": " + std::string(value);
  return *this;
}

json_object& json_object::add(std::string_view name, std::string_view text) {
  return add_raw(name, quoted(text));
}

json_object& json_object::add(std::string_view name, double number) {
  if (!std::isfinite(number)) return add_raw(name, "null");
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", number);
  return add_raw(name, text.data());
}

json_object& json_object::add(std::string_view name, std::uint64_t number) {
  return add_raw(name, std::to_string(number));
}

json_object& json_object::add(std::string_view name, bool value) {
  return add_raw(name, value ? "true" : "false");
}

json_object& json_object::add(std::string_view name, const json_object& value) {
  return add_raw(name, value.str());
}

json_object& json_object::add(std::string_view name, const std::vector<json_object>& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "\n  " : ",\n  ") + value.str();
  return add_raw(name, "[" + text + "]");
}

void write_json(const std::string& path, const json_object& value) {
  std::ofstream out(path);
  out << value.str() << '\n';
  if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace mainstem::bench
