// SPDX-License-Identifier: Apache-2.0
#include "format/frame.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "format_support.h"

namespace mainstem::format {
namespace {

bytes a_mark() {
  frame_prefix mark;
  mark.kind = frame_kind::mark;
  mark.length = static_cast<std::uint32_t>(prefix_bytes(0));
  mark.first_position = 8;
  mark.durable_position = 7;
  bytes frame(prefix_bytes(0));
  encode_prefix(mark, frame, a_secret, an_offset);
  return frame;
}

std::optional<frame_prefix> decode(std::span<const std::byte> from) {
  return decode_prefix(from, a_secret, an_offset);
}

TEST(FramePrefix, ReadsBackEveryField) {
  const bytes frame = a_commit_frame(some_writes());
  const encoded_commit commit = encode_commit(some_writes());
  const frame_prefix written = prefix_for(commit);
  const auto read = decode(frame);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, frame_kind::commit);
  EXPECT_EQ(read->flags, 0U);
  EXPECT_EQ(read->stream_count, 2U);
  EXPECT_EQ(read->length, frame.size());
  EXPECT_EQ(read->event_count, 3U);
  EXPECT_EQ(read->epoch, written.epoch);
  EXPECT_EQ(read->segment, written.segment);
  EXPECT_EQ(read->first_position, written.first_position);
  EXPECT_EQ(read->last_position(), written.first_position + 2);
  EXPECT_EQ(read->durable_position, written.durable_position);
  EXPECT_EQ(read->timestamp, written.timestamp);
  EXPECT_EQ(read->previous_checksum, written.previous_checksum);
  EXPECT_EQ(read->body_digest, commit.body_digest);
  EXPECT_EQ(read->checksum, load<std::uint64_t>(frame.data()));
  EXPECT_EQ(first_version_of(frame, 0), 1U);
  EXPECT_EQ(first_version_of(frame, 1), 11U);
  EXPECT_TRUE(verify_versions(*read, frame));
}

TEST(FramePrefix, EncodingAnswersTheChecksumThatTheNextFrameCarries) {
  encoded_commit commit = encode_commit(some_writes());
  set_first_version(commit.frame(), 0, 1);
  set_first_version(commit.frame(), 1, 1);
  const auto answered = encode_prefix(prefix_for(commit), commit.prefix(), a_secret, an_offset);
  EXPECT_EQ(decode(commit.frame())->checksum, answered);
}

TEST(FramePrefix, EveryFlippedBitOfAMarkIsDetected) {
  const bytes mark = a_mark();
  ASSERT_TRUE(decode(mark));
  for_each_flipped_bit(mark, [](const bytes& changed, std::size_t bit) {
    EXPECT_FALSE(decode(changed)) << "bit " << bit;
  });
}

TEST(FramePrefix, EveryFlippedBitBeforeTheBodyIsDetected) {
  const bytes frame = a_commit_frame(some_writes());
  const std::size_t before_body = prefix_bytes(2);
  for_each_flipped_bit(frame, [&](const bytes& changed, std::size_t bit) {
    if (bit >= 8 * before_body) return;
    const auto read = decode(changed);
    EXPECT_FALSE(read && verify_versions(*read, changed)) << "bit " << bit;
  });
}

TEST(FramePrefix, AFrameAtAnotherOffsetIsDetected) {
  const bytes frame = a_commit_frame(some_writes());
  for (const std::uint64_t offset :
       {an_offset - 8, an_offset + 8, an_offset * 2, std::uint64_t{0}}) {
    EXPECT_FALSE(decode_prefix(frame, a_secret, offset)) << offset;
  }
}

TEST(FramePrefix, AFrameOfAnotherStoreIsDetected) {
  const bytes frame = a_commit_frame(some_writes());
  EXPECT_FALSE(decode_prefix(frame, a_secret + 1, an_offset));
  EXPECT_FALSE(decode_prefix(frame, 0, an_offset));
}

TEST(FramePrefix, ALengthBeyondTheBufferIsDetected) {
  const bytes frame = a_commit_frame(some_writes());
  const std::span<const std::byte> all = frame;
  for (std::size_t size = 0; size < frame.size(); ++size)
    EXPECT_FALSE(decode(all.first(size))) << size;
  const auto fixed = all.first(frame_prefix_layout::size);
  EXPECT_TRUE(decode_fixed_prefix(fixed, frame.size(), a_secret, an_offset));
  EXPECT_FALSE(decode_fixed_prefix(fixed, frame.size() - 1, a_secret, an_offset));
  EXPECT_FALSE(
      decode_fixed_prefix(fixed.first(fixed.size() - 1), frame.size(), a_secret, an_offset));
}

TEST(FramePrefix, BytesBehindTheFrameDoNotMatter) {
  bytes frame = a_commit_frame(some_writes());
  const auto alone = decode(frame);
  frame.resize(frame.size() + 4096, std::byte{0xee});
  EXPECT_EQ(decode(frame)->length, alone->length);
}

// The writer never makes such a length. A reader must not walk by it, even where the checksum
// holds.
TEST(FramePrefix, ALengthThatCannotBeIsRefusedDespiteItsChecksum) {
  for (const std::uint32_t length : {0U, 8U, 72U, 79U, 81U, 84U}) {
    frame_prefix mark;
    mark.kind = frame_kind::mark;
    mark.length = length;
    bytes frame(4096);
    encode_prefix(mark, std::span(frame).first(prefix_bytes(0)), a_secret, an_offset);
    EXPECT_FALSE(decode(frame)) << length;
  }
}

RC_GTEST_PROP(FramePrefix, GarbageIsNoFrame, ()) {
  const auto raw =
      *rc::gen::container<std::vector<unsigned char>>(rc::gen::arbitrary<unsigned char>());
  bytes garbage(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) garbage[i] = static_cast<std::byte>(raw[i]);
  if (garbage.size() >= 12) store_at(garbage.data() + 8, frame_magic);
  RC_ASSERT(!decode(garbage));
}

TEST(FrameKind, KnownOnesPass) {
  for (const auto kind : {frame_kind::commit, frame_kind::mark, frame_kind::trailer}) {
    frame_prefix prefix;
    prefix.kind = kind;
    EXPECT_TRUE(check_kind(prefix));
  }
}

TEST(FrameKind, UnknownOnesRefuseToOpen) {
  for (const int kind : {0, 4, 5, 255}) {
    frame_prefix prefix;
    prefix.kind = static_cast<frame_kind>(kind);
    const auto checked = check_kind(prefix);
    ASSERT_FALSE(checked) << kind;
    EXPECT_EQ(checked.error(), errc::unsupported_format);
    EXPECT_NE(checked.error().message().find("kind " + std::to_string(kind)), std::string::npos);
  }
}

TEST(FrameKind, UnknownFlagsRefuseToOpen) {
  for (unsigned bit = 0; bit < 8; ++bit) {
    frame_prefix prefix;
    prefix.flags = static_cast<std::uint8_t>(1U << bit);
    EXPECT_EQ(check_kind(prefix).error(), errc::unsupported_format);
  }
}

TEST(FindFrameMagic, FindsTheNextFrameOnAnAlignedPlace) {
  bytes segment(512);
  const bytes mark = a_mark();
  std::copy(mark.begin(), mark.end(), segment.begin() + 160);
  EXPECT_EQ(find_frame_magic(segment, 0), 160U);
  EXPECT_EQ(find_frame_magic(segment, 153), 160U);
  EXPECT_EQ(find_frame_magic(segment, 160), 160U);
  EXPECT_EQ(find_frame_magic(segment, 161), segment.size());
}

TEST(FindFrameMagic, PassesOverWhatIsNotAligned) {
  bytes segment(512);
  store_at(segment.data() + 100 + frame_prefix_layout::magic.offset, frame_magic);
  EXPECT_EQ(find_frame_magic(segment, 0), segment.size());
}

TEST(FindFrameMagic, NeedsRoomForAPrefix) {
  bytes segment(256);
  const std::size_t last_place = segment.size() - frame_prefix_layout::size;
  store_at(segment.data() + last_place + frame_prefix_layout::magic.offset, frame_magic);
  EXPECT_EQ(find_frame_magic(segment, 0), last_place);
  const std::span<const std::byte> shorter =
      std::span<const std::byte>(segment).first(segment.size() - 1);
  EXPECT_EQ(find_frame_magic(shorter, 0), shorter.size());
}

TEST(FindFrameMagic, AnswersTheSizeWhereThereIsNothing) {
  EXPECT_EQ(find_frame_magic({}, 0), 0U);
  const bytes small(79);
  EXPECT_EQ(find_frame_magic(small, 0), small.size());
  EXPECT_EQ(find_frame_magic(small, 1000), small.size());
}

}  // namespace
}  // namespace mainstem::format
