// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "api_support.h"

namespace mainstem::api::test {
namespace {

using list = std::vector<std::uint64_t>;

/// The sizes of a reader's batches.
template <class Reader>
std::vector<std::size_t> batch_sizes(Reader reader) {
  std::vector<std::size_t> sizes;
  while (const auto batch = reader.next().value()) sizes.push_back(batch.size());
  return sizes;
}

class EventBatch : public testing::TestWithParam<read_mode> {
 protected:
  store_options options() const {
    auto chosen = quiet_options();
    chosen.read_mode = GetParam();
    return chosen;
  }
  temporary_folder folder_;
  std::optional<store> log_{store::open(folder_ / "store", options()).value()};
};

TEST_P(EventBatch, HoldsNoMoreEventsThanAskedFor) {
  fill(*log_, 1, 25, "s");
  using sizes = std::vector<std::size_t>;
  EXPECT_EQ(batch_sizes(log_->read_all({.batch = {.events = 10}})), (sizes{10, 10, 5}));
  EXPECT_EQ(batch_sizes(log_->read_all({.limit = 12, .batch = {.events = 10}})), (sizes{10, 2}));
  EXPECT_EQ(batch_sizes(log_->read_all({.batch = {.events = 1}})), sizes(25, 1));
  EXPECT_EQ(
      batch_sizes(log_->read_all({.direction = direction::backwards, .batch = {.events = 10}})),
      (sizes{10, 10, 5}));
  EXPECT_EQ(batch_sizes(log_->read_stream(named("s-1"), {.batch = {.events = 3}})), (sizes{3, 1}));
}

TEST_P(EventBatch, HoldsNoMoreBytesThanAskedForButOneEventAlways) {
  fill(*log_, 1, 14, "s");  // 200 bytes each.
  using sizes = std::vector<std::size_t>;
  EXPECT_EQ(batch_sizes(log_->read_all({.batch = {.bytes = 1}})), sizes(14, 1));
  EXPECT_EQ(batch_sizes(log_->read_all({.batch = {.bytes = 0}})), sizes(14, 1));
  EXPECT_EQ(batch_sizes(log_->read_all({.batch = {.events = 0}})), sizes(14, 1));
  EXPECT_EQ(batch_sizes(log_->read_stream(named("s-1"), {.batch = {.bytes = 1}})), sizes(2, 1));
  EXPECT_EQ(batch_sizes(log_->read_stream(named("s-1"), {.batch = {.events = 0}})), sizes(2, 1));
  for (const auto size : batch_sizes(log_->read_all({.batch = {.bytes = 1'000}})))
    EXPECT_LE(size, 5U);
  const auto whole = batch_sizes(log_->read_all({.batch = {.bytes = 10'000}}));
  EXPECT_EQ(whole, sizes{14});
}

TEST_P(EventBatch, GivesBackEverythingThatAnEventCarries) {
  const std::string bytes("\0\xff\x80 binary\n", 11);
  const std::vector<event_data> events{
      {"made",
       json(R"({"cents":1999})"),
       {.tags = {"z", "a", "\xc3\xbc"}, .metadata = bytes_of("who")}},
      {"said", text(""), {}},
      {"stored", binary(bytes_of(bytes)), {.metadata = bytes_of(bytes)}},
      {"schema", payload_view{bytes_of("capnproto"), codec::capnp}, {.tags = {"only"}}},
  };
  ASSERT_TRUE(log_->append(named("all-1"), no_stream, events).value().committed());
  const auto found = all_of(*log_);
  ASSERT_EQ(found.size(), events.size());
  for (std::size_t index = 0; index < events.size(); ++index) {
    EXPECT_EQ(found[index].id, events[index].id());
    EXPECT_EQ(found[index].type, events[index].type());
    EXPECT_EQ(found[index].codec, events[index].codec());
    EXPECT_EQ(found[index].payload, text_of(events[index].payload()));
    EXPECT_EQ(found[index].metadata, text_of(events[index].metadata()));
    EXPECT_EQ(found[index].tags, events[index].tags());
  }
  EXPECT_EQ(found, all_of(*log_, "all-1"));
}

TEST_P(EventBatch, PayloadsStandOnEightByteBoundaries) {
  for (std::uint64_t number = 1; number <= 40; ++number) {
    const event_data event(std::string(number, 't'), text(std::string(number, 'p')),
                           {.id = id_of(number), .metadata = bytes_of("123")});
    ASSERT_TRUE(log_->append(named("s" + std::string(number, 'x')), any,
                             {event, sized(100 + number, number)})
                    .value()
                    .committed());
  }
  const auto expect_aligned = [](const event_view& event) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(event.payload().data()) % 8, 0U) << event.position();
  };
  auto reader = log_->read_all();
  while (const auto batch = reader.next().value()) {
    for (const auto& event : batch.events()) {
      expect_aligned(event);
      const auto owned = to_owned(event);
      expect_aligned(owned.view());
    }
  }
}

TEST_P(EventBatch, OutlivesReadsAppendsClosingAndTheFolder) {
  fill(*log_, 1, 700);  // Several segments.
  auto reader = log_->read_all({.batch = {.events = 100}});
  std::vector<event_batch> batches;
  while (auto batch = reader.next().value()) batches.push_back(std::move(batch));
  ASSERT_EQ(batches.size(), 7U);
  const auto single = log_->read_event(position(5)).value();
  const auto last = log_->read_last(named("fill-1")).value();
  const auto owned = to_owned(batches.front().events()[6]);
  fill(*log_, 1'001, 700);
  log_->close().value();
  log_.reset();
  std::filesystem::remove_all(folder_ / "store");

  std::uint64_t number = 0;
  for (const auto& batch : batches) {
    const event_batch copy = batch;  // Any copy keeps the events.
    for (const auto& event : copy.events()) {
      ++number;
      EXPECT_EQ(event.position(), position(number));
      EXPECT_EQ(event.payload_text(), text_of(sized(number, 200).payload()));
      EXPECT_EQ(event.stream(), "fill-" + std::to_string(number % 7));
    }
  }
  EXPECT_EQ(number, 700U);
  EXPECT_EQ((*single)->payload_text(), text_of(sized(5, 200).payload()));
  EXPECT_EQ((**last).version(), version(100));
  batches.clear();
  EXPECT_EQ(owned->payload_text(), text_of(sized(7, 200).payload())) << "it owns its memory";
  EXPECT_EQ(owned->stream(), "fill-0");
}

TEST_P(EventBatch, CopyOfAnEventKeepsAllOfIt) {
  const event_data event("made", json("{}"),
                         {.id = id_of(1), .tags = {"a", "b"}, .metadata = bytes_of("m")});
  ASSERT_TRUE(log_->append(named("a"), no_stream, {event}).value().committed());
  std::optional<mainstem::event> owned;
  stored expected;
  {
    const auto batch = log_->read_all().next().value();
    expected = copy_of(batch.events().front());
    owned = to_owned(batch.events().front());
  }
  const auto again = *owned;
  owned.reset();
  EXPECT_EQ(copy_of(again.view()), expected);
}

TEST_P(EventBatch, ReadsManySegmentsExactly) {
  std::vector<std::pair<std::string, std::string>> expected;  // Stream, payload.
  std::uint64_t number = 0;
  while (log_->info().segments < 12) {
    const std::string stream = "s-" + std::to_string(number % 37);
    std::vector<event_data> events;
    for (std::uint64_t count = 0; count <= number % 5; ++count) {
      ++number;
      events.push_back(sized(number, number * 7919 % 3'000));
      expected.emplace_back(stream, text_of(events.back().payload()));
    }
    ASSERT_TRUE(
        log_->append(named(stream), any, events, {durability::buffered}).value().committed());
  }
  log_->flush().value();
  for (int round = 0; round < 2; ++round) {
    const auto found = all_of(*log_);
    ASSERT_EQ(found.size(), expected.size());
    std::map<std::string, std::vector<stored>> streams;
    for (std::size_t index = 0; index < found.size(); ++index) {
      ASSERT_EQ(found[index].position, index + 1);
      ASSERT_EQ(found[index].stream, expected[index].first);
      ASSERT_EQ(found[index].payload, expected[index].second);
      auto& stream = streams[found[index].stream];
      stream.push_back(found[index]);
      ASSERT_EQ(found[index].version, stream.size());
      if (index > 0) {
        ASSERT_GE(found[index].time, found[index - 1].time);
      }
    }
    auto backwards = all_of(*log_, {.direction = direction::backwards});
    EXPECT_TRUE(std::equal(found.rbegin(), found.rend(), backwards.begin(), backwards.end()));
    for (const auto& [name, events] : streams) EXPECT_EQ(all_of(*log_, name), events);
    log_.reset();
    log_.emplace(store::open(folder_ / "store", options()).value());
  }
}

TEST_P(EventBatch, ReadsTheLargestPayload) {
  log_.reset();
  auto large = options();
  large.segment_size_bytes = 64U << 20U;
  log_.emplace(store::open(folder_ / "large", large).value());
  const auto most = sized(1, 16U << 20U);
  ASSERT_TRUE(log_->append(named("a"), any, {most, sized(2, 10)}).value().committed());
  const auto found = all_of(*log_, "a");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(found[0].payload == text_of(most.payload()));
  EXPECT_EQ(batch_sizes(log_->read_all()), (std::vector<std::size_t>{1, 1})) << "1 MiB in a batch";
}

INSTANTIATE_TEST_SUITE_P(Mode, EventBatch, testing::Values(read_mode::mapped, read_mode::copied),
                         [](const auto& mode) {
                           return mode.param == read_mode::mapped ? "Mapped" : "Copied";
                         });

}  // namespace
}  // namespace mainstem::api::test
