// SPDX-License-Identifier: Apache-2.0
#include "common/json_text.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace examples {
namespace {

/// How many bytes the UTF-8 sequence at the start of `text` has; 0 if there is none. RFC 3629: no
/// overlong form, no surrogate, nothing above U+10FFFF.
std::size_t sequence_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t size = lead < 0x80   ? 1
                           : lead < 0xc2 ? 0
                           : lead < 0xe0 ? 2
                           : lead < 0xf0 ? 3
                           : lead < 0xf5 ? 4
                                         : 0;
  if (size < 2) return size;
  if (text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xc0U) != 0x80) return 0;
  const unsigned char second = byte(1);
  if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
      (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
    return 0;
  return size;
}

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out += "\\u00";
  out += digits[byte >> 4U];
  out += digits[byte & 15U];
}

}  // namespace

bool append_json_string(std::string& out, std::string_view text) {
  bool replaced = false;
  out += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && text[plain] >= 0x20 && text[plain] < 0x7f && text[plain] != '"' &&
           text[plain] != '\\')
      ++plain;
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const std::size_t size = sequence_size(text);
    if (size == 1) {
      append_escape(out, text.front());
    } else if (size > 1) {
      out += text.substr(0, size);
    } else {
      out += "\xef\xbf\xbd";
      replaced = true;
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  out += '"';
  return replaced;
}

void json_writer::begin_member(std::string_view name) {
  if (!first_) text_ += ',';
  if (!text_.empty()) text_ += '\n';
  text_.append(2 * depth_, ' ');
  if (!name.empty()) {
    append_json_string(text_, name);
    text_ += ": ";
  }
  first_ = false;
}

void json_writer::begin_object(std::string_view name) {
  begin_member(name);
  text_ += '{';
  ++depth_;
  first_ = true;
}

void json_writer::begin_array(std::string_view name) {
  begin_member(name);
  text_ += '[';
  ++depth_;
  first_ = true;
}

void json_writer::end_scope(char bracket) {
  --depth_;
  if (!first_) {
    text_ += '\n';
    text_.append(2 * depth_, ' ');
  }
  text_ += bracket;
  if (depth_ == 0) text_ += '\n';
  first_ = false;
}

void json_writer::end_object() { end_scope('}'); }
void json_writer::end_array() { end_scope(']'); }

void json_writer::add(std::string_view name, std::uint64_t value) {
  begin_member(name);
  text_ += std::to_string(value);
}

void json_writer::add(std::string_view name, double value) {
  begin_member(name);
  std::array<char, 64> digits{};
  std::snprintf(digits.data(), digits.size(), "%.3f", std::isfinite(value) ? value : 0.0);
  text_ += digits.data();
}

void json_writer::add(std::string_view name, std::string_view value) {
  begin_member(name);
  append_json_string(text_, value);
}

void json_writer::add(std::string_view name, bool value) {
  begin_member(name);
  text_ += value ? "true" : "false";
}

}  // namespace examples
