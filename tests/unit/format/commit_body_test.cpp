// SPDX-License-Identifier: Apache-2.0
#include "format/commit_body.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "format/event_access.h"
#include "format_support.h"

namespace mainstem::format {
namespace {

std::string random_name() {
  const auto size = *rc::gen::inRange<std::size_t>(1, 256);
  std::string name = *rc::gen::container<std::string>(size, rc::gen::inRange<char>('0', 'z'));
  return name;
}

bytes random_bytes(std::size_t most) {
  const auto size = *rc::gen::inRange<std::size_t>(0, most + 1);
  const auto raw =
      *rc::gen::container<std::vector<unsigned char>>(size, rc::gen::arbitrary<unsigned char>());
  bytes made(size);
  for (std::size_t i = 0; i < size; ++i) made[i] = static_cast<std::byte>(raw[i]);
  return made;
}

event_data random_event() {
  std::set<std::string> tags;
  const auto tag_count = *rc::gen::inRange<std::size_t>(0, 8);
  while (tags.size() < tag_count) tags.insert(random_name());
  const bytes metadata = random_bytes(40);
  const bytes payload = random_bytes(*rc::gen::elementOf(std::vector<std::size_t>{0, 9, 300}));
  const auto kind = *rc::gen::element(codec::binary, codec::json, codec::text, codec::capnp);
  return event_data(random_name(), {payload, kind},
                    {.tags = {tags.begin(), tags.end()}, .metadata = metadata});
}

writes random_writes() {
  writes all;
  const auto streams = *rc::gen::inRange<std::size_t>(1, 6);
  for (std::size_t i = 0; i < streams; ++i) {
    std::vector<event_data> events;
    const auto count = *rc::gen::inRange<std::size_t>(1, 5);
    for (std::size_t e = 0; e < count; ++e) events.push_back(random_event());
    all.push_back(a_write(std::to_string(i) + random_name().substr(0, 200), std::move(events)));
  }
  return all;
}

void check_same(const event_record& record, const event_data& event) {
  RC_ASSERT(record.id() == event.id());
  RC_ASSERT(record.type == event.type());
  RC_ASSERT(record.codec == event.codec());
  RC_ASSERT(record.flags == 0);
  RC_ASSERT(std::ranges::equal(record.payload, event.payload()));
  RC_ASSERT(std::ranges::equal(record.metadata, event.metadata()));
  const event_view view = detail::event_access::make_view(position(1), version(1), 0, "s", record);
  RC_ASSERT(view.tags().size() == event.tags().size());
  RC_ASSERT(std::ranges::equal(view.tags(), event.tags()));
}

RC_GTEST_PROP(CommitBody, ReadsBackWhatWasWritten, ()) {
  const writes all = random_writes();
  const encoded_commit commit = encode_commit(all);
  RC_ASSERT(commit.length == commit_frame_bytes(all));
  RC_ASSERT(commit.length % alignment_bytes == 0U);
  RC_ASSERT(commit.stream_count == all.size());

  const auto table = decode_stream_table(commit.body(), all.size(), commit.body_digest);
  RC_ASSERT(table.has_value());
  for (std::size_t i = 0; i < all.size(); ++i) {
    RC_ASSERT(table->names[i] == all[i].stream.str());
    RC_ASSERT(stream_name_at(commit.body(), i, commit.body_digest) == table->names[i]);
  }
  RC_ASSERT(!stream_name_at(commit.body(), all.size(), commit.body_digest));

  record_cursor cursor(commit.body(), table->size_bytes, commit.body_digest);
  std::size_t ordinal = 0;
  for (std::size_t stream = 0; stream < all.size(); ++stream) {
    for (std::size_t i = 0; i < all[stream].events.size(); ++i, ++ordinal) {
      const auto record = cursor.next(true);
      RC_ASSERT(record.has_value());
      check_same(*record, all[stream].events[i]);
      RC_ASSERT(record->ordinal == ordinal);
      RC_ASSERT(record->stream_index == stream);
      RC_ASSERT(record->stream_ordinal == i);
      RC_ASSERT(commit.body().data() + record->body_offset_bytes == record->bytes.data());
      RC_ASSERT((record->payload.data() - commit.bytes.get()) % 8 == 0);
      const auto& noted = commit.records[ordinal];
      RC_ASSERT(noted.offset_bytes == prefix_bytes(all.size()) + record->body_offset_bytes);
      RC_ASSERT(noted.stream_index == stream);
      RC_ASSERT(noted.id == record->id());
    }
  }
  RC_ASSERT(cursor.at_end());
  RC_ASSERT(!cursor.next(true));
  RC_ASSERT(commit.records.size() == ordinal);
}

RC_GTEST_PROP(CommitBody, IsTheSameForTheSameRequest, ()) {
  const writes all = random_writes();
  const encoded_commit first = encode_commit(all);
  // Buffers are used again: what stood in them before must not show.
  { const encoded_commit between = encode_commit(random_writes()); }
  const encoded_commit second = encode_commit(all);
  RC_ASSERT(first.body_digest == second.body_digest);
  RC_ASSERT(std::ranges::equal(first.body(), second.body()));
}

RC_GTEST_PROP(CommitBody, VerifiesInItsFrame, ()) {
  const bytes frame = a_commit_frame(random_writes());
  const auto prefix = decode_prefix(frame, a_secret, an_offset);
  RC_ASSERT(prefix.has_value());
  RC_ASSERT(verify_commit(*prefix, frame));
}

// So that a commit can be stored elsewhere byte for byte, and a retry be told from another request.
TEST(CommitBody, DoesNotDependOnPrefixStoreOrOffset) {
  const bytes here = a_commit_frame(some_writes());
  const bytes there = a_commit_frame(some_writes(), a_secret + 1, an_offset + 8);
  const auto body = [](const bytes& frame) { return std::span(frame).subspan(prefix_bytes(2)); };
  EXPECT_TRUE(std::ranges::equal(body(here), body(there)));
  EXPECT_NE(load<std::uint64_t>(here.data()), load<std::uint64_t>(there.data()));
}

TEST(CommitBody, DependsOnEverythingInTheRequest) {
  std::vector<writes> variants = {
      some_writes(),
      {a_write("order-1", {an_event("placed", "{}")})},
      {a_write("order-2", {an_event("placed", "{}")})},
      {a_write("order-1", {an_event("places", "{}")})},
      {a_write("order-1", {an_event("placed", "[]")})},
      {a_write("order-1", {an_event("placed", "{}", {"a"})})},
      {a_write("order-1", {an_event("placed", "{}", {"b"})})},
      {a_write("order-1", {an_event("placed", "{}", {}, "m")})},
      {a_write("order-1", {event_data("placed", json("{}"), {.id = a_uuid(8)})})},
      {a_write("order-1", {event_data("placed", text("{}"), {.id = a_uuid(7)})})},
      {a_write("order-1", {an_event("placed", "{}"), an_event("placed", "{}")})},
      {a_write("order-1", {an_event("placed", "{}")}),
       a_write("order-2", {an_event("placed", "{}")})},
  };
  std::set<std::uint64_t> digests;
  std::set<std::vector<std::byte>> bodies;
  for (const writes& all : variants) {
    const encoded_commit commit = encode_commit(all);
    digests.insert(commit.body_digest);
    bodies.insert({commit.body().begin(), commit.body().end()});
  }
  EXPECT_EQ(digests.size(), variants.size());
  EXPECT_EQ(bodies.size(), variants.size());
}

// The streams' expectations are judged by the commit, and are no part of what is stored.
TEST(CommitBody, DoesNotDependOnExpectedVersions) {
  writes expecting = some_writes();
  for (auto& write : expecting) write.expected = exactly(version(5));
  EXPECT_EQ(encode_commit(expecting).body_digest, encode_commit(some_writes()).body_digest);
}

TEST(CommitBody, LargestPayloadReadsBack) {
  const bytes payload(limits::payload_bytes, std::byte{0x5a});
  const bytes metadata(limits::metadata_bytes, std::byte{0xa5});
  const writes all = {a_write("big-1", {event_data("grew", {payload}, {.metadata = metadata})})};
  const bytes frame = a_commit_frame(all);
  const auto prefix = decode_prefix(frame, a_secret, an_offset);
  ASSERT_TRUE(prefix);
  EXPECT_TRUE(verify_commit(*prefix, frame));
  const auto body = std::span<const std::byte>(frame).subspan(prefix_bytes(1));
  record_cursor cursor(body, commit_body_layout::size + 8, prefix->body_digest);
  const auto record = cursor.next(true);
  ASSERT_TRUE(record);
  EXPECT_TRUE(std::ranges::equal(record->payload, payload));
  EXPECT_TRUE(std::ranges::equal(record->metadata, metadata));
}

TEST(CommitBody, MostTagsOfTheLargestSizeReadBack) {
  std::vector<std::string> tags;
  for (std::size_t i = 0; i < limits::tags_per_event; ++i) {
    tags.push_back(std::string(limits::name_bytes - 2, 't') + std::to_string(10 + i));
  }
  const encoded_commit commit = encode_commit(
      writes{a_write(std::string(255, 's'), {an_event(std::string(255, 'e'), "{}", tags)})});
  const auto table = decode_stream_table(commit.body(), 1, commit.body_digest);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->names.front(), std::string(255, 's'));
  const auto record =
      record_cursor(commit.body(), table->size_bytes, commit.body_digest).next(true);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->type, std::string(255, 'e'));
  EXPECT_EQ(record->tag_count, limits::tags_per_event);
  const event_view view = detail::event_access::make_view(position(1), version(1), 0, "s", *record);
  EXPECT_TRUE(std::ranges::equal(view.tags(), tags));
}

TEST(CommitBody, MostStreamsReadBack) {
  writes all;
  for (std::size_t i = 0; i < limits::streams_per_commit; ++i) {
    all.push_back(a_write("stream-" + std::to_string(i), {an_event("t", "")}));
  }
  const bytes frame = a_commit_frame(all);
  const auto prefix = decode_prefix(frame, a_secret, an_offset);
  ASSERT_TRUE(prefix);
  EXPECT_TRUE(verify_commit(*prefix, frame));
  const auto body = std::span<const std::byte>(frame).subspan(prefix_bytes(all.size()));
  EXPECT_EQ(stream_name_at(body, 1023, prefix->body_digest), "stream-1023");
  EXPECT_EQ(first_version_of(frame, 1023), 10231U);
}

}  // namespace
}  // namespace mainstem::format
