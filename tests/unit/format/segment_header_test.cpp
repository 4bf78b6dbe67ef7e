// SPDX-License-Identifier: Apache-2.0
#include "format/segment_header.h"

#include <gtest/gtest.h>

#include "base/checksum.h"
#include "format/layout.h"
#include "format_support.h"

namespace mainstem::format {
namespace {

namespace header_at = segment_header_layout;

segment_header a_header() {
  segment_header header;
  header.minimum_reader = 1;
  header.store_id = a_store().store_id;
  header.lineage_id = a_store().lineage_id;
  header.parent_lineage_id = a_uuid(9);
  header.segment = 42;
  header.epoch = 3;
  header.first_position = 1001;
  header.previous_checksum = 0x1122334455667788U;
  header.segment_size = 1U << 26U;
  header.created = 1'700'000'000'000'000'000U;
  header.flags = segment_flags::loss_accepted;
  return header;
}

bytes encoded(const segment_header& header) {
  bytes into(header_at::size, std::byte{0xee});
  encode_segment_header(header, a_store(), into);
  return into;
}

/// Changes a field of another version's header and gives it the checksum that this version would
/// have given.
template <class Integer>
bytes with_field(bytes header, field where, Integer value) {
  store_at(header.data() + where.offset, value);
  store_at(
      header.data() + header_at::checksum.offset,
      checksum64(std::span<const std::byte>(header).first(header_at::checksum.offset), a_secret));
  return header;
}

TEST(SegmentHeader, ReadsBackEveryField) {
  const auto read = decode_segment_header(encoded(a_header()), a_store());
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(*read, a_header());
}

TEST(SegmentHeader, WhatIsSetAsideIsZero) {
  const bytes header = encoded(a_header());
  for (std::size_t i = header_at::reserved.offset;
       i < header_at::reserved.offset + header_at::reserved.size; ++i) {
    EXPECT_EQ(header[i], std::byte{0}) << i;
  }
}

// Where the store's id is hit, the answer is another: the bytes say that they are of another store.
TEST(SegmentHeader, EveryFlippedBitIsDetected) {
  for_each_flipped_bit(encoded(a_header()), [](const bytes& changed, std::size_t bit) {
    const auto read = decode_segment_header(changed, a_store());
    ASSERT_FALSE(read) << "bit " << bit;
    const std::size_t byte = bit / 8;
    const bool in_store_id = byte >= header_at::store_id.offset &&
                             byte < header_at::store_id.offset + header_at::store_id.size;
    EXPECT_EQ(read.error(), in_store_id ? errc::foreign_file : errc::corrupt_data) << "bit " << bit;
  });
}

TEST(SegmentHeader, EveryShorterFileIsDetected) {
  const bytes header = encoded(a_header());
  for (std::size_t size = 0; size < header.size(); ++size) {
    const auto read =
        decode_segment_header(std::span<const std::byte>(header).first(size), a_store());
    EXPECT_EQ(read.error(), errc::corrupt_data) << size;
  }
}

TEST(SegmentHeader, ZerosAreNoHeader) {
  EXPECT_EQ(decode_segment_header(bytes(header_at::size), a_store()).error(), errc::corrupt_data);
}

TEST(SegmentHeader, AHeaderOfAnotherStoreNamesIt) {
  store_identity other = a_store();
  other.store_id = a_uuid(0xcc);
  other.secret = a_secret + 1;
  const auto read = decode_segment_header(encoded(a_header()), other);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), errc::foreign_file);
  EXPECT_NE(read.error().message().find(a_store().store_id.to_string()), std::string::npos);
}

TEST(SegmentHeader, AnotherSecretIsDetected) {
  store_identity imitated = a_store();
  imitated.secret = a_secret + 1;
  EXPECT_EQ(decode_segment_header(encoded(a_header()), imitated).error(), errc::corrupt_data);
}

TEST(SegmentHeader, ANewerFormatVersionSaysWhichReaderIsNeeded) {
  segment_header newer = a_header();
  newer.minimum_reader = (2U << 16U) | 7U;
  const auto read = decode_segment_header(
      with_field(encoded(newer), header_at::format_version, format_version + 1), a_store());
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), errc::unsupported_format);
  EXPECT_NE(read.error().message().find("2.7"), std::string::npos) << read.error();
}

TEST(SegmentHeader, UnknownCompatibleFeaturesAreReadAndKept) {
  segment_header newer = a_header();
  newer.compatible_features = 0x8000000000000001U;
  const auto read = decode_segment_header(encoded(newer), a_store());
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->compatible_features, newer.compatible_features);
}

TEST(SegmentHeader, UnknownIncompatibleFeaturesSayWhichReaderIsNeeded) {
  for (unsigned bit = 0; bit < 64; ++bit) {
    segment_header newer = a_header();
    newer.incompatible_features = std::uint64_t{1} << bit;
    newer.minimum_reader = (1U << 16U) | 12U;
    const auto read = decode_segment_header(encoded(newer), a_store());
    ASSERT_FALSE(read) << bit;
    EXPECT_EQ(read.error(), errc::unsupported_format);
    EXPECT_NE(read.error().message().find("1.12"), std::string::npos) << read.error();
  }
}

TEST(SegmentHeader, BytesSetAsideMayHoldSomethingOneDay) {
  const bytes header = with_field(encoded(a_header()), header_at::reserved, std::uint64_t{77});
  const auto read = decode_segment_header(header, a_store());
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(*read, a_header());
}

}  // namespace
}  // namespace mainstem::format
