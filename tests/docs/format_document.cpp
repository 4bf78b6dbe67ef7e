// SPDX-License-Identifier: Apache-2.0
#include "format_document.h"

#include <charconv>
#include <fstream>
#include <initializer_list>
#include <sstream>

namespace mainstem::docs {
namespace {

std::string_view trimmed(std::string_view text, std::string_view what = " ") {
  const std::size_t begin = text.find_first_not_of(what);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(what) - begin + 1);
}

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  if (!line.starts_with('|')) return cells;
  for (line.remove_prefix(1); !line.empty();) {
    const std::size_t end = line.find('|');
    if (end == std::string_view::npos) break;
    cells.push_back(trimmed(trimmed(line.substr(0, end)), "`"));
    line.remove_prefix(end + 1);
  }
  return cells;
}

/// What stands between these texts, the first of which begins the line; nothing if one of them is
/// missing.
std::optional<std::vector<std::string>> between(std::string_view line,
                                                std::initializer_list<std::string_view> texts) {
  std::vector<std::string> pieces;
  for (const std::string_view text : texts) {
    const std::size_t at = line.find(text);
    if (at == std::string_view::npos) return std::nullopt;
    if (text.data() != texts.begin()->data()) {
      pieces.emplace_back(line.substr(0, at));
    } else if (at != 0) {
      return std::nullopt;
    }
    line.remove_prefix(at + text.size());
  }
  return pieces;
}

/// What follows `<!-- KIND: ` in such a line.
std::optional<std::string> announced(std::string_view line, std::string_view kind) {
  const std::string start = "<!-- " + std::string(kind) + ": ";
  if (!line.starts_with(start) || !line.ends_with(" -->")) return std::nullopt;
  return std::string(line.substr(start.size(), line.size() - start.size() - 4));
}

/// The rows of the table that follows line `at`, without its two lines of heading.
std::vector<std::vector<std::string_view>> rows_behind(const std::vector<std::string_view>& lines,
                                                       std::size_t at) {
  std::vector<std::vector<std::string_view>> rows;
  while (++at < lines.size() && lines[at].empty()) {
  }
  for (at += 2; at < lines.size() && lines[at].starts_with('|'); ++at)
    rows.push_back(cells_of(lines[at]));
  return rows;
}

template <class Map, class Value>
void add_once(Map& map, std::string_view name, Value value, format_tables& into) {
  if (!map.emplace(std::string(name), std::move(value)).second) {
    into.problems.push_back("twice: " + std::string(name));
  }
}

void read_layout(const std::string& name, const std::vector<std::vector<std::string_view>>& rows,
                 format_tables& into) {
  layout table;
  for (const auto& cells : rows) {
    const auto offset = cells.size() == 4 ? parse_number(cells[0]) : std::nullopt;
    if (!offset) {
      into.problems.push_back("a row of " + name + " cannot be read");
    } else if (cells[2] == "*end*") {
      table.end = *offset;
    } else if (const auto size = parse_number(cells[1])) {
      add_once(table.fields, cells[2], std::pair(*offset, *size), into);
    } else {
      into.problems.push_back("a row of " + name + " has no size");
    }
  }
  add_once(into.layouts, name, std::move(table), into);
}

void read_values(const std::string& name, const std::vector<std::vector<std::string_view>>& rows,
                 format_tables& into) {
  std::map<std::string, named_value> table;
  for (const auto& cells : rows) {
    const auto value = cells.size() == 3 ? parse_number(cells[0]) : std::nullopt;
    if (!value) {
      into.problems.push_back("a row of " + name + " cannot be read");
      continue;
    }
    add_once(table, cells[1], named_value{*value, cells[2].starts_with("Set aside")}, into);
  }
  add_once(into.values, name, std::move(table), into);
}

void compare(const std::string& where, const layout& document, const layout& code,
             std::vector<std::string>& into) {
  if (document.end != code.end) into.push_back(where + " has another size");
  for (const auto& [name, place] : document.fields) {
    const auto found = code.fields.find(name);
    if (found == code.fields.end()) {
      into.push_back(where + "." + name + " is not in the code");
    } else if (found->second != place) {
      into.push_back(where + "." + name + " stands elsewhere in the code");
    }
  }
  for (const auto& [name, place] : code.fields) {
    if (!document.fields.contains(name))
      into.push_back(where + "." + name + " is not in the document");
  }
}

