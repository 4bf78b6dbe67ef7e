// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

#include <mainstem/capnp.h>
#include <mainstem/schema_check.h>
#include <mainstem/store.h>

#include "base/bytes.h"
#include "base/checksum.h"
#include "compat.capnp.h"
#include "fixture.h"
#include "format/layout.h"
#include "format/manifest.h"
#include "listing.h"

// Stores as format version 1 wrote them are read for ever: they are here as text, and beside each
// of them what is in it. A change that needs another text here breaks every store that is out
// there.
namespace mainstem::compat {
namespace {

namespace fs = std::filesystem;

std::string read_text(const std::string& name) {
  const fs::path path = fs::path(MAINSTEM_SOURCE_DIR) / "tests" / "compat" / "version_1" / name;
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct expected_events {
  std::uint64_t durable = 0;
  std::vector<std::string> lines;

  explicit expected_events(const std::string& name) {
    std::istringstream text(read_text(name + ".events.txt"));
    for (std::string line; std::getline(text, line);) {
      if (line.empty() || line.front() == '#') continue;
      if (line.starts_with("durable ")) {
        durable = std::stoull(line.substr(8));
      } else {
        lines.push_back(line);
      }
    }
  }
  /// Those that were provably durable when the store was written.
  [[nodiscard]] std::vector<std::string> provable() const {
    std::vector<std::string> first;
    for (const auto& line : lines) {
      if (std::stoull(line) <= durable) first.push_back(line);
    }
    return first;
  }
};

store_options options_for(bool create = false) {
  store_options options;
  options.create_if_missing = create;
  options.segment_size_bytes = 64U << 10U;
  return options;
}

using position_range = std::pair<std::uint64_t, std::uint64_t>;

/// What a reader finds; positions that are a gap are passed over, and noted in `gaps`.
template <class Reader>
std::vector<std::string> lines_of(Reader reader, std::vector<position_range>* gaps = nullptr) {
  std::vector<std::string> lines;
  for (;;) {
    const auto batch = reader.next();
    if (!batch) {
      EXPECT_EQ(batch.error(), errc::corrupt_data) << batch.error();
      if (!(batch.error() == errc::corrupt_data)) return lines;
      const auto& info = batch.error().info();
      if (gaps != nullptr)
        gaps->emplace_back(info.first_position.value(), info.last_position.value());
      continue;
    }
    if (batch->empty()) return lines;
    for (const auto& event : batch->events()) lines.push_back(line_of(event));
  }
}

std::vector<std::string> lines_of_all(const store& from) { return lines_of(from.read_all()); }

class Version1Store : public testing::TestWithParam<const char*> {
 protected:
  Version1Store()
      : folder_(fs::temp_directory_path() / ("mainstem-compat-" + std::string(GetParam()) + "-" +
                                             uuid::generate().to_string())),
        expected_(GetParam()),
        fixture_(fixture::parse(read_text(std::string(GetParam()) + ".store.txt"))) {}
  ~Version1Store() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  /// The store in a folder.
  const fs::path& folder() {
    fixture_.write_to(folder_);
    return folder_;
  }
  [[nodiscard]] const expected_events& expected() const { return expected_; }

  /// Sets a number in the header of each segment, and makes the header's checksum right again.
  template <class Integer>
  void set_in_headers(format::field at, Integer value) {
    namespace header = format::segment_header_layout;
    const auto manifest = format::decode_manifest(fixture_.files.at("manifest")).value();
    for (auto& [path, bytes] : fixture_.files) {
      // A blank one has no header.
      if (!path.ends_with(".log") || bytes.front() == std::byte{}) continue;
      store_at(bytes.data() + at.offset, value);
      store_at(bytes.data() + header::checksum.offset,
               checksum64(std::span(bytes).first(header::checksum.offset), manifest.store.secret));
    }
  }
  void set_in_manifests(const std::function<void(byte_vector&)>& change) {
    for (const char* name : {"manifest", "manifest.copy"}) change(fixture_.files.at(name));
  }

  void expect_refused(const char* why) {
    const auto& path = folder();
    const auto written = store::open(path, options_for());
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error(), errc::unsupported_format) << written.error();
    EXPECT_NE(written.error().message().find(why), std::string::npos) << written.error();
    const auto followed = store::open_read_only(path, options_for());
    ASSERT_FALSE(followed);
    EXPECT_EQ(followed.error(), errc::unsupported_format) << followed.error();
  }
  void expect_read() {
    const auto opened = store::open(folder(), options_for());
    ASSERT_TRUE(opened) << opened.error();
    EXPECT_EQ(lines_of_all(*opened), expected_.lines);
  }

 private:
  fs::path folder_;
  expected_events expected_;
  fixture fixture_;
};

TEST_P(Version1Store, ReadsTheSameWithoutAWriter) {
  const auto opened = store::open_read_only(folder(), options_for());
  ASSERT_TRUE(opened) << opened.error();
  EXPECT_FALSE(opened->recovery().damage) << *opened->recovery().damage;
  ASSERT_FALSE(expected().lines.empty());
  std::vector<position_range> gaps;
  const auto found = lines_of(opened->read_all(), &gaps);
  EXPECT_EQ(gaps.empty(), std::string(GetParam()) != "gap");
  // Without an index, what stands behind the lost event in its segment is reported along with it.
  auto wanted = expected().provable();
  std::erase_if(wanted, [&gaps](const std::string& line) {
    const std::uint64_t at = std::stoull(line);
    return std::ranges::any_of(
        gaps, [at](const auto& gap) { return gap.first <= at && at <= gap.second; });
  });
  EXPECT_EQ(found, wanted);
}

TEST_P(Version1Store, ReadsTheSameInAWriterAndGoesOn) {
  const auto& path = folder();
  std::uint64_t added = 0;
  {
    auto opened = store::open(path, options_for());
    ASSERT_TRUE(opened) << opened.error();
    ASSERT_EQ(lines_of_all(*opened), expected().lines);
    const auto outcome = opened->append(stream_name("order-1"), any, event_data("more", text("x")));
    ASSERT_TRUE(outcome && outcome->committed()) << outcome.error();
    added = outcome->place()->first_position.value();
    EXPECT_GT(added, std::stoull(expected().lines.back()));
    ASSERT_TRUE(opened->close());
  }
  const auto opened = store::open(path, options_for());
  ASSERT_TRUE(opened) << opened.error();
  EXPECT_TRUE(opened->recovery().clean);
  auto lines = lines_of_all(*opened);
  ASSERT_EQ(lines.size(), expected().lines.size() + 1);
  EXPECT_EQ(std::stoull(lines.back()), added);
  lines.pop_back();
  EXPECT_EQ(lines, expected().lines);
}

TEST_P(Version1Store, ReadsTheSameByStream) {
  const auto opened = store::open(folder(), options_for());
  ASSERT_TRUE(opened) << opened.error();
  std::map<std::string, std::vector<std::string>> streams;
  for (const auto& line : expected().lines) {
    std::istringstream words(line);
    std::string position;
    std::string stream;
    words >> position >> stream;
    streams[stream].push_back(line);
  }
  for (const auto& [name, lines] : streams) {
    EXPECT_EQ(lines_of(opened->read_stream(stream_name(name))), lines) << name;
  }
}

TEST_P(Version1Store, IsRefusedWithAHigherFormatVersion) {
  set_in_headers(format::segment_header_layout::minimum_reader, std::uint32_t{7} << 16U | 3U);
  set_in_headers(format::segment_header_layout::format_version, std::uint32_t{2});
  expect_refused("needs Mainstem 7.3");
}

TEST_P(Version1Store, IsRefusedWithAnUnknownIncompatibleFeature) {
  set_in_headers(format::segment_header_layout::minimum_reader, std::uint32_t{7} << 16U | 3U);
  set_in_headers(format::segment_header_layout::incompatible_features, std::uint64_t{4});
  expect_refused("need Mainstem 7.3");
}

TEST_P(Version1Store, IsReadWithAnUnknownCompatibleFeature) {
  set_in_headers(format::segment_header_layout::compatible_features, ~std::uint64_t{0});
  // The headers are part of no chain; what stands in `reserved` is not looked at either.
  set_in_headers(format::segment_header_layout::reserved, std::uint64_t{5});
  expect_read();
}

TEST_P(Version1Store, IsRefusedWithAManifestOfAHigherFormatVersion) {
  set_in_manifests([](byte_vector& bytes) {
    namespace at = format::manifest_layout;
    store_at(bytes.data() + at::format_version.offset, std::uint32_t{2});
    const std::span all(bytes);
    store_at(bytes.data() + at::checksum.offset,
             checksum64(all.subspan(at::size), checksum64(all.first(at::checksum.offset))));
  });
  expect_refused("format version 2");
}

TEST_P(Version1Store, IsRefusedWithAManifestWithAnUnknownIncompatibleFeature) {
  set_in_manifests([](byte_vector& bytes) {
    auto fields = format::decode_manifest(bytes).value();
    fields.incompatible_features = 1;
    fields.minimum_reader = std::uint32_t{7} << 16U;
    bytes = format::encode_manifest(fields);
  });
  expect_refused("need Mainstem 7.0");
}

TEST_P(Version1Store, IsReadWithAManifestWithAnUnknownCompatibleFeature) {
  set_in_manifests([](byte_vector& bytes) {
    auto fields = format::decode_manifest(bytes).value();
    fields.compatible_features = 2;
    bytes = format::encode_manifest(fields);
  });
  expect_read();
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Version1Store,
                         testing::Values("closed", "killed", "torn", "segments", "gap"),
                         [](const auto& which) { return std::string(which.param); });

using Version1State = Version1Store;

TEST_P(Version1State, KeepsCheckpointsAndSchemas) {
  const auto opened = store::open(folder(), options_for());
  ASSERT_TRUE(opened) << opened.error();
  EXPECT_EQ(opened->checkpoint("billing").value(), position(3));
  EXPECT_EQ(opened->checkpoint("search/größer").value(), position(6));
  EXPECT_EQ(opened->checkpoints().value().size(), 2U);

  schema_registry kept;
  const auto schemas = saved_schemas(*opened);
  ASSERT_TRUE(schemas) << schemas.error();
  ASSERT_EQ(schemas->size(), 1U);
  for (const auto& schema : *schemas) ASSERT_TRUE(kept.add(schema));
  schema_registry today;
  ASSERT_TRUE(today.add<schema::Order>("order-opened"));
  EXPECT_TRUE(check_schemas(*schemas, today).compatible());
}

TEST_P(Version1State, HasTypedPayloadsAndMetadata) {
  const auto opened = store::open(folder(), options_for());
  ASSERT_TRUE(opened) << opened.error();
  const auto found = opened->read_event(stream_name("order-2"), version(1));
  ASSERT_TRUE(found && *found);
  const event_view& event = ***found;
  const auto cents = read_payload<schema::Order>(
      event, [](schema::Order::Reader order) { return order.getCents(); });
  ASSERT_TRUE(cents) << cents.error();
  EXPECT_EQ(*cents, 1002U);
  const auto metadata = event_metadata::decode(event.metadata());
  ASSERT_TRUE(metadata) << metadata.error();
  EXPECT_EQ(metadata->content_type, "application/x-order");
  ASSERT_EQ(metadata->headers.size(), 1U);
  EXPECT_EQ(metadata->headers.front().value, "web");
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Version1State, testing::Values("closed"),
                         [](const auto& which) { return std::string(which.param); });

TEST(CompatFixture, IsTheSameAfterItsTextForm) {
  const auto text = read_text("closed.store.txt");
  const auto parsed = fixture::parse(text);
  EXPECT_GE(parsed.files.size(), 4U);
  EXPECT_EQ(fixture::parse(parsed.to_text()), parsed);
  EXPECT_EQ(text.substr(text.find('\n') + 1), parsed.to_text());
}

}  // namespace
}  // namespace mainstem::compat
