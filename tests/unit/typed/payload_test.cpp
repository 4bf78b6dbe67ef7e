// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <mainstem/capnp.h>
#include <mainstem/types.h>
#include <rapidcheck/gtest.h>

#include <stdexcept>

#include "typed_support.h"

namespace mainstem::typed {
namespace {

using schema::OrderOpened;
using schema::OrderPaid;

std::string customer_of(OrderOpened::Reader order) { return order.getCustomer(); }

TEST(CapnpPayload, OfOneSegmentIsTheBuildersMemory) {
  capnp::MallocMessageBuilder message;
  message.initRoot<OrderOpened>().setCustomer("Ada");
  const capnp_payload payload(message);
  const auto segments = message.getSegmentsForOutput();
  EXPECT_EQ(static_cast<const void*>(payload.bytes().data()), segments[0].begin());
  EXPECT_EQ(payload.bytes().size(), segments[0].asBytes().size());
  EXPECT_EQ(static_cast<payload_view>(payload).codec, codec::capnp);
}

TEST(CapnpPayload, OfSeveralSegmentsIsJoined) {
  capnp::MallocMessageBuilder message(8, capnp::AllocationStrategy::FIXED_SIZE);
  fill(message.initRoot<OrderOpened>());
  ASSERT_GT(message.getSegmentsForOutput().size(), 3U);
  capnp::MallocMessageBuilder whole;
  fill(whole.initRoot<OrderOpened>());

  const capnp_payload payload(message);
  const auto read = read_payload<OrderOpened>(payload, [&](OrderOpened::Reader order) {
    EXPECT_EQ(order.totalSize().wordCount, whole.getRoot<OrderOpened>().totalSize().wordCount);
    return std::string(order.getLines()[1].getItem());
  });
  EXPECT_EQ(read.value(), "cup");
}

TEST(CapnpPayload, NeedsARootThatIsAStruct) {
  capnp::MallocMessageBuilder empty;
  EXPECT_EQ(capnp_payload::make(empty).error(), errc::invalid_argument);
  EXPECT_THROW(capnp_payload{empty}, exception);

  capnp::MallocMessageBuilder list;
  list.initRoot<capnp::AnyPointer>().initAs<capnp::List<std::uint64_t>>(3);
  EXPECT_EQ(capnp_payload::make(list).error(), errc::invalid_argument);

  capnp::MallocMessageBuilder nothing;
  nothing.initRoot<schema::Nothing>();
  EXPECT_EQ(capnp_payload::make(nothing).value().bytes().size(), 8U);
}

TEST(CapnpPayload, HoldsUpTo16MiBAndNoMore) {
  constexpr auto words = static_cast<capnp::uint>(limits::payload_bytes / 8);
  for (const auto first_segment : {words, capnp::uint{1024}}) {
    // Root pointer, the struct's one pointer, and the list.
    capnp::MallocMessageBuilder fits(first_segment);
    fits.initRoot<OrderPaid>().initParts(words - 2);
    const auto payload = capnp_payload::make(fits);
    ASSERT_TRUE(payload) << payload.error();
    EXPECT_EQ(payload->bytes().size(), limits::payload_bytes);
    EXPECT_TRUE(event_data::make("order-paid", *payload));

    capnp::MallocMessageBuilder larger(first_segment);
    larger.initRoot<OrderPaid>().initParts(words - 1);
    EXPECT_EQ(capnp_payload::make(larger).error(), errc::payload_too_large);

    capnp::MallocMessageBuilder far_larger(first_segment);
    far_larger.initRoot<OrderPaid>().initParts(3 * words);
    EXPECT_EQ(capnp_payload::make(far_larger).error(), errc::payload_too_large);
  }
}

TEST(CapnpEvent, CarriesMessageAndMetadata) {
  small_store store;
  capnp::MallocMessageBuilder message;
  fill(message.initRoot<OrderOpened>());
  const auto id = uuid::generate();
  const auto stored = store.round_trip(
      make_capnp_event("order-opened", message,
                       {.id = id, .tags = {"tag"}, .metadata = {.schema_version = 3}})
          .value());
  EXPECT_EQ(stored->id(), id);
  EXPECT_TRUE(stored->tags().contains("tag"));
  EXPECT_EQ(stored->codec(), codec::capnp);
  EXPECT_EQ(schema_version_of(stored->metadata()).value(), 3U);
  EXPECT_EQ(read_payload<OrderOpened>(*stored, customer_of).value(), "Ada");
}

TEST(CapnpEvent, AnswersTheErrorOfEachPart) {
  capnp::MallocMessageBuilder empty;
  capnp::MallocMessageBuilder message;
  fill(message.initRoot<OrderOpened>());
  EXPECT_EQ(make_capnp_event("order-opened", empty).error(), errc::invalid_argument);
  EXPECT_EQ(make_capnp_event("", message).error(), errc::invalid_event_type);
  EXPECT_EQ(make_capnp_event("order-opened", message, {.metadata = {.traceparent = "?"}}).error(),
            errc::invalid_metadata);
}

RC_GTEST_PROP(CapnpEventProperty, ComesBackAsItWent, ()) {
  static small_store store;
  const auto ascii = rc::gen::container<std::string>(rc::gen::inRange<char>(' ', '\x7f'));
  const std::string customer = *ascii;
  const auto cents = *rc::gen::arbitrary<std::uint64_t>();
  const auto tags = *rc::gen::container<std::vector<std::string>>(ascii);
  const auto segment_words = *rc::gen::inRange<capnp::uint>(1, 200);

  capnp::MallocMessageBuilder message(segment_words, capnp::AllocationStrategy::FIXED_SIZE);
  auto order = message.initRoot<OrderOpened>();
  order.setCustomer(customer.c_str());
  order.setCents(cents);
  auto list = order.initTags(static_cast<capnp::uint>(tags.size()));
  for (capnp::uint i = 0; i < list.size(); ++i) list.set(i, tags[i].c_str());

  const auto stored = store.round_trip(make_capnp_event("order-opened", message).value());
  read_payload<OrderOpened>(*stored, [&](OrderOpened::Reader read) {
    RC_ASSERT(customer == read.getCustomer().cStr());
    RC_ASSERT(cents == read.getCents());
    const auto read_tags = read.getTags();
    RC_ASSERT(read_tags.size() == tags.size());
    for (capnp::uint i = 0; i < list.size(); ++i) RC_ASSERT(tags[i] == read_tags[i].cStr());
    RC_ASSERT(read.getRetries() == 3);
  }).value();
}

TEST(ReadPayload, AnswersWhatTheFunctionReturns) {
  const auto order = full_order();
  EXPECT_EQ(read_payload<OrderOpened>(order.payload(), customer_of).value(), "Ada");
  const result<void> nothing =
      read_payload<OrderOpened>(order.payload(), [](OrderOpened::Reader) {});
  EXPECT_TRUE(nothing);
  const result<int> flattened = read_payload<OrderOpened>(
      order.payload(), [](OrderOpened::Reader) -> result<int> { return errc::no_events; });
  EXPECT_EQ(flattened.error(), errc::no_events);
}

TEST(ReadPayload, LetsOtherExceptionsOfTheFunctionThrough) {
  const auto order = full_order();
  const auto read = [&] {
    return read_payload<OrderOpened>(order.payload(), [](OrderOpened::Reader) -> int {
      throw std::runtime_error("the function's own");
    });
  };
  EXPECT_THROW(static_cast<void>(read()), std::runtime_error);
}

TEST(ReadPayload, OfAnotherCodecIsRefused) {
  small_store store;
  const auto stored = store.round_trip(event_data("order-opened", json("{\"a\":\"bcdefghi\"}")));
  const auto read = read_payload<OrderOpened>(*stored, customer_of);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), errc::wrong_codec);
  EXPECT_EQ(read.error().info().detail,
            "the payload of the event type order-opened has the codec json");
  EXPECT_EQ(read.error().info().first_position, stored->position().value());
}

