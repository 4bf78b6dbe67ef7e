// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <mainstem/append.h>
#include <mainstem/event.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>

#include "base/bytes.h"
#include "base/checksum.h"
#include "format/commit_body.h"
#include "format/frame.h"
#include "format/segment_header.h"
#include "format_document.h"

// The worked example at the end of docs/FORMAT.md.
namespace mainstem::docs {
namespace {

using bytes = std::vector<std::byte>;

const std::string& the_document() {
  static const std::string text = read_text(MAINSTEM_SOURCE_DIR "/docs/FORMAT.md");
  return text;
}

std::optional<bytes> example_bytes(const std::string& document) {
  const auto lines = read_example(document);
  if (!lines) return std::nullopt;
  bytes all;
  for (const example_line& line : *lines) {
    if (line.offset != all.size()) return std::nullopt;
    all.insert(all.end(), line.bytes.begin(), line.bytes.end());
  }
  return all;
}

/// The inputs of the example, as the document gives them.
class example {
 public:
  explicit example(const std::string& document) : inputs_(read_example_inputs(document)) {}

  [[nodiscard]] std::string text(const std::string& name) const {
    const auto found = inputs_.find(name);
    return found == inputs_.end() ? "missing" : found->second;
  }
  [[nodiscard]] std::uint64_t number(const std::string& name) const {
    return parse_number(text(name)).value_or(0);
  }
  [[nodiscard]] uuid id(const std::string& name) const {
    const auto parsed = uuid::parse(text(name));
    return parsed ? *parsed : uuid();
  }

  [[nodiscard]] format::store_identity store() const {
    return {.store_id = id("store_id"),
            .lineage_id = id("lineage_id"),
            .parent_lineage_id = {},
            .secret = number("secret")};
  }
  [[nodiscard]] format::segment_header header() const {
    format::segment_header header;
    header.minimum_reader = static_cast<std::uint32_t>(number("minimum_reader"));
    header.store_id = id("store_id");
    header.lineage_id = id("lineage_id");
    header.segment = 1;
    header.epoch = static_cast<std::uint32_t>(number("epoch"));
    header.first_position = 1;
    header.segment_size = number("segment_size");
    header.created = number("created");
    return header;
  }
  [[nodiscard]] event_data event() const {
    const std::string metadata = text("metadata");
    return {text("type"),
            json(text("payload")),
            {.id = id("event_id"),
             .tags = {text("tag")},
             .metadata = std::as_bytes(std::span(metadata))}};
  }

  /// Header, commit and mark, as the encoders make them.
  [[nodiscard]] bytes make() const {
    bytes segment(format::segment_header_layout::size);
    format::encode_segment_header(header(), store(), segment);

    const std::vector<append_request::stream_write> writes{
        {stream_name(text("stream")), any, {event()}}};
    format::encoded_commit commit = format::encode_commit(writes);
    format::set_first_version(commit.frame(), 0, 1);
    format::frame_prefix prefix;
    prefix.stream_count = 1;
    prefix.length = commit.length;
    prefix.event_count = 1;
    prefix.epoch = header().epoch;
    prefix.segment = 1;
    prefix.first_position = 1;
    prefix.timestamp = number("timestamp");
    prefix.body_digest = commit.body_digest;
    prefix.previous_checksum =
        format::encode_prefix(prefix, commit.prefix(), number("secret"), segment.size());
    segment.insert(segment.end(), commit.frame().begin(), commit.frame().end());

    prefix.kind = format::frame_kind::mark;
    prefix.stream_count = 0;
    prefix.length = format::frame_prefix_layout::size;
    prefix.event_count = 0;
    prefix.first_position = 2;
    prefix.durable_position = 1;
    prefix.body_digest = 0;
    bytes mark(prefix.length);
    format::encode_prefix(prefix, mark, number("secret"), segment.size());
    segment.insert(segment.end(), mark.begin(), mark.end());
    return segment;
  }

 private:
  std::map<std::string, std::string> inputs_;
};

std::string hex(const bytes& from) {
  std::ostringstream out;
  for (const std::byte byte : from) {
    constexpr const char* digits = "0123456789abcdef";
    out << digits[std::to_integer<unsigned>(byte) >> 4U]
        << digits[std::to_integer<unsigned>(byte) & 15U];
  }
  return out.str();
}

TEST(FormatExample, IsWhatTheEncodersMake) {
  const auto written = example_bytes(the_document());
  const bytes made = example(the_document()).make();
  ASSERT_TRUE(written) << "the example cannot be read, or its offsets leave a gap; it should be "
                       << hex(made);
  EXPECT_EQ(hex(*written), hex(made));
}

TEST(FormatExample, ReadsBackAsItsInputs) {
  const example inputs(the_document());
  const auto written = example_bytes(the_document());
  ASSERT_TRUE(written);
  const std::span<const std::byte> segment = *written;

  const auto header = format::decode_segment_header(segment, inputs.store());
  ASSERT_TRUE(header) << header.error();
  EXPECT_EQ(*header, inputs.header());

  const std::uint64_t secret = inputs.number("secret");
  const std::uint64_t first = format::segment_header_layout::size;
  const auto commit = format::decode_prefix(segment.subspan(first), secret, first);
  ASSERT_TRUE(commit);
  const auto frame = segment.subspan(first, commit->length);
  EXPECT_EQ(commit->kind, format::frame_kind::commit);
  EXPECT_EQ(commit->timestamp, inputs.number("timestamp"));
  EXPECT_EQ(commit->previous_checksum, 0U);
  EXPECT_TRUE(format::verify_commit(*commit, frame));
  EXPECT_EQ(format::first_version_of(frame, 0), 1U);

  const auto body = frame.subspan(format::prefix_bytes(1));
  const auto table = format::decode_stream_table(body, 1, commit->body_digest);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->names.front(), inputs.text("stream"));
  const auto record =
      format::record_cursor(body, table->size_bytes, commit->body_digest).next(true);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->id(), inputs.id("event_id"));
  EXPECT_EQ(record->type, inputs.text("type"));
  EXPECT_TRUE(std::ranges::equal(record->payload, inputs.event().payload()));
  EXPECT_TRUE(std::ranges::equal(record->metadata, inputs.event().metadata()));
  EXPECT_EQ(record->tag_count, 1U);

