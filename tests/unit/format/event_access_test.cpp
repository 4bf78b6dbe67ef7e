// SPDX-License-Identifier: Apache-2.0
#include "format/event_access.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "format_support.h"

namespace mainstem {
namespace {

using detail::event_access;

/// A batch over the first event of a commit, whose bytes are the batch's alone.
event_batch a_batch(const event_data& stored) {
  auto commit = std::make_shared<format::encoded_commit>(
      format::encode_commit(format::writes{format::a_write("order-1", {stored})}));
  const auto table = format::decode_stream_table(commit->body(), 1);
  const auto record = format::record_cursor(commit->body(), table->size_bytes).next(true);
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

}  // namespace
}  // namespace mainstem
