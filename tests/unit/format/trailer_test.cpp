// SPDX-License-Identifier: Apache-2.0
#include "format/trailer.h"

#include <gtest/gtest.h>

#include "base/checksum.h"
#include "format_support.h"

namespace mainstem::format {
namespace {

trailer a_trailer(std::size_t entries = 3) {
  trailer fields;
  fields.offset_bytes = 1U << 20U;
  fields.prefix.epoch = 3;
  fields.prefix.segment = 42;
  fields.prefix.first_position = 2001;
  fields.prefix.durable_position = 2000;
  fields.prefix.timestamp = 99;
  fields.prefix.previous_checksum = 0x1122334455667788U;
  fields.first_position = 1001;
  fields.last_position = 2000;
  fields.frame_count = 70;
  fields.event_count = 1000;
  fields.first_timestamp = 11;
  fields.last_timestamp = 99;
  for (std::size_t i = 0; i < entries; ++i)
    fields.entries.push_back({1001 + 60 * i, 256 + 65536 * i});
  return fields;
}

std::optional<trailer> decode_whole(std::span<const std::byte> from) {
  return decode_trailer(from, a_secret, a_trailer().offset_bytes);
}

TEST(Trailer, ReadsBackEveryField) {
  for (const std::size_t entries : {0U, 1U, 3U, 16U}) {
    const trailer written = a_trailer(entries);
    const bytes frame = encode_trailer(written, a_secret);
    EXPECT_EQ(frame.size(), trailer_bytes(entries));
    const auto read = decode_whole(frame);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->offset_bytes, written.offset_bytes);
    EXPECT_EQ(read->prefix.kind, frame_kind::trailer);
    EXPECT_EQ(read->prefix.segment, written.prefix.segment);
    EXPECT_EQ(read->prefix.epoch, written.prefix.epoch);
    EXPECT_EQ(read->prefix.first_position, written.prefix.first_position);
    EXPECT_EQ(read->prefix.durable_position, written.prefix.durable_position);
    EXPECT_EQ(read->prefix.previous_checksum, written.prefix.previous_checksum);
    EXPECT_EQ(read->first_position, written.first_position);
    EXPECT_EQ(read->last_position, written.last_position);
    EXPECT_EQ(read->frame_count, written.frame_count);
    EXPECT_EQ(read->event_count, written.event_count);
    EXPECT_EQ(read->first_timestamp, written.first_timestamp);
    EXPECT_EQ(read->last_timestamp, written.last_timestamp);
    EXPECT_EQ(read->entries, written.entries);
  }
}

TEST(Trailer, EveryFlippedBitIsDetected) {
  for_each_flipped_bit(encode_trailer(a_trailer(), a_secret),
                       [](const bytes& changed, std::size_t bit) {
                         EXPECT_FALSE(decode_whole(changed)) << "bit " << bit;
                       });
}

TEST(Trailer, EveryShorterOneIsDetected) {
  const bytes frame = encode_trailer(a_trailer(), a_secret);
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_FALSE(decode_whole(std::span<const std::byte>(frame).first(size))) << size;
  }
}

TEST(Trailer, AnotherPlaceOrStoreIsDetected) {
  const bytes frame = encode_trailer(a_trailer(), a_secret);
  EXPECT_FALSE(decode_trailer(frame, a_secret, a_trailer().offset_bytes + 8));
  EXPECT_FALSE(decode_trailer(frame, a_secret + 1, a_trailer().offset_bytes));
}

TEST(Trailer, AFrameOfAnotherKindIsNone) {
  EXPECT_FALSE(decode_trailer(a_commit_frame(some_writes()), a_secret, an_offset));
}

// Its checksums say that it was written, not that it makes sense.
TEST(Trailer, NumbersThatDoNotGoTogetherMakeItNone) {
  namespace at = trailer_body_layout;
  const auto with = [](std::size_t offset, std::uint64_t number) {
    bytes frame = encode_trailer(a_trailer(), a_secret);
    const auto body = std::span(frame).subspan(prefix_bytes(0));
    store_at(body.data() + offset, number);
    frame_prefix prefix = *decode_prefix(frame, a_secret, a_trailer().offset_bytes);
    prefix.body_digest = checksum64(body);
    encode_prefix(prefix, std::span(frame).first(prefix_bytes(0)), a_secret,
                  a_trailer().offset_bytes);
    return decode_whole(frame);
  };
  constexpr std::size_t second_entry = at::size + at::entry_size;
  EXPECT_TRUE(with(at::first_position.offset, 1001));
  EXPECT_TRUE(with(second_entry, 1062));
  for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{1002}, std::uint64_t{2002}})
    EXPECT_FALSE(with(at::first_position.offset, first)) << first;
  for (const std::uint64_t last : {std::uint64_t{0}, std::uint64_t{1999}, UINT64_MAX})
    EXPECT_FALSE(with(at::last_position.offset, last)) << last;
  for (const std::uint64_t position : {std::uint64_t{0}, std::uint64_t{1000}, std::uint64_t{2001}})
    EXPECT_FALSE(with(second_entry, position)) << position;
}

TEST(Trailer, BehindTheLastPositionThereIsAnother) {
  trailer fields = a_trailer(0);
  EXPECT_TRUE(is_coherent(fields));
  fields.last_position = UINT64_MAX;
  fields.prefix.first_position = 0;
  EXPECT_FALSE(is_coherent(fields));
}

TEST(Trailer, IsFoundFromTheEndOfItsFile) {
  const bytes frame = encode_trailer(a_trailer(), a_secret);
  const std::uint64_t file_size = a_trailer().offset_bytes + frame.size();
  const auto last = std::span<const std::byte>(frame).last(trailer_body_layout::frame_length_size);
  EXPECT_EQ(trailer_offset(last, file_size), a_trailer().offset_bytes);
}

TEST(Trailer, ALengthThatCannotBeLeadsNowhere) {
  const auto offset_for = [](std::uint64_t length, std::uint64_t file_size) {
    std::byte last[8];
    store_at(last, length);
    return trailer_offset(last, file_size);
  };
  const std::uint64_t least = trailer_bytes(0);
  EXPECT_FALSE(offset_for(0, 1000));
  EXPECT_FALSE(offset_for(least - 8, 1000));
  EXPECT_FALSE(offset_for(least + 4, 1000));
  EXPECT_FALSE(offset_for(least, least));
  EXPECT_FALSE(offset_for(least, segment_header_layout::size + least - 8));
  EXPECT_EQ(offset_for(least, segment_header_layout::size + least), segment_header_layout::size);
  EXPECT_FALSE(offset_for(~std::uint64_t{7}, 1000));
  EXPECT_FALSE(trailer_offset({}, 1000));
}

}  // namespace
}  // namespace mainstem::format
