// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <mainstem/event.h>
#include <mainstem/types.h>

#include <algorithm>
#include <cctype>

#include "format/layout.h"
#include "format_document.h"

// docs/FORMAT.md is the contract that stores on disk are read by. Nobody but these tests sees when
// it and the code part ways.
namespace mainstem::docs {
namespace {

struct texts {
  std::string document = read_text(MAINSTEM_SOURCE_DIR "/docs/FORMAT.md");
  std::string layout = read_text(MAINSTEM_SOURCE_DIR "/src/format/layout.h");
  std::string types = read_text(MAINSTEM_SOURCE_DIR "/include/mainstem/types.h");
  std::string event = read_text(MAINSTEM_SOURCE_DIR "/include/mainstem/event.h");
  std::string manifest = read_text(MAINSTEM_SOURCE_DIR "/src/format/manifest.capnp");
  std::string metadata = read_text(MAINSTEM_SOURCE_DIR "/src/format/event_metadata.capnp");
  std::string recorded = read_text(MAINSTEM_SOURCE_DIR "/src/format/recorded_schema.capnp");
};

const texts& all_texts() {
  static const texts all;
  return all;
}

/// Only the part of a header that begins with this line, to the next line that begins with `}`.
std::string_view part(std::string_view header, std::string_view begin) {
  const std::size_t from = header.find(begin);
  if (from == std::string_view::npos) return {};
  const std::size_t end = header.find("\n}", from);
  return header.substr(from, end - from);
}

format_tables tables_of_code(const texts& from) {
  format_tables tables;
  read_header(from.layout, tables);
  read_header(part(from.types, "namespace limits {"), tables);
  const std::string_view codec = part(from.event, "enum class codec");
  read_header(codec.substr(0, codec.find('\n')), tables);
  for (const std::string* schema : {&from.manifest, &from.metadata, &from.recorded})
    read_schema(*schema, tables);
  return tables;
}

std::vector<std::string> differences_of(const texts& of) {
  return differences(read_document(of.document), tables_of_code(of));
}

std::string joined(const std::vector<std::string>& sentences) {
  std::string all;
  for (const std::string& sentence : sentences) all += sentence + "\n";
  return all;
}

TEST(FormatDocument, SaysWhatTheCodeSays) {
  const auto found = differences_of(all_texts());
  EXPECT_TRUE(found.empty()) << joined(found);
}

// The code's side is read from its text, since a list of fields here could forget one. What was
// read is what was compiled.
TEST(FormatDocument, TextOfTheCodeIsReadAsItWasCompiled) {
  const format_tables code = tables_of_code(all_texts());
  const auto end = [&code](const std::string& name) {
    return code.layouts.at(name).end.value_or(0);
  };
  EXPECT_EQ(code.layouts.size(), 9U);
  EXPECT_EQ(end("segment_header_layout"), format::segment_header_layout::size);
  EXPECT_EQ(end("frame_prefix_layout"), format::frame_prefix_layout::size);
  EXPECT_EQ(end("commit_body_layout"), format::commit_body_layout::size);
  EXPECT_EQ(end("event_record_layout"), format::event_record_layout::size);
  EXPECT_EQ(end("trailer_body_layout"), format::trailer_body_layout::size);
  EXPECT_EQ(end("manifest_layout"), format::manifest_layout::size);
  EXPECT_EQ(end("control_page_layout"), format::control_page_layout::size);
  EXPECT_EQ(end("control_slot_layout"), format::control_slot_layout::size);
  EXPECT_EQ(end("event_metadata_layout"), format::event_metadata_layout::size);
  const auto& checksum = code.layouts.at("segment_header_layout").fields.at("checksum");
  EXPECT_EQ(checksum.first, format::segment_header_layout::checksum.offset);
  EXPECT_EQ(checksum.second, format::segment_header_layout::checksum.size);
  const auto value = [&code](const char* scope, const char* name) {
    return code.values.at(scope).at(name).value;
  };
  EXPECT_EQ(value("constants", "frame_magic"), format::frame_magic);
  EXPECT_EQ(value("constants", "format_version"), format::format_version);
  EXPECT_EQ(value("frame_kind", "trailer"),
            static_cast<std::uint64_t>(format::frame_kind::trailer));
  EXPECT_EQ(value("segment_flags", "loss_accepted"), format::segment_flags::loss_accepted);
  EXPECT_EQ(value("event_record_layout", "ordinal_bits"),
            format::event_record_layout::ordinal_bits);
  EXPECT_EQ(value("limits", "commit_bytes"), limits::commit_bytes);
  EXPECT_EQ(value("codec", "capnp"), static_cast<std::uint64_t>(codec::capnp));
  EXPECT_EQ(code.known_flags.size(), 2U);
  EXPECT_EQ(code.schemas.size(), 4U);
  EXPECT_EQ(code.schemas.at("Manifest").size(), 9U);
  EXPECT_EQ(code.schemas.at("EventMetadata").size(), 7U);
}

// A table that skips a byte, or describes one twice, is wrong even where the code agrees with it.
TEST(FormatDocument, FieldsOfEachLayoutFollowEachOtherWithoutAGap) {
  for (const auto& [name, table] : read_document(all_texts().document).layouts) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> places;
    for (const auto& [field, place] : table.fields) places.push_back(place);
    std::sort(places.begin(), places.end());
    std::uint64_t at = 0;
    for (const auto& [offset, size] : places) {
      EXPECT_EQ(offset, at) << name;
      at = offset + size;
    }
    EXPECT_EQ(table.end, at) << name;
  }
}

/// Calls `with` with the range of each line's cells or numbers that must not change.
template <class Function>
void for_each_number_range(const std::string& text, bool is_document, Function&& with) {
  bool announced = false;
  for (const auto line : lines_of(text)) {
    const auto begin = static_cast<std::size_t>(line.data() - text.data());
    if (is_document) {
      if (line.starts_with("<!-- ")) announced = line.find(": ") != std::string_view::npos;
      const bool is_row = announced && line.starts_with("| ") && line[2] != 'V' && line[2] != 'O';
      if (!line.empty() && !line.starts_with('|') && !line.starts_with("<!-- ")) announced = false;
      if (!is_row) continue;
      // Offset and size, or value or ordinal alone: not the names, and not what is said of them.
      std::size_t end = line.find('|', 2);
      if (std::isdigit(static_cast<unsigned char>(line[end + 2])) != 0)
        end = line.find('|', end + 1);
      with(begin, begin + end);
    } else if (const std::size_t brace = line.find('{');
               line.find("constexpr field") != std::string_view::npos) {
      with(begin + brace, begin + line.find('}'));
    } else if (const std::size_t equals = line.find(" = "); line.starts_with("inline constexpr")) {
      with(begin + equals, begin + line.find(';'));
    }
  }
}

TEST(FormatDocument, AChangedDigitInATableIsNoticed) {
  texts changed = all_texts();
  const format_tables code = tables_of_code(changed);
  std::vector<std::pair<std::size_t, std::size_t>> ranges;
  for_each_number_range(changed.document, true,
                        [&](std::size_t from, std::size_t to) { ranges.emplace_back(from, to); });
  std::size_t tried = 0;
  for (const auto& [from, to] : ranges) {
    for_each_changed_digit(changed.document, from, to, [&, begin = from] {
      ++tried;
      EXPECT_FALSE(differences(read_document(changed.document), code).empty())
          << changed.document.substr(begin, 40);
    });
  }
  EXPECT_GT(tried, 200U);
}

TEST(FormatDocument, AChangedDigitInTheCodeIsNoticed) {
  texts changed = all_texts();
  const format_tables document = read_document(changed.document);
  std::vector<std::pair<std::size_t, std::size_t>> ranges;
  for_each_number_range(changed.layout, false,
                        [&](std::size_t from, std::size_t to) { ranges.emplace_back(from, to); });
  std::size_t tried = 0;
  for (const auto& [from, to] : ranges) {
    for_each_changed_digit(changed.layout, from, to, [&, begin = from] {
      ++tried;
      EXPECT_FALSE(differences(document, tables_of_code(changed)).empty())
          << changed.layout.substr(begin, 40);
    });
  }
  EXPECT_GT(tried, 150U);
}

std::string without_line(const std::string& text, std::string_view holding) {
  const std::size_t at = text.find(holding);
  if (at == std::string::npos) return text;
  const std::size_t begin = text.rfind('\n', at) + 1;
  return text.substr(0, begin) + text.substr(text.find('\n', at) + 1);
}

TEST(FormatDocument, AFieldThatOneOfTheTwoLacksIsNoticed) {
  for (const char* row :
       {"| 96 | 8 | previous_checksum |", "| 256 | | *end* |", "| `2` | mark |",
        "| `0x04` | stub |", "| `22` | body_offset_bits |", "| 8 | Text | writerVersion |",
        "| 5 | Text | contentType |", "<!-- layout: manifest_layout"}) {
    texts changed = all_texts();
    changed.document = without_line(changed.document, row);
    ASSERT_NE(changed.document, all_texts().document) << row;
    EXPECT_FALSE(differences_of(changed).empty()) << row;
  }
  for (const char* line : {"field previous_checksum{96, 8}", "size = 256;", "mark = 2,",
                           "stub = 0x04", "body_offset_bits = 22", "loss_accepted = 0x01"}) {
    texts changed = all_texts();
    changed.layout = without_line(changed.layout, line);
    ASSERT_NE(changed.layout, all_texts().layout) << line;
    EXPECT_FALSE(differences_of(changed).empty()) << line;
  }
}

TEST(FormatDocument, AFlagThatComesIntoUseIsNoticed) {
  texts changed = all_texts();
  const std::string before = "known = 0;";
  changed.layout.replace(changed.layout.find(before), before.size(), "known = 1;");
  EXPECT_FALSE(differences_of(changed).empty());
}

}  // namespace
}  // namespace mainstem::docs
