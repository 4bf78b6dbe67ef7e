// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>

#include "base/checksum.h"
#include "format/commit_body.h"
#include "format_support.h"

// What is read from a disk may be anything. Under AddressSanitizer these tests also show that
// nothing is read beyond the bytes that were given: each buffer has exactly its size, on the heap.
namespace mainstem::format {
namespace {

/// A copy in an allocation that ends where the bytes end.
class exact_copy {
 public:
  explicit exact_copy(std::span<const std::byte> from)
      : size_(from.size()), data_(new std::byte[size_]) {
    std::copy(from.begin(), from.end(), data_.get());
  }
  [[nodiscard]] std::span<std::byte> all() { return {data_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> data_;
};

/// Reads whatever a reader would, and returns how many bytes it saw.
std::size_t read_everything(std::span<const std::byte> body, std::uint64_t digest) {
  std::size_t seen = 0;
  for (const std::size_t streams : {0U, 1U, 2U, 1024U}) {
    if (const auto table = decode_stream_table(body, streams, digest)) {
      for (const auto name : table->names) seen += name.size();
    }
  }
  for (const std::size_t index : {0U, 1U, 1023U}) {
    if (const auto name = stream_name_at(body, index, digest)) seen += name->size();
  }
  for (const std::size_t first :
       {std::size_t{0}, std::size_t{16}, std::size_t{24}, body.size() / 2, body.size()}) {
    for (const bool verify : {false, true}) {
      record_cursor cursor(body, first, digest);
      while (const auto record = cursor.next(verify)) {
        seen += record->bytes.size() + record->type.size() + record->encoded_tags.size() +
                record->metadata.size() + record->payload.size();
        EXPECT_LE(record->payload.data() + record->payload.size(), body.data() + body.size());
        EXPECT_GE(record->bytes.size(), event_record_layout::size);
        static_cast<void>(checksum64(record->bytes));
      }
    }
  }
  return seen;
}

TEST(CommitDamage, EveryFlippedBitOfAFrameIsDetected) {
  const bytes frame = a_commit_frame(some_writes());
  const auto whole = decode_prefix(frame, a_secret, an_offset);
  ASSERT_TRUE(whole && verify_commit(*whole, frame));
  for_each_flipped_bit(frame, [](const bytes& changed, std::size_t bit) {
    const auto prefix = decode_prefix(changed, a_secret, an_offset);
    EXPECT_FALSE(prefix && verify_commit(*prefix, changed)) << "bit " << bit;
  });
}

// A point read checks the prefix, the names and one record: no more is needed to trust that event.
TEST(CommitDamage, EveryFlippedBitOfARecordIsDetectedByTheRecordAlone) {
  const encoded_commit commit = encode_commit(some_writes());
  const auto table = decode_stream_table(commit.body(), 2, commit.body_digest);
  ASSERT_TRUE(table);
  const auto first = record_cursor(commit.body(), table->size_bytes, commit.body_digest).next(true);
  ASSERT_TRUE(first);
  const bytes record(first->bytes.begin(), first->bytes.end());
  for_each_flipped_bit(record, [&](const bytes& changed, std::size_t bit) {
    const auto read = decode_record(changed);
    EXPECT_FALSE(read && verify_record(*read, commit.body_digest)) << "bit " << bit;
  });
}

TEST(CommitDamage, EveryFlippedBitOfTheNamesIsDetectedByTheTableAlone) {
  const encoded_commit commit = encode_commit(some_writes());
  const std::size_t size = decode_stream_table(commit.body(), 2, commit.body_digest)->size_bytes;
  const auto body = commit.body();
  for_each_flipped_bit(bytes(body.begin(), body.end()), [&](const bytes& changed, std::size_t bit) {
    if (bit >= 8 * size) return;
    EXPECT_FALSE(decode_stream_table(changed, 2, commit.body_digest)) << "bit " << bit;
    EXPECT_FALSE(stream_name_at(changed, 0, commit.body_digest)) << "bit " << bit;
  });
}

TEST(CommitDamage, RecordsInAnotherOrderAreDetected) {
  const writes all = {a_write("order-1", {an_event("placed", "{}"), an_event("closed", "{}")})};
  bytes frame = a_commit_frame(all);
  const auto body = std::span(frame).subspan(prefix_bytes(1));
  const std::size_t first = 16 + 8;
  const std::size_t size = (body.size() - first) / 2;
  std::swap_ranges(body.begin() + first, body.begin() + static_cast<std::ptrdiff_t>(first + size),
                   body.begin() + static_cast<std::ptrdiff_t>(first + size));
  const auto prefix = decode_prefix(frame, a_secret, an_offset);
  ASSERT_TRUE(prefix);
  EXPECT_FALSE(verify_commit(*prefix, frame));
}

TEST(CommitDamage, ABodyOfAnotherCommitIsDetected) {
  bytes frame = a_commit_frame({a_write("order-1", {an_event("placed", "{}")})});
  const bytes other = a_commit_frame({a_write("order-1", {an_event("placed", "[]")})});
  ASSERT_EQ(frame.size(), other.size());
  std::copy(other.begin() + static_cast<std::ptrdiff_t>(prefix_bytes(1)), other.end(),
            frame.begin() + static_cast<std::ptrdiff_t>(prefix_bytes(1)));
  const auto prefix = decode_prefix(frame, a_secret, an_offset);
  ASSERT_TRUE(prefix);
  EXPECT_FALSE(verify_commit(*prefix, frame));
}

// As after a misdirected write: each part is sound by itself, but not where it stands.
TEST(CommitDamage, PartsOfAnotherCommitAreDetectedAlone) {
  const encoded_commit commit = encode_commit(writes{a_write("s", {an_event("placed", "{}")})});
  const encoded_commit other = encode_commit(writes{a_write("s", {an_event("placed", "[]")})});
  EXPECT_FALSE(decode_stream_table(other.body(), 1, commit.body_digest));
  EXPECT_FALSE(stream_name_at(other.body(), 0, commit.body_digest));
  const auto table = decode_stream_table(other.body(), 1, other.body_digest);
  ASSERT_TRUE(table);
  EXPECT_TRUE(record_cursor(other.body(), table->size_bytes, other.body_digest).next(true));
  EXPECT_FALSE(record_cursor(other.body(), table->size_bytes, commit.body_digest).next(true));
}

// The writer never does this. But a count must not decide how much memory is asked for before it is
// checked.
TEST(CommitDamage, CountsThatCannotBeAreRefusedDespiteTheChecksum) {
  for (const std::uint32_t events : {0U, 2U, 4U, 0xffffffffU}) {
    encoded_commit commit = encode_commit(some_writes());
    frame_prefix prefix = prefix_for(commit);
    prefix.event_count = events;
    set_first_version(commit.frame(), 0, 1);
    set_first_version(commit.frame(), 1, 1);
    encode_prefix(prefix, commit.prefix(), a_secret, an_offset);
    const auto read = decode_prefix(commit.frame(), a_secret, an_offset);
    ASSERT_TRUE(read);
    EXPECT_FALSE(verify_commit(*read, commit.frame())) << events;
  }
}

// A commit whose prefix has another number of streams than its table passed for a sound one.
// Recovery kept it, and nobody could read its events.
TEST(CommitDamage, ANumberOfStreamsThatTheTableDoesNotHaveIsRefusedDespiteTheChecksum) {
  const encoded_commit commit = encode_commit(some_writes());
  ASSERT_EQ(commit.stream_count, 2U);
  for (const std::uint16_t streams : {std::uint16_t{1}, std::uint16_t{2}, std::uint16_t{3}}) {
    bytes frame(prefix_bytes(streams));
    frame.insert(frame.end(), commit.body().begin(), commit.body().end());
    // Records of stream 1 would be refused anyway.
    frame_prefix prefix = prefix_for(commit);
    prefix.stream_count = streams;
    prefix.length = static_cast<std::uint32_t>(frame.size());
    encode_prefix(prefix, std::span(frame).first(prefix_bytes(streams)), a_secret, an_offset);
    const auto read = decode_prefix(frame, a_secret, an_offset);
    ASSERT_TRUE(read);
    EXPECT_EQ(verify_commit(*read, frame), streams == 2) << streams;
  }
}

TEST(CommitDamage, TagsThatDoNotAddUpAreRefusedDespiteTheChecksum) {
  const encoded_commit commit =
      encode_commit({{a_write("s", {an_event("t", "{}", {"ab", "cd"})})}});
  const auto original = record_cursor(commit.body(), 16 + 8, commit.body_digest).next(true);
  ASSERT_TRUE(original);
  const std::size_t tags = event_record_layout::size + 1;
  const auto with = [&](std::size_t offset, unsigned char value) {
    exact_copy copy(original->bytes);
    copy.all()[offset] = static_cast<std::byte>(value);
    store_at(copy.all().data(), checksum64(copy.all().subspan(event_record_layout::checksum.size)) ^
                                    commit.body_digest);
    const auto record = decode_record(copy.all());
    return record && verify_record(*record, commit.body_digest);
  };
  EXPECT_TRUE(with(tags, 2));
  EXPECT_FALSE(with(tags, 3));
  EXPECT_FALSE(with(tags, 0));
  EXPECT_FALSE(with(tags, 255));
  EXPECT_FALSE(with(event_record_layout::tag_count.offset, 1));
  EXPECT_FALSE(with(event_record_layout::tag_count.offset, 3));
}

TEST(CommitDamage, EveryTruncatedBodyIsReadWithinItsBounds) {
  const encoded_commit commit = encode_commit(some_writes());
  for (std::size_t size = 0; size < commit.body().size(); ++size) {
    exact_copy copy(commit.body().first(size));
    EXPECT_LE(read_everything(copy.all(), commit.body_digest), 100 * commit.body().size()) << size;
  }
}

TEST(CommitDamage, EveryDamagedByteIsReadWithinItsBounds) {
  const encoded_commit commit = encode_commit(some_writes());
  for (std::size_t at = 0; at < commit.body().size(); ++at) {
    for (const auto value : {std::byte{0x00}, std::byte{0x7f}, std::byte{0x80}, std::byte{0xff}}) {
      exact_copy copy(commit.body());
      copy.all()[at] = value;
      EXPECT_LE(read_everything(copy.all(), commit.body_digest), 100 * commit.body().size()) << at;
    }
  }
}

/// Bytes that are more likely than noise to look like something: small numbers, zeros and ones.
bytes random_garbage() {
  const auto raw = *rc::gen::container<std::vector<unsigned char>>(
      rc::gen::weightedOneOf<unsigned char>({{6, rc::gen::just<unsigned char>(0)},
                                             {3, rc::gen::inRange<unsigned char>(0, 64)},
                                             {1, rc::gen::just<unsigned char>(0xff)},
                                             {2, rc::gen::arbitrary<unsigned char>()}}));
  bytes garbage(raw.size() * 4);
  for (std::size_t i = 0; i < garbage.size(); ++i)
    garbage[i] = static_cast<std::byte>(raw[i % raw.size()]);
  return garbage;
}

RC_GTEST_PROP(CommitDamage, GarbageIsReadWithinItsBounds, ()) {
  exact_copy garbage(random_garbage());
  static_cast<void>(read_everything(garbage.all(), 0));
  // A table whose checksum holds is followed further.
  if (garbage.all().size() >= 16) {
    const auto names = static_cast<std::uint32_t>((garbage.all().size() - 16) / 8 * 8);
    store_at(garbage.all().data() + commit_body_layout::table_size.offset, names);
    store_at(garbage.all().data(), checksum64(garbage.all().subspan(8, 8 + names)));
    static_cast<void>(read_everything(garbage.all(), 0));
  }
}

RC_GTEST_PROP(CommitDamage, GarbageBehindAValidPrefixIsRefused, ()) {
  bytes frame(prefix_bytes(1));
  const bytes garbage = random_garbage();
  frame.insert(frame.end(), garbage.begin(), garbage.end());
  frame.resize(align_up(frame.size(), alignment_bytes));
  frame_prefix prefix;
  prefix.stream_count = 1;
  prefix.event_count = *rc::gen::inRange<std::uint32_t>(0, 3);
  prefix.length = static_cast<std::uint32_t>(frame.size());
  encode_prefix(prefix, std::span(frame).first(prefix_bytes(1)), a_secret, an_offset);
  exact_copy copy(frame);
  const auto read = decode_prefix(copy.all(), a_secret, an_offset);
  RC_ASSERT(read.has_value());
  RC_ASSERT(!verify_commit(*read, copy.all()));
}

}  // namespace
}  // namespace mainstem::format