TEST(ReadPayload, OfAnotherTypeSaysWhichEventAndWhatIsWrong) {
  small_store store;
  capnp::MallocMessageBuilder message;
  message.initRoot<OrderPaid>().initParts(2);
  const auto stored = store.round_trip(event_data("order-opened", capnp_payload(message)));
  const auto read = read_payload<OrderOpened>(*stored, customer_of);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), errc::malformed_payload);
  const auto& info = read.error().info();
  EXPECT_TRUE(info.detail.starts_with("the payload of the event type order-opened cannot be read"))
      << info.detail;
  EXPECT_EQ(info.first_position, stored->position().value());
  EXPECT_EQ(info.last_position, stored->position().value());
}

TEST(ReadPayload, WithoutBytesWithoutRootOrOfAnOddSizeIsMalformed) {
  for (const std::size_t size : {0U, 7U, 8U, 12U, 64U}) {
    const aligned_bytes zeros(std::vector<std::byte>(size, std::byte{0}));
    const auto read = read_payload<OrderOpened>(zeros.payload(), customer_of);
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error(), errc::malformed_payload) << size;
  }
}

TEST(ReadPayload, OffAn8ByteBoundaryIsRefused) {
  auto order = full_order();
  std::vector<std::byte> shifted(order.bytes().size() + 8);
  auto* const begin =
      reinterpret_cast<std::byte*>((reinterpret_cast<std::uintptr_t>(shifted.data()) + 7) / 8 * 8);
  for (std::size_t shift = 1; shift < 8; ++shift) {
    std::ranges::copy(order.bytes().first(order.bytes().size() - 8), begin + shift);
    const payload_view payload{{begin + shift, order.bytes().size() - 8}, codec::capnp};
    EXPECT_EQ(read_payload<OrderOpened>(payload, customer_of).error(), errc::invalid_argument);
    typed_payload<OrderOpened> kept(payload);
    EXPECT_EQ(kept.root().error(), errc::invalid_argument);
  }
}

