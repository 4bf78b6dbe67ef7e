// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What docs/FORMAT.md and the sources say of the format, in the same words, so that the two can be
/// compared.
namespace mainstem::docs {

/// A table of fields, as `<!-- layout: NAME -->` announces it, or a namespace that ends in
/// `_layout`.
struct layout {
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> fields;  ///< Offset and size.
  std::optional<std::uint64_t> end;
};

struct named_value {
  std::uint64_t value = 0;
  bool set_aside = false;  ///< Only the document says so.
};

struct format_tables {
  std::map<std::string, layout> layouts;
  std::map<std::string, std::map<std::string, named_value>> values;
  /// Per struct: field to its ordinal and type.
  std::map<std::string, std::map<std::string, std::string>> schemas;
  std::map<std::string, std::uint64_t> known_flags;  ///< By scope; only the sources say so.
  std::vector<std::string> problems;  ///< What could not be read, or stands there twice.
};

/// One line of the worked example.
struct example_line {
  std::uint64_t offset = 0;
  std::vector<std::byte> bytes;
  std::string note;
};

[[nodiscard]] std::string read_text(const std::string& path);
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);

/// The value of `42`, `42U`, `0x2aU` or `21U << 1U`.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

[[nodiscard]] format_tables read_document(std::string_view markdown);

/// Adds what a C++ header defines: layouts, constants, enumerations.
void read_header(std::string_view header, format_tables& into);
void read_schema(std::string_view capnp, format_tables& into);

/// Each in one sentence; empty if the two agree about everything.
[[nodiscard]] std::vector<std::string> differences(const format_tables& document,
                                                   const format_tables& code);

/// The inputs of the worked example, by name.
[[nodiscard]] std::map<std::string, std::string> read_example_inputs(std::string_view markdown);
/// The lines of the worked example; nothing if one of them cannot be read.
[[nodiscard]] std::optional<std::vector<example_line>> read_example(std::string_view markdown);

/// Calls `with` once for each digit of text[from, to), when it has been changed to another one.
template <class Function>
void for_each_changed_digit(std::string& text, std::size_t from, std::size_t to, Function&& with) {
  for (std::size_t i = from; i < to; ++i) {
    const char before = text[i];
    if (std::isxdigit(static_cast<unsigned char>(before)) == 0) continue;
    text[i] = before == '1' ? '2' : '1';
    with();
    text[i] = before;
  }
}

}  // namespace mainstem::docs