  const std::uint64_t second = first + commit->length;
  const auto mark = format::decode_prefix(segment.subspan(second), secret, second);
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->kind, format::frame_kind::mark);
  EXPECT_EQ(mark->previous_checksum, commit->checksum);
  EXPECT_EQ(mark->durable_position, 1U);
  EXPECT_EQ(second + mark->length, segment.size());
}

// By the words of the page alone, without the code that writes segments.
TEST(FormatExample, ChecksumsCoverWhatThePageSays) {
  const auto written = example_bytes(the_document());
  ASSERT_TRUE(written);
  const std::span<const std::byte> all = *written;
  const std::uint64_t secret = example(the_document()).number("secret");
  const auto stands_at = [&all](std::uint64_t offset) {
    return load<std::uint64_t>(all.data() + offset);
  };
  const auto seed_at = [secret](std::uint64_t offset) {
    return secret ^ (offset * 0x9e3779b97f4a7c15U);
  };

  EXPECT_EQ(stands_at(0xf8), checksum64(all.first(248), secret));
  EXPECT_EQ(stands_at(0x100), checksum64(all.subspan(0x108, 72), seed_at(0x100)));
  EXPECT_EQ(stands_at(0x140), checksum64(all.subspan(0x150, 8)));
  const std::array of_body{checksum64(all.subspan(0x160, 0x18)),
                           checksum64(all.subspan(0x180, 0x58))};
  const std::uint64_t body_digest = checksum64(std::as_bytes(std::span(of_body)));
  EXPECT_EQ(stands_at(0x148), body_digest);
  EXPECT_EQ(stands_at(0x158), of_body[0] ^ body_digest);
  EXPECT_EQ(stands_at(0x178), of_body[1] ^ body_digest);
  EXPECT_EQ(stands_at(0x1d8), checksum64(all.subspan(0x1e0, 72), seed_at(0x1d8)));
  EXPECT_EQ(stands_at(0x218), checksum64({}));
}

TEST(FormatExample, EachLineIsTheFieldThatItsNoteNames) {
  const format_tables document = read_document(the_document());
  const auto lines = read_example(the_document());
  ASSERT_TRUE(lines);
  const std::pair<const char*, std::uint64_t> parts[] = {
      {"segment_header_layout", 0},
      {"frame_prefix_layout", 256},
      {"commit_body_layout", 344},
      {"event_record_layout", 376},
      {"frame_prefix_layout",
       lines->back().offset - format::frame_prefix_layout::body_digest.offset}};
  for (const auto& [name, start] : parts) {
    for (const auto& [field, place] : document.layouts.at(name).fields) {
      const std::uint64_t offset = start + place.first;
      const auto line = std::ranges::find(*lines, offset, &example_line::offset);
      ASSERT_NE(line, lines->end()) << name << '.' << field << " begins on no line";
      EXPECT_EQ(line->note.substr(0, line->note.find_first_of(": ")), field)
          << "at offset " << offset;
      EXPECT_EQ(line->bytes.size(), place.second) << name << '.' << field;
    }
  }
}

TEST(FormatExample, AChangedDigitIsNoticed) {
  std::string document = the_document();
  const bytes made = example(document).make();
  const std::size_t begin = document.find("<!-- example bytes -->");
  std::vector<std::pair<std::size_t, std::size_t>> ranges;
  for (const auto line : lines_of(std::string_view(document).substr(begin))) {
    const auto at = static_cast<std::size_t>(line.data() - document.data());
    const bool is_bytes = line.size() > 6 &&
                          std::isxdigit(static_cast<unsigned char>(line[0])) != 0 && line[4] == ' ';
    if (is_bytes) ranges.emplace_back(at, at + line.find("  ", 6));
  }
  std::size_t tried = 0;
  for (const auto& [from, to] : ranges) {
    for_each_changed_digit(document, from, to, [&] {
      ++tried;
      const auto read = example_bytes(document);
      EXPECT_FALSE(read && *read == made);
    });
  }
  EXPECT_GT(tried, 700U);
}

TEST(FormatExample, AChangedInputIsNoticed) {
  const std::string document = the_document();
  const bytes made = example(document).make();
  for (const auto& [name, value] : read_example_inputs(document)) {
    std::string changed = document;
    const std::size_t at =
        changed.find("| " + name + " | `" + value + "` |", changed.find("<!-- example inputs -->"));
    ASSERT_NE(at, std::string::npos) << name;
    char& last = changed[at + name.size() + value.size() + 5];
    last = last == '1' ? '2' : '1';
    EXPECT_NE(example(changed).make(), made) << name;
  }
}

}  // namespace
}  // namespace mainstem::docs