void compare(const std::string& where, const std::map<std::string, named_value>& document,
             const std::map<std::string, named_value>& code, std::vector<std::string>& into) {
  for (const auto& [name, value] : document) {
    const auto found = code.find(name);
    if (found == code.end()) {
      into.push_back(where + "." + name + " is not in the code");
    } else if (found->second.value != value.value) {
      into.push_back(where + "." + name + " is another number in the code");
    }
  }
  for (const auto& [name, value] : code) {
    if (!document.contains(name)) into.push_back(where + "." + name + " is not in the document");
  }
}

template <class Table>
void compare_all(const std::map<std::string, Table>& document,
                 const std::map<std::string, Table>& code, std::vector<std::string>& into) {
  for (const auto& [name, table] : document) {
    const auto found = code.find(name);
    if (found == code.end()) {
      into.push_back(name + " is not in the code");
    } else {
      compare(name, table, found->second, into);
    }
  }
  for (const auto& [name, table] : code) {
    if (!document.contains(name)) into.push_back(name + " is not in the document");
  }
}

/// Reads one line of a C++ header after the other, and knows in which namespace or enumeration it
/// stands.
class header_reader {
 public:
  explicit header_reader(format_tables& into) : into_(into) {}

  void read(std::string_view line) {
    if (const auto one_line = between(line, {"enum class ", " ", "{ ", " };"})) {
      scope_ = one_line->at(0);
      read_enumerators(one_line->at(2));
      scope_ = outside;
    } else if (line.ends_with('{')) {
      enter_scope(line);
    } else if (line.starts_with('}')) {
      scope_ = outside;
    } else if (const auto field = between(line, {"inline constexpr field ", "{", ", ", "};"})) {
      add_field(field->at(0), field->at(1), field->at(2));
    } else if (const auto constant = between(line, {"inline constexpr ", " ", " = ", ";"})) {
      add_value(constant->at(1), constant->at(2));
    } else if (const auto enumerator = between(line, {"  ", " = ", ","})) {
      add_value(enumerator->at(0), enumerator->at(1));
    } else if (line.find("constexpr field") != std::string_view::npos) {
      into_.problems.push_back("a line cannot be read: " + std::string(line));
    }
  }

 private:
  static constexpr const char* outside = "constants";

  void enter_scope(std::string_view line) {
    for (const std::string_view begin : {"namespace ", "enum class "}) {
      const auto name = between(line, {begin, " "});
      if (name) scope_ = name->at(0);
    }
    if (scope_ == "mainstem::format") scope_ = outside;
    if (is_layout()) into_.layouts.try_emplace(scope_);
  }

  void read_enumerators(const std::string& list) {
    std::stringstream items(list);
    for (std::string item; std::getline(items, item, ',');) {
      const auto name = between(trimmed(item), {"", " = "});
      if (name) add_value(name->at(0), std::string(item.substr(item.rfind(' ') + 1)));
    }
  }

  [[nodiscard]] bool is_layout() const { return scope_.ends_with("_layout"); }

  void add_field(const std::string& name, const std::string& offset, const std::string& size) {
    const auto at = parse_number(offset);
    const auto length = parse_number(size);
    if (!at || !length) {
      into_.problems.push_back("a field cannot be read: " + name);
    } else {
      add_once(into_.layouts[scope_].fields, name, std::pair(*at, *length), into_);
    }
  }

  void add_value(const std::string& name, const std::string& text) {
    const auto value = parse_number(text);
    if (!value) {
      into_.problems.push_back("a value cannot be read: " + name);
    } else if (is_layout() && name == "size") {
      into_.layouts[scope_].end = *value;
    } else if (name == "known") {
      into_.known_flags[scope_] = *value;
    } else {
      add_once(into_.values[scope_], name, named_value{*value, false}, into_);
    }
  }

  format_tables& into_;
  std::string scope_ = outside;
};

std::size_t line_with(const std::vector<std::string_view>& lines, std::string_view wanted) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i] == wanted) return i;
  }
  return lines.size();
}