// Readers do not own what they point at; so every level of such a chain can point at the same
// bytes, and who follows all of them goes on for ever.
TEST(ReadPayload, ThatPointsAtItselfEnds) {
  // A root with no data and one pointer, which leads back to the root struct.
  const std::uint64_t words[] = {std::uint64_t{1} << 48U, 0x00010000'fffffff8U};
  const payload_view payload{std::as_bytes(std::span(words)), codec::capnp};
  std::uint64_t visited = 0;
  const auto read = read_payload<schema::Chain>(payload, [&](schema::Chain::Reader chain) {
    for (;; ++visited) chain = chain.getNext();
  });
  EXPECT_EQ(read.error(), errc::malformed_payload);
  EXPECT_LE(visited, 64U);
}

TEST(ReadPayload, MayAskForEverythingSeveralTimesButNotForEver) {
  const auto order = full_order();
  std::uint64_t asked = 0;
  const auto read = read_payload<OrderOpened>(order.payload(), [&](OrderOpened::Reader opened) {
    for (;; ++asked) {
      if (opened.getLines()[1].getItem() != "cup") break;
    }
  });
  EXPECT_EQ(read.error(), errc::malformed_payload);
  EXPECT_GE(asked, 8U);
  EXPECT_LE(asked, 70'000U);
}

// Lists of no bytes are how a few bytes pretend to be a long list.
TEST(ReadPayload, OfManyElementsThatTakeNoSpaceIsRefused) {
  // A root with two pointers; the second is a list of 2^29 - 1 empty elements.
  const std::uint64_t words[] = {std::uint64_t{2} << 48U, 0, 0xffff'fff8'0000'0001U};
  const payload_view payload{std::as_bytes(std::span(words)), codec::capnp};
  const auto read = read_payload<OrderOpened>(
      payload, [](OrderOpened::Reader order) { return order.getLines().size(); });
  EXPECT_EQ(read.error(), errc::malformed_payload);
}

struct reads_on_the_way_out {
  payload_view payload;
  result<std::string>& answer;
  ~reads_on_the_way_out() { answer = read_payload<OrderOpened>(payload, customer_of); }
};

// While an exception unwinds the stack, kj goes on with defaults instead of throwing: a malformed
// payload would read as one that says nothing.
TEST(ReadPayload, IsRefusedWhileAnExceptionIsOnItsWayToo) {
  capnp::MallocMessageBuilder message;
  message.initRoot<OrderPaid>().initParts(2);
  const capnp_payload payload(message);
  result<std::string> answer = std::string("not read");
  try {
    const reads_on_the_way_out reader{payload, answer};
    throw std::runtime_error("on its way");
  } catch (const std::runtime_error&) {
  }
  ASSERT_FALSE(answer) << *answer;
  EXPECT_EQ(answer.error(), errc::malformed_payload);
}

TEST(TypedPayload, KeepsItsReader) {
  small_store store;
  capnp::MallocMessageBuilder message;
  fill(message.initRoot<OrderOpened>());
  const auto stored = store.round_trip(event_data("order-opened", capnp_payload(message)));
  typed_payload<OrderOpened> order(*stored);
  const auto root = order.root().value();
  EXPECT_EQ(root.getCustomer(), "Ada");
  EXPECT_EQ(root.getLines()[0].getCount(), 1U);
  EXPECT_EQ(order.read([&] { return root.getCents(); }).value(), 1999U);
}

TEST(TypedPayload, AnswersErrors) {
  const aligned_bytes nothing(std::span<const std::byte>{});
  EXPECT_EQ(typed_payload<OrderOpened>(nothing.payload()).root().error(), errc::malformed_payload);
  EXPECT_EQ(typed_payload<OrderOpened>(json("{}")).root().error(), errc::wrong_codec);

  capnp::MallocMessageBuilder message;
  message.initRoot<OrderPaid>().initParts(2);
  const capnp_payload paid(message);
  typed_payload<OrderOpened> order(paid);
  const auto root = order.root().value();
  EXPECT_EQ(order.read([&] { return customer_of(root); }).error(), errc::malformed_payload);
}

}  // namespace
}  // namespace mainstem::typed
