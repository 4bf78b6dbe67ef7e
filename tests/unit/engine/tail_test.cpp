// SPDX-License-Identifier: Apache-2.0
#include "index/tail.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mainstem::index {
namespace {

constexpr std::uint64_t secret = 42;

event_id id_of(std::uint64_t number) {
  uuid::bytes_type bytes{};
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::byte>(number >> (8U * i));
  return event_id(bytes);
}

void add(tail_generation& to, std::string_view stream, std::uint64_t at, std::uint64_t in_stream) {
  to.add(hash_name(stream, secret), stream, event_address(1, at * 8), position(at),
         version(in_stream), id_of(at));
}

TEST(TailGeneration, FindsTheEventsOfAStreamNewestFirst) {
  tail_generation generation(16);
  add(generation, "order-1", 1, 1);
  add(generation, "order-2", 2, 1);
  add(generation, "order-1", 3, 2);

  const tail_event* newest = generation.newest(hash_name("order-1", secret));
  ASSERT_NE(newest, nullptr);
  EXPECT_EQ(newest->version, 2U);
  EXPECT_EQ(newest->id, id_of(3));
  const tail_event* first = generation.before(*newest);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->position, 1U);
  EXPECT_EQ(generation.before(*first), nullptr);
  EXPECT_EQ(generation.newest(hash_name("order-3", secret)), nullptr);
}

TEST(TailGeneration, IsFullAtWhatItExpectsAndTakesMoreAllTheSame) {
  tail_generation generation(4);
  for (std::uint64_t i = 1; i <= 20; ++i) {
    EXPECT_EQ(generation.is_full(), i > 4) << i;
    add(generation, "order-" + std::to_string(i), i, 1);
  }
  EXPECT_EQ(generation.event_count(), 20U);
  EXPECT_EQ(generation.last_position(), position(20));
}

// Far more events than fit into one block of memory, over streams that share slots.
TEST(TailGeneration, HandsTheIndexEveryEventOnceInOrder) {
  constexpr std::uint64_t events = 20'000;
  constexpr std::uint64_t streams = 700;
  tail_generation generation(events);
  std::vector<std::uint64_t> versions(streams);
  for (std::uint64_t at = 1; at <= events; ++at) {
    const std::uint64_t stream = at * at % streams;
    add(generation, "order-" + std::to_string(stream), at, ++versions[stream]);
  }
  const auto chunks = generation.to_chunks();
  std::size_t seen = 0;
  for (const auto& chunk : chunks.streams) {
    const auto stream = std::stoull(std::string(chunk.stream.substr(6)));
    EXPECT_EQ(chunk.first_version, version(1));
    ASSERT_EQ(chunk.events.size(), versions[stream]);
    std::uint64_t before = 0;
    for (const auto& event : chunk.events) {
      const std::uint64_t at = event.address.offset_bytes() / 8;
      EXPECT_GT(at, before);
      EXPECT_EQ(at * at % streams, stream);
      EXPECT_EQ(event.id_hash, hash_id(id_of(at)));
      before = at;
    }
    EXPECT_EQ(chunk.last_position, position(before));
    seen += chunk.events.size();
  }
  EXPECT_EQ(seen, events);
}

TEST(Tail, ReadersKeepWhatTheyTookWhenItIsDropped) {
  tail all;
  all.push(std::make_shared<tail_generation>(4));
  const auto before = all.snapshot();
  all.push(std::make_shared<tail_generation>(4));
  all.drop_oldest();
  EXPECT_EQ(before->size(), 1U);
  EXPECT_EQ(all.snapshot()->size(), 1U);
  EXPECT_NE(before->front(), all.snapshot()->front());
}

}  // namespace
}  // namespace mainstem::index
