// SPDX-License-Identifier: Apache-2.0
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "settled_store.h"

namespace mainstem::api::test {
namespace {

constexpr version v(std::uint64_t number) { return version(number); }

/// Ten events in `a`, in commits of 1, 2, 3 and 4, with events of `b` between and behind them.
class StreamReader : public settled_store {
 protected:
  void existing() {
    std::uint64_t number = 0;
    for (std::uint64_t size = 1; size <= 4; ++size) {
      append_request request;
      std::vector<event_data> events;
      for (std::uint64_t count = 0; count < size; ++count) events.push_back(numbered(++number));
      request.write(named("a"), any, events);
      request.write(named("b"), any, {numbered(100 + size)});
      ASSERT_TRUE(log().append(request).value().committed());
    }
    settle();
  }
  std::vector<std::uint64_t> read(const read_stream_options& options) {
    const auto found = all_of(log(), "a", options);
    for (const auto& event : found) {
      EXPECT_EQ(event.stream, "a");
      EXPECT_EQ(event.version, number_of(event.id));
      EXPECT_EQ(event.payload, text_of(numbered(event.version).payload()));
    }
    return versions_of(found);
  }
};

using list = std::vector<std::uint64_t>;

TEST_P(StreamReader, ReadsForwardsAndBackwards) {
  existing();
  EXPECT_EQ(read({}), numbers(1, 10));
  EXPECT_EQ(read({.direction = direction::backwards}), numbers(10, 1));
  EXPECT_EQ(positions_of(all_of(log(), "b")), (list{2, 5, 9, 14}));
}

TEST_P(StreamReader, LimitOf0IsNoEvents) {
  existing();
  for (const auto way : {direction::forwards, direction::backwards}) {
    EXPECT_EQ(read({.direction = way, .limit = 0}), list{});
    EXPECT_EQ(positions_of(all_of(log(), read_all_options{.direction = way, .limit = 0})), list{});
  }
}

TEST_P(StreamReader, RangesAreExclusive) {
  existing();
  for (const auto way : {direction::forwards, direction::backwards}) {
    const auto turned = [&](std::uint64_t first, std::uint64_t last) {
      return way == direction::forwards ? numbers(first, last) : numbers(last, first);
    };
    EXPECT_EQ(read({.after = v(3), .direction = way}), turned(4, 10));
    EXPECT_EQ(read({.before = v(8), .direction = way}), turned(1, 7));
    EXPECT_EQ(read({.after = v(3), .before = v(8), .direction = way}), turned(4, 7));
    EXPECT_EQ(read({.after = v(9), .before = v(11), .direction = way}), turned(10, 10));
    EXPECT_EQ(read({.after = v(9), .before = version::max(), .direction = way}), turned(10, 10));
    EXPECT_EQ(read({.after = v(3), .before = v(4), .direction = way}), list{});
    EXPECT_EQ(read({.after = v(3), .before = v(3), .direction = way}), list{});
    EXPECT_EQ(read({.after = v(8), .before = v(3), .direction = way}), list{});
    EXPECT_EQ(read({.after = v(10), .direction = way}), list{});
    EXPECT_EQ(read({.after = version::max(), .direction = way}), list{});
    EXPECT_EQ(read({.before = v(1), .direction = way}), list{});
    EXPECT_EQ(read({.before = v(0), .direction = way}), list{});
  }
}

TEST_P(StreamReader, LimitIsOverAllBatches) {
  existing();
  EXPECT_EQ(read({.limit = 1}), numbers(1, 1));
  EXPECT_EQ(read({.limit = 7, .batch = {.events = 2}}), numbers(1, 7));
  EXPECT_EQ(read({.direction = direction::backwards, .limit = 7, .batch = {.events = 3}}),
            numbers(10, 4));
  EXPECT_EQ(read({.after = v(4), .limit = 3}), numbers(5, 7));
  EXPECT_EQ(read({.before = v(8), .direction = direction::backwards, .limit = 3}), numbers(7, 5));
  EXPECT_EQ(read({.limit = 10}), numbers(1, 10));
  EXPECT_EQ(read({.limit = 11}), numbers(1, 10));
  EXPECT_EQ(read({.limit = 0}), list{});
}

TEST_P(StreamReader, StreamThatDoesNotExistIsEmpty) {
  existing();
  auto reader = log().read_stream(named("nobody"));
  EXPECT_TRUE(reader.next().value().empty());
  EXPECT_EQ(log().read_last(named("nobody")).value().has_value(), false);
  const auto info = log().stream_info(named("nobody")).value();
  EXPECT_FALSE(info.exists());
  EXPECT_EQ(std::tuple(info.version, info.last_position), std::tuple(v(0), position(0)));
}

TEST_P(StreamReader, NamesArePlainBytesNotPrefixes) {
  existing();
  ASSERT_TRUE(log().append(named("a-"), no_stream, {numbered(201)}).value().committed());
  ASSERT_TRUE(log().append(named("A"), no_stream, {numbered(202)}).value().committed());
  settle();
  EXPECT_EQ(read({}), numbers(1, 10));
  EXPECT_EQ(all_of(log(), "a-").size(), 1U);
  EXPECT_EQ(all_of(log(), "A").size(), 1U);
  EXPECT_EQ(all_of(log(), "a-x").size(), 0U);
}

TEST_P(StreamReader, GoesOnAfterTheEnd) {
  existing();
  auto reader = log().read_stream(named("a"), {.after = v(8)});
  EXPECT_EQ(versions_of(drain(reader)), numbers(9, 10));
  EXPECT_TRUE(reader.next().value().empty());
  ASSERT_EQ(append("a", exactly(v(10)), {11, 12}), "committed 15..16 a@12");
  EXPECT_EQ(versions_of(drain(reader)), numbers(11, 12));

  auto bounded =
      log().read_stream(named("a"), {.before = v(14), .limit = 13, .batch = {.events = 5}});
  EXPECT_EQ(versions_of(drain(bounded)), numbers(1, 12));
  ASSERT_EQ(append("a", exactly(v(12)), {13, 14}), "committed 17..18 a@14");
  EXPECT_EQ(versions_of(drain(bounded)), numbers(13, 13)) << "before is still exclusive";
  EXPECT_EQ(versions_of(drain(bounded)), list{});
}

TEST_P(StreamReader, ReaderOfAStreamThatComesLaterGoesOn) {
  existing();
  auto reader = log().read_stream(named("late"));
  EXPECT_TRUE(reader.next().value().empty());
  ASSERT_EQ(append("late", no_stream, {301}), "committed 15..15 late@1");
  EXPECT_EQ(versions_of(drain(reader)), numbers(1, 1));
}

TEST_P(StreamReader, LimitThatIsReachedStaysReached) {
  existing();
  auto reader = log().read_stream(named("a"), {.limit = 10});
  EXPECT_EQ(versions_of(drain(reader)), numbers(1, 10));
  ASSERT_EQ(append("a", any, {11}), "committed 15..15 a@11");
  EXPECT_TRUE(reader.next().value().empty());
}

TEST_P(StreamReader, FindsSingleEvents) {
  existing();
  for (std::uint64_t number = 1; number <= 10; ++number) {
    const auto by_version = log().read_event(named("a"), v(number)).value();
    ASSERT_TRUE(by_version) << number;
    EXPECT_EQ(number_of(by_version->view().id()), number);
    const auto by_id = log().read_event(named("a"), id_of(number)).value();
    ASSERT_TRUE(by_id) << number;
    EXPECT_EQ(by_id->view().version(), v(number));
    const auto by_position = log().read_event(by_id->view().position()).value();
    ASSERT_TRUE(by_position) << number;
    EXPECT_EQ(copy_of(by_position->view()), copy_of(by_version->view()));
    EXPECT_EQ(copy_of(by_position->view()), copy_of(by_id->view()));
  }
  EXPECT_EQ(log().read_last(named("a")).value()->view().version(), v(10));
  EXPECT_EQ(log().read_last(named("b")).value()->view().position(), position(14));
  EXPECT_EQ(log().stream_info(named("a")).value().version, v(10));
  EXPECT_EQ(log().stream_info(named("a")).value().last_position, position(13));
}

TEST_P(StreamReader, AnswersNothingForEventsThatAreNotThere) {
  existing();
  EXPECT_FALSE(log().read_event(position(0)).value());
  EXPECT_FALSE(log().read_event(position(15)).value());
  EXPECT_FALSE(log().read_event(position::max()).value());
  EXPECT_FALSE(log().read_event(named("a"), v(0)).value());
  EXPECT_FALSE(log().read_event(named("a"), v(11)).value());
  EXPECT_FALSE(log().read_event(named("a"), version::max()).value());
  EXPECT_FALSE(log().read_event(named("nobody"), v(1)).value());
  EXPECT_FALSE(log().read_event(named("a"), id_of(101)).value()) << "it stands in b";
  EXPECT_FALSE(log().read_event(named("a"), event_id{}).value());
  EXPECT_FALSE(log().read_event(named("nobody"), id_of(1)).value());
}

INSTANTIATE_TEST_SUITE_P(Standing, StreamReader, every_standing, name_of_standing);

}  // namespace
}  // namespace mainstem::api::test