/// `0100  4d 53  the note` or `0100  00 x 120  the note`.
std::optional<example_line> read_example_line(std::string_view line) {
  constexpr std::size_t digits_at = 6;
  if (line.size() <= digits_at || line.substr(4, 2) != "  ") return std::nullopt;
  const std::size_t digits_end = line.find("  ", digits_at);
  if (digits_end == std::string_view::npos) return std::nullopt;
  const auto offset = parse_number("0x" + std::string(line.substr(0, 4)));
  if (!offset) return std::nullopt;

  example_line read{*offset, {}, std::string(trimmed(line.substr(digits_end)))};
  std::stringstream digits{std::string(line.substr(digits_at, digits_end - digits_at))};
  for (std::string pair; digits >> pair;) {
    std::uint64_t times = 0;
    if (pair == "x" && digits >> times && times != 0 && read.bytes.size() == 1) {
      read.bytes.resize(times, read.bytes.front());
      continue;
    }
    const auto value = pair.size() == 2 ? parse_number("0x" + pair) : std::nullopt;
    if (!value) return std::nullopt;
    read.bytes.push_back(static_cast<std::byte>(*value));
  }
  return read;
}

}  // namespace

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  const std::size_t shift = text.find(" << ");
  if (shift != std::string_view::npos) {
    const auto left = parse_number(text.substr(0, shift));
    const auto right = parse_number(text.substr(shift + 4));
    if (!left || !right || *right > 63) return std::nullopt;
    return *left << *right;
  }
  if (text.ends_with('U')) text.remove_suffix(1);
  const int base = text.starts_with("0x") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

format_tables read_document(std::string_view markdown) {
  format_tables tables;
  const auto lines = lines_of(markdown);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (const auto name = announced(lines[i], "layout"))
      read_layout(*name, rows_behind(lines, i), tables);
    if (const auto name = announced(lines[i], "values"))
      read_values(*name, rows_behind(lines, i), tables);
    const auto schema = announced(lines[i], "schema");
    if (!schema) continue;
    auto& fields = tables.schemas[*schema];
    for (const auto& cells : rows_behind(lines, i)) {
      if (cells.size() != 4) {
        tables.problems.push_back("a row of " + *schema + " cannot be read");
      } else {
        add_once(fields, cells[2], std::string(cells[0]) + " :" + std::string(cells[1]), tables);
      }
    }
  }
  return tables;
}

void read_header(std::string_view header, format_tables& into) {
  header_reader reader(into);
  for (const auto line : lines_of(header)) reader.read(line);
}

void read_schema(std::string_view capnp, format_tables& into) {
  std::string in;
  for (const auto line : lines_of(capnp)) {
    if (const auto name = between(line, {"struct ", " {"})) {
      in = name->at(0);
    } else if (const auto field = between(line, {"  ", " @", " ", ";"})) {
      add_once(into.schemas[in], field->at(0), field->at(1) + " " + field->at(2), into);
    }
  }
}

std::vector<std::string> differences(const format_tables& document, const format_tables& code) {
  std::vector<std::string> found = document.problems;
  found.insert(found.end(), code.problems.begin(), code.problems.end());
  compare_all(document.layouts, code.layouts, found);
  compare_all(document.values, code.values, found);
  if (document.schemas != code.schemas) found.push_back("a schema is another one in the code");
  for (const auto& [scope, known] : code.known_flags) {
    const auto table = document.values.find(scope);
    std::uint64_t in_use = 0;
    if (table != document.values.end()) {
      for (const auto& [name, flag] : table->second) in_use |= flag.set_aside ? 0 : flag.value;
    }
    if (in_use != known) found.push_back(scope + ": the code knows other flags than the document");
  }
  return found;
}

std::map<std::string, std::string> read_example_inputs(std::string_view markdown) {
  std::map<std::string, std::string> inputs;
  const auto lines = lines_of(markdown);
  for (const auto& cells : rows_behind(lines, line_with(lines, "<!-- example inputs -->"))) {
    if (cells.size() == 3) inputs.emplace(std::string(cells[0]), std::string(cells[1]));
  }
  return inputs;
}

std::optional<std::vector<example_line>> read_example(std::string_view markdown) {
  const auto lines = lines_of(markdown);
  std::vector<example_line> example;
  for (std::size_t at = line_with(lines, "<!-- example bytes -->") + 2; at < lines.size(); ++at) {
    if (lines[at] == "```") return example;
    auto line = read_example_line(lines[at]);
    if (!line) return std::nullopt;
    example.push_back(std::move(*line));
  }
  return std::nullopt;
}

}  // namespace mainstem::docs
