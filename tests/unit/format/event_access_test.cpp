// SPDX-License-Identifier: Apache-2.0
#include "format/event_access.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "format_support.h"

namespace mainstem {
namespace {

using detail::event_access;

/// A batch over the first event of a commit, whose bytes are the batch's alone.
event_batch a_batch(const event_data& stored) {
  auto commit = std::make_shared<format::encoded_commit>(
      format::encode_commit(format::writes{format::a_write("order-1", {stored})}));
  const auto table = format::decode_stream_table(commit->body(), 1, commit->body_digest);
  const auto record =
      format::record_cursor(commit->body(), table->size_bytes, commit->body_digest).next(true);
  std::vector<event_view> views{event_access::make_view(
      position(7), version(3), 1'700'000'000'000'000'123U, table->names[0], *record)};
  return event_access::make_batch(std::move(views), {commit});
}

/// The same, copied out of its batch, which is gone then.
event an_owned(const event_data& stored) {
  const event_batch batch = a_batch(stored);
  return to_owned(batch.events().front());
}

event_data rich_event() { return format::an_event("placed", R"({"a":1})", {"x", "yz"}, "meta"); }

void expect_rich(const event_view& view) {
  EXPECT_EQ(view.position(), position(7));
  EXPECT_EQ(view.version(), version(3));
  EXPECT_EQ(view.stream(), "order-1");
  EXPECT_EQ(view.type(), "placed");
  EXPECT_EQ(view.id(), format::a_uuid(7));
  EXPECT_EQ(view.codec(), codec::json);
  EXPECT_EQ(view.payload_text(), R"({"a":1})");
  EXPECT_EQ(as_text(view.metadata()), "meta");
  EXPECT_EQ(view.metadata_text(), "meta");
  EXPECT_EQ(view.time().time_since_epoch().count(), 1'700'000'000'000'000'123);
  EXPECT_EQ(view.tags().size(), 2U);
  EXPECT_FALSE(view.tags().empty());
  const std::vector<std::string_view> tags(view.tags().begin(), view.tags().end());
  EXPECT_EQ(tags, (std::vector<std::string_view>{"x", "yz"}));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(view.payload().data()) % 8, 0U);
}

TEST(EventView, ShowsEverythingThatIsStored) {
  const event_batch batch = a_batch(rich_event());
  ASSERT_EQ(batch.size(), 1U);
  expect_rich(batch.events().front());
}

// A view of the tags may be taken from a temporary view of the event, and outlive it.
static_assert(std::ranges::forward_range<tag_list_view>);
static_assert(std::ranges::view<tag_list_view>);
static_assert(std::ranges::borrowed_range<tag_list_view>);

TEST(TagListView, IsARangeThatCanBeSearched) {
  const event_batch batch = a_batch(rich_event());
  const auto tags = batch.events().front().tags();
  EXPECT_TRUE(tags.contains("x"));
  EXPECT_TRUE(tags.contains("yz"));
  for (const auto* other : {"", "y", "z", "xy", "X"}) EXPECT_FALSE(tags.contains(other)) << other;
  EXPECT_EQ(std::ranges::distance(batch.events().front().tags()), 2);
  const auto found = std::ranges::find(batch.events().front().tags(), "yz");
  EXPECT_EQ(*found, "yz");
  EXPECT_FALSE(tag_list_view().contains(""));
}

// Under AddressSanitizer, a pointer into the batch's memory that was left behind is an error.
TEST(ToOwned, OutlivesTheBatch) {
  const event copy = [] {
    const event_batch batch = a_batch(rich_event());
    return to_owned(batch.events().front());
  }();
  expect_rich(copy.view());
  expect_rich(*copy);
  EXPECT_EQ(copy->type(), "placed");
}

TEST(ToOwned, CopiesOfTheCopyShareItsMemory) {
  event last = [] {
    const event first = an_owned(rich_event());
    return first;
  }();
  const event other = last;
  EXPECT_EQ(other->payload().data(), last->payload().data());
  last = to_owned(other.view());
  EXPECT_NE(other->payload().data(), last->payload().data());
  expect_rich(other.view());
  expect_rich(last.view());
}

TEST(ToOwned, TakesAnEventWithNothingInIt) {
  const event copy = an_owned(event_data("t", {}, {.id = format::a_uuid(7)}));
  EXPECT_TRUE(copy->payload().empty());
  EXPECT_TRUE(copy->metadata().empty());
  EXPECT_TRUE(copy->tags().empty());
  EXPECT_EQ(copy->tags().begin(), copy->tags().end());
  EXPECT_EQ(copy->type(), "t");
  EXPECT_EQ(copy->id(), format::a_uuid(7));
}

TEST(ToOwned, PayloadsOfEverySizeAreAligned) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string payload(size, 'p');
    const event copy = an_owned(format::an_event("t", payload, {"a"}, "m"));
    EXPECT_EQ(copy->payload_text(), payload);
    EXPECT_EQ(as_text(copy->metadata()), "m");
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(copy->payload().data()) % 8, 0U);
  }
}

