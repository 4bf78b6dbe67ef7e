// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace examples {

/// Appends `text` to `out` as a JSON string. What is not UTF-8 becomes U+FFFD; answers whether
/// there was such a thing.
bool append_json_string(std::string& out, std::string_view text);

/// Writes one JSON document into a string, with line breaks and indentation.
class json_writer {
 public:
  void begin_object(std::string_view name = {});
  void end_object();
  void begin_array(std::string_view name);
  void end_array();
  void add(std::string_view name, std::uint64_t value);
  void add(std::string_view name, double value);
  void add(std::string_view name, std::string_view value);
  void add(std::string_view name, const char* value) { add(name, std::string_view(value)); }
  void add(std::string_view name, bool value);
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void begin_member(std::string_view name);
  void end_scope(char bracket);
  std::string text_;
  std::size_t depth_ = 0;
  bool first_ = true;
};

}  // namespace examples
