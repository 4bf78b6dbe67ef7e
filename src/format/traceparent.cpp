// SPDX-License-Identifier: Apache-2.0
#include "format/traceparent.h"

#include <algorithm>

namespace mainstem::format {
namespace {

constexpr std::size_t version_00_size = 55;
constexpr std::string_view example = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
static_assert(example.size() == version_00_size);

bool is_lower_hex(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
bool is_dash_place(std::size_t at) noexcept { return at == 2 || at == 35 || at == 52; }

std::string form_flaw(std::string_view text) {
  if (text.size() < version_00_size) return "has " + std::to_string(text.size()) + " characters";
  for (std::size_t at = 0; at < version_00_size; ++at) {
    if (is_dash_place(at) ? text[at] != '-' : !is_lower_hex(text[at])) {
      return std::string(is_dash_place(at) ? "has no dash"
                                           : "has no lower-case hexadecimal digit") +
             " at character " + std::to_string(at + 1);
    }
  }
  return {};
}

bool is_zero(std::string_view digits) noexcept {
  return digits.find_first_not_of('0') == std::string_view::npos;
}

std::string content_flaw(std::string_view text) {
  const std::string_view version = text.substr(0, 2);
  const std::string_view rest = text.substr(version_00_size);
  if (version == "ff") return "has version ff, which is invalid";
  if (version == "00" && !rest.empty()) return "goes on behind what version 00 has";
  if (!rest.empty() && rest.front() != '-') return "has no dash at character 56";
  if (!std::ranges::all_of(rest, [](char c) { return c > ' ' && c < '\x7f'; }))
    return "has characters that are not visible ASCII";
  if (is_zero(text.substr(3, 32))) return "has a trace-id that is all zero";
  if (is_zero(text.substr(36, 16))) return "has a parent-id that is all zero";
  return {};
}

}  // namespace

std::string traceparent_flaw(std::string_view text) {
  std::string flaw = form_flaw(text);
  if (flaw.empty()) flaw = content_flaw(text);
  if (flaw.empty()) return {};
  return "the traceparent " + flaw + "; one looks like " + std::string(example);
}

}  // namespace mainstem::format
