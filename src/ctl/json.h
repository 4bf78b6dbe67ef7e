// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mainstem::ctl {

/// Writes one JSON text, indented. Bytes that are not UTF-8 come out as U+FFFD.
class json_writer {
 public:
  json_writer& begin_object() { return begin('{'); }
  json_writer& end_object() { return end('}'); }
  json_writer& begin_array() { return begin('['); }
  json_writer& end_array() { return end(']'); }

  /// Of the value that follows.
  json_writer& key(std::string_view name);

  json_writer& value(std::string_view text);
  json_writer& value(const char* text) { return value(std::string_view(text)); }
  json_writer& value(bool truth);
  json_writer& value(double number);
  template <std::unsigned_integral Number>
  requires(!std::same_as<Number, bool>) json_writer& value(Number number) {
    return raw(std::to_string(number));
  }
  json_writer& null() { return raw("null"); }

  template <class Value>
  json_writer& member(std::string_view name, const Value& of) {
    return key(name).value(of);
  }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  json_writer& begin(char bracket);
  json_writer& end(char bracket);
  json_writer& raw(std::string_view text);
  void separate();

  std::string text_;
  std::size_t depth_ = 0;
  bool is_first_ = true;
  bool has_key_ = false;
};

}  // namespace mainstem::ctl
