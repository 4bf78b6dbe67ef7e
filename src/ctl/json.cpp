// SPDX-License-Identifier: Apache-2.0
#include "ctl/json.h"

#include <array>
#include <cstdio>
#include <utility>

namespace mainstem::ctl {
namespace {

/// Bytes of the UTF-8 sequence at the start of `text`; 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 && first <= 0xf4   ? 4
                             : first >= 0xe0 && first <= 0xef ? 3
                             : first >= 0xc2 && first <= 0xdf ? 2
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
  // Overlong forms, surrogates, and what lies above U+10FFFF.
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
      (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f))
    return 0;
  return length;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const char first = text.front();
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (first == '"' || first == '\\') {
      out.append("\\").push_back(first);
    } else if (static_cast<unsigned char>(first) < 0x20) {
      std::array<char, 8> escape{};
      static_cast<void>(std::snprintf(escape.data(), escape.size(), "\\u%04x", first));
      out += escape.data();
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out + '"';
}

}  // namespace

void json_writer::separate() {
  if (std::exchange(has_key_, false)) return;
  if (!is_first_) text_ += ',';
  if (depth_ != 0) text_.append("\n").append(2 * depth_, ' ');
  is_first_ = false;
}

json_writer& json_writer::raw(std::string_view text) {
  separate();
  text_ += text;
  return *this;
}

json_writer& json_writer::begin(char bracket) {
  separate();
  text_ += bracket;
  ++depth_;
  is_first_ = true;
  return *this;
}

json_writer& json_writer::end(char bracket) {
  --depth_;
  if (!is_first_) text_.append("\n").append(2 * depth_, ' ');
  text_ += bracket;
  is_first_ = false;
  return *this;
}

json_writer& json_writer::key(std::string_view name) {
  separate();
  text_.append(quoted(name)).append(": ");
  has_key_ = true;
  return *this;
}

json_writer& json_writer::value(std::string_view text) { return raw(quoted(text)); }

json_writer& json_writer::value(bool truth) { return raw(truth ? "true" : "false"); }

json_writer& json_writer::value(double number) {
  std::array<char, 32> text{};
  static_cast<void>(std::snprintf(text.data(), text.size(), "%.6f", number));
  return raw(text.data());
}

}  // namespace mainstem::ctl
