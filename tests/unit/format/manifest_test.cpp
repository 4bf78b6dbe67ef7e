// SPDX-License-Identifier: Apache-2.0
#include "format/manifest.h"

#include <gtest/gtest.h>

#include "base/checksum.h"
#include "format_support.h"

namespace mainstem::format {
namespace {

namespace at = manifest_layout;

manifest a_manifest() {
  manifest fields;
  fields.store = a_store();
  fields.store.parent_lineage_id = a_uuid(9);
  fields.created = 1'700'000'000'000'000'000U;
  fields.minimum_reader = 1;
  fields.writer_version = "0.1.0";
  return fields;
}

TEST(Manifest, ReadsBackEveryField) {
  manifest written = a_manifest();
  written.compatible_features = 0x40;
  const auto read = decode_manifest(encode_manifest(written));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->store.store_id, written.store.store_id);
  EXPECT_EQ(read->store.lineage_id, written.store.lineage_id);
  EXPECT_EQ(read->store.parent_lineage_id, written.store.parent_lineage_id);
  EXPECT_EQ(read->store.secret, written.store.secret);
  EXPECT_EQ(read->created, written.created);
  EXPECT_EQ(read->compatible_features, written.compatible_features);
  EXPECT_EQ(read->incompatible_features, 0U);
  EXPECT_EQ(read->minimum_reader, written.minimum_reader);
  EXPECT_EQ(read->writer_version, written.writer_version);
}

TEST(Manifest, IsTheSameEachTime) {
  EXPECT_EQ(encode_manifest(a_manifest()), encode_manifest(a_manifest()));
}

TEST(Manifest, FitsIntoWhatIsRead) {
  manifest longest = a_manifest();
  longest.writer_version = std::string(255, 'v');
  const bytes file = encode_manifest(longest);
  EXPECT_LE(file.size(), manifest_bytes_limit);
  EXPECT_EQ(decode_manifest(file)->writer_version, longest.writer_version);
}

TEST(Manifest, EveryFlippedBitIsDetected) {
  for_each_flipped_bit(encode_manifest(a_manifest()), [](const bytes& changed, std::size_t bit) {
    const auto read = decode_manifest(changed);
    ASSERT_FALSE(read) << "bit " << bit;
    EXPECT_EQ(read.error(), errc::corrupt_manifest) << "bit " << bit;
  });
}

TEST(Manifest, EveryShorterOrLongerFileIsDetected) {
  bytes file = encode_manifest(a_manifest());
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_EQ(decode_manifest(std::span<const std::byte>(file).first(size)).error(),
              errc::corrupt_manifest);
  }
  file.push_back(std::byte{0});
  EXPECT_EQ(decode_manifest(file).error(), errc::corrupt_manifest);
}

void sign(bytes& file) {
  const std::span<const std::byte> all = file;
  store_at(file.data() + at::checksum.offset,
           checksum64(all.subspan(at::size), checksum64(all.first(at::checksum.offset))));
}

TEST(Manifest, ANewerFormatVersionIsUnsupported) {
  bytes file = encode_manifest(a_manifest());
  store_at(file.data() + at::format_version.offset, format_version + 1);
  sign(file);
  EXPECT_EQ(decode_manifest(file).error(), errc::unsupported_format);
}

TEST(Manifest, UnknownIncompatibleFeaturesSayWhichReaderIsNeeded) {
  manifest newer = a_manifest();
  newer.incompatible_features = 2;
  newer.minimum_reader = (3U << 16U) | 1U;
  const auto read = decode_manifest(encode_manifest(newer));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), errc::unsupported_format);
  EXPECT_NE(read.error().message().find("3.1"), std::string::npos);
}

// A message that Cap'n Proto cannot follow, under a checksum that holds: a bug of some writer, or
// an attack.
TEST(Manifest, AMessageThatLeadsAstrayIsAnError) {
  const bytes whole = encode_manifest(a_manifest());
  for (std::size_t at_byte = at::size; at_byte < whole.size(); ++at_byte) {
    for (const auto value : {std::byte{0xff}, std::byte{0x7f}, std::byte{0x00}}) {
      bytes file = whole;
      file[at_byte] = value;
      sign(file);
      const auto read = decode_manifest(file);
      if (read) continue;
      EXPECT_TRUE(read.error() == errc::corrupt_manifest ||
                  read.error() == errc::unsupported_format);
    }
  }
}

TEST(Manifest, AnEmptyMessageIsNoCrash) {
  bytes file = encode_manifest(a_manifest());
  file.resize(at::size);
  store_at(file.data() + at::message_size.offset, std::uint32_t{0});
  sign(file);
  const auto read = decode_manifest(file);
  EXPECT_FALSE(read && read->store.store_id == a_store().store_id);
}

}  // namespace
}  // namespace mainstem::format