template <class Batch>
concept can_begin = requires(Batch&& batch) {
  std::forward<Batch>(batch).begin();
};
template <class Batch>
concept can_end = requires(Batch&& batch) {
  std::forward<Batch>(batch).end();
};
template <class Event>
concept has_arrow = requires(Event&& one) {
  std::forward<Event>(one).operator->();
};

// What would outlive the memory that it points to does not compile.
static_assert(can_begin<event_batch&> && can_begin<const event_batch&>);
static_assert(can_end<event_batch&> && can_end<const event_batch&>);
static_assert(!can_begin<event_batch> && !can_end<event_batch>);
static_assert(has_arrow<event&> && has_arrow<const event&> && !has_arrow<event>);

TEST(EventBatch, IsARangeOfItsEvents) {
  const event_batch batch = a_batch(rich_event());
  std::size_t count = 0;
  for (const auto& event : batch) {
    expect_rich(event);
    ++count;
  }
  EXPECT_EQ(count, 1U);
  for (const auto& event : event_batch()) FAIL() << event.position();
}

TEST(EventBatch, OneWithoutEventsIsTheEnd) {
  const event_batch end = event_access::make_batch({}, {});
  EXPECT_TRUE(end.empty());
  EXPECT_FALSE(end);
  EXPECT_EQ(end.events().size(), 0U);
  EXPECT_EQ(event_access::owner_of(end), nullptr);
}

TEST(EventBatch, ItsFirstEventKeepsItsMemory) {
  const event first = [] { return event_access::first_of(a_batch(rich_event())); }();
  expect_rich(first.view());
}

TEST(EventData, RefusesANilId) {
  const auto made = event_data::make("t", {}, {.id = event_id()});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error(), errc::invalid_argument);
  EXPECT_EQ(
      made.error().message(),
      "an argument is not valid: the event's id is nil (all zero): give the message's own id, "
      "or leave the id unset for a new one");
  EXPECT_FALSE(event_data("t", {}).id().is_nil());
}

TEST(EventData, SaysWhereANameIsNotUtf8) {
  const auto detail = [](std::string_view type, std::vector<std::string> tags) {
    return event_data::make(type, {}, {.tags = std::move(tags)}).error().info().detail;
  };
  EXPECT_EQ(detail("pa\xffid", {}), "this one is not UTF-8 at byte 2 (counted from 0)");
  EXPECT_EQ(detail("paid", {"a", "\xff"}), "this one is not UTF-8 at byte 0 (counted from 0)");
  EXPECT_EQ(detail("", {}), "this one is empty");
}

TEST(EventData, CopiesItsMetadata) {
  std::string words = R"({"trace":7})";
  const event_data made("t", {}, {.metadata = text(words).bytes});
  words = "gone";
  EXPECT_EQ(as_text(made.metadata()), R"({"trace":7})");
}

TEST(Codec, IsWrittenAsItsName) {
  std::ostringstream out;
  for (const auto value : {codec::binary, codec::json, codec::text, codec::capnp, codec{17}})
    out << value << ' ';
  EXPECT_EQ(out.str(), "binary json text capnp codec 17 ");
}

// Two threads that append the same object at the same time must both find out.
TEST(EventData, IsFreshOnlyWhileOneAppendCarriesIt) {
  const event_data own("t", {});
  event_access::note_submission(own);
  EXPECT_TRUE(event_access::is_fresh(own));
  const event_data copy = own;
  event_access::note_submission(copy);
  EXPECT_FALSE(event_access::is_fresh(own));
}

TEST(EventData, IsNeverFreshWithAGivenId) {
  const event_data given("t", {}, {.id = format::a_uuid(7)});
  event_access::note_submission(given);
  EXPECT_FALSE(event_access::is_fresh(given));
}

// Others may append the same objects, or did: then their ids have to be looked for.
TEST(ReleaseWrites, LetsGoOfEventsThatNobodyElseHas) {
  const auto submitted = [](append_request request) {
    for (const auto& write : request.writes())
      for (const auto& event : write.events) event_access::note_submission(event);
    return request;
  };
  const auto is_released = [&](append_request request) {
    event_access::release_writes(request);
    // Nor is the memory kept.
    return request.writes().capacity() == 0;
  };
  const auto fresh = [] { return event_data("t", text("x")); };
  EXPECT_TRUE(is_released(submitted(append_request().write(stream_name("a"), any, fresh()))));
  std::vector<event_data> several;
  for (int i = 0; i < 3; ++i) several.push_back(fresh());
  EXPECT_TRUE(is_released(submitted(append_request()
                                        .write(stream_name("a"), any, std::move(several))
                                        .write(stream_name("b"), any, fresh()))));

  const event_data held = fresh();
  EXPECT_FALSE(is_released(submitted(
      append_request().write(stream_name("a"), any, fresh()).write(stream_name("b"), any, held))));
  append_request again = submitted(append_request().write(stream_name("a"), any, fresh()));
  EXPECT_FALSE(is_released(submitted(std::move(again)))) << "appended before";
  EXPECT_FALSE(is_released(submitted(append_request().write(
      stream_name("a"), any, event_data("t", text("x"), {.id = format::a_uuid(7)})))))
      << "an id that was given may stand in the log";
}

}  // namespace
}  // namespace mainstem
