// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <mainstem/metadata.h>
#include <mainstem/types.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "format/layout.h"
#include "typed_support.h"

namespace mainstem::typed {
namespace {

const std::string a_traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const uuid an_id = uuid::parse("01890a5d-ac96-774b-bcce-b302099a8057").value();
const uuid another_id = uuid::parse("01890a5d-ac96-774b-bcce-b302099a8058").value();

event_metadata everything() {
  return {.schema_version = 7,
          .correlation_id = an_id,
          .causation_id = another_id,
          .content_type = "application/vnd.order",
          .traceparent = a_traceparent,
          .headers = {{"tracestate", "a=1"}, {"tracestate", "b=2"}, {"empty", ""}}};
}

using bytes = std::vector<std::byte>;

TEST(EventMetadata, OfNothingIsNoBytes) {
  EXPECT_TRUE(event_metadata{}.encode().value().empty());
  EXPECT_EQ(event_metadata::decode({}).value(), event_metadata{});
  EXPECT_EQ(schema_version_of({}).value(), 0U);
}

TEST(EventMetadata, SchemaVersionAloneTakes16Bytes) {
  const auto encoded = event_metadata{.schema_version = 7}.encode().value();
  EXPECT_EQ(encoded.size(), 16U);
  EXPECT_EQ(event_metadata::decode(encoded).value(), event_metadata{.schema_version = 7});
}

// Logs hold such bytes for ever. If this test fails, the format has changed.
TEST(EventMetadata, HasTheBytesThatItEverHad) {
  const auto hex = [](const bytes& encoded) {
    std::string text;
    for (const auto byte : encoded) {
      constexpr const char* digits = "0123456789abcdef";
      text += digits[std::to_integer<unsigned>(byte) >> 4U];
      text += digits[std::to_integer<unsigned>(byte) & 15U];
    }
    return text;
  };
  EXPECT_EQ(hex(event_metadata{.schema_version = 7}.encode().value()),
            "00000000010000004d53454d07000000");
  EXPECT_EQ(hex(event_metadata{.correlation_id = an_id, .headers = {{"k", "v"}}}.encode().value()),
            "00000000010005004d53454d00000000"
            "00000000000000000d00000082000000000000000000000000000000000000000900000017000000"
            "01890a5dac96774bbcceb302099a8057"
            "04000000000002000500000012000000050000000a0000006b000000000000007600000000000000");
}

TEST(EventMetadata, EachMemberComesBackByItself) {
  for (const event_metadata& one :
       {event_metadata{.schema_version = 0xffffffffU}, event_metadata{.correlation_id = an_id},
        event_metadata{.causation_id = an_id}, event_metadata{.content_type = "x"},
        event_metadata{.traceparent = a_traceparent},
        event_metadata{.headers = {{"name", std::string("\0\xff", 2)}}}, everything()}) {
    EXPECT_EQ(event_metadata::decode(one.encode().value()).value(), one);
  }
}

uuid an_arbitrary_id() {
  uuid::bytes_type id{};
  for (auto& each : id) each = static_cast<std::byte>(*rc::gen::inRange(1, 256));
  return uuid(id);
}

RC_GTEST_PROP(EventMetadataProperty, ComesBackAsItWent, ()) {
  event_metadata given{.schema_version = *rc::gen::arbitrary<std::uint32_t>()};
  if (*rc::gen::arbitrary<bool>()) given.correlation_id = an_arbitrary_id();
  if (*rc::gen::arbitrary<bool>()) given.causation_id = an_arbitrary_id();
  if (*rc::gen::arbitrary<bool>()) given.traceparent = a_traceparent;
  const auto ascii = rc::gen::container<std::string>(rc::gen::inRange<char>('\x00', '\x7f'));
  given.content_type = *ascii;
  const auto count = *rc::gen::inRange(0, 40);
  for (int i = 0; i < count; ++i)
    given.headers.push_back({"n" + *ascii, *rc::gen::arbitrary<std::string>()});

  const auto encoded = given.encode().value();
  RC_ASSERT(event_metadata::decode(encoded).value() == given);
  RC_ASSERT(schema_version_of(encoded).value() == given.schema_version);
  RC_ASSERT(given.encode().value() == encoded);
}

TEST(EventMetadata, IsReadWhereverItBegins) {
  const auto encoded = everything().encode().value();
  for (std::size_t shift = 0; shift < 8; ++shift) {
    bytes shifted(shift);
    shifted.insert(shifted.end(), encoded.begin(), encoded.end());
    const auto read = event_metadata::decode(std::span(shifted).subspan(shift));
    EXPECT_EQ(read.value(), everything());
  }
}

TEST(EventMetadata, TravelsWithAnEvent) {
  small_store store;
  const auto stored = store.round_trip(
      event_data("order-opened", text("hello"), {.metadata = everything().encode().value()}));
  EXPECT_EQ(event_metadata::decode(stored->metadata()).value(), everything());
  EXPECT_EQ(schema_version_of(stored->metadata()).value(), 7U);
}

TEST(EventMetadata, RefusesMembersThatBreakTheirRule) {
  for (const event_metadata& bad :
       {event_metadata{.correlation_id = uuid()}, event_metadata{.causation_id = uuid()},
        event_metadata{.content_type = "\xff"}, event_metadata{.traceparent = "00-1"},
        event_metadata{.headers = {{"", "value"}}}, event_metadata{.headers = {{"\xc0", ""}}}}) {
    const auto encoded = bad.encode();
    ASSERT_FALSE(encoded);
    EXPECT_EQ(encoded.error(), errc::invalid_metadata);
    EXPECT_FALSE(encoded.error().info().detail.empty());
  }
}

TEST(EventMetadata, HoldsUpToTheLimitAndNoMore) {
  event_metadata large{.headers = {{"n", ""}}};
  const std::size_t beside = large.encode().value().size();
  large.headers[0].value.resize(limits::metadata_bytes - beside, 'x');
  const auto encoded = large.encode().value();
  EXPECT_EQ(encoded.size(), limits::metadata_bytes);
  EXPECT_EQ(event_metadata::decode(encoded).value(), large);

  large.headers[0].value += 'x';
  EXPECT_EQ(large.encode().error(), errc::metadata_too_large);
  large.headers[0].value.resize(3U * limits::metadata_bytes);
  EXPECT_EQ(large.encode().error(), errc::metadata_too_large);
}

TEST(EventMetadata, OfUsersThemselvesIsForeign) {
  const std::string texts[] = {"x",
                               R"({"schemaVersion":1})",
                               R"({"a":"0123456789abcdef"})",
                               std::string(16, '\0'),
                               std::string(64, '\xff'),
                               std::string("\0\0\0\0\1\0\0\0MSEX\1\0\0\0", 16)};
  for (const std::string& text : texts) {
    EXPECT_FALSE(is_event_metadata(bytes_of(text)));
    EXPECT_EQ(event_metadata::decode(bytes_of(text)).error(), errc::foreign_metadata);
    EXPECT_EQ(schema_version_of(bytes_of(text)).error(), errc::foreign_metadata);
  }
}

TEST(EventMetadata, OfAnotherCapnProtoSchemaIsForeign) {
  capnp::MallocMessageBuilder message;
  fill(message.initRoot<schema::OrderOpened>());
  EXPECT_FALSE(is_event_metadata(capnp_payload(message).bytes()));
}

TEST(EventMetadata, CutShortIsForeignOrMalformed) {
  const auto encoded = everything().encode().value();
  for (std::size_t size = 1; size < encoded.size(); ++size) {
    const auto read = event_metadata::decode(std::span(encoded).first(size));
    ASSERT_FALSE(read) << size;
    EXPECT_TRUE(read.error() == errc::foreign_metadata || read.error() == errc::malformed_metadata);
  }
}

TEST(EventMetadata, WithAnIdOfAnotherSizeIsMalformed) {
  auto encoded = event_metadata{.correlation_id = an_id}.encode().value();
  // The pointer to the id says how many bytes it has, in its highest 29 bits.
  const std::size_t pointer = 24;
  std::uint64_t value = 0;
  std::memcpy(&value, &encoded[pointer], sizeof(value));
  ASSERT_EQ(value >> 35U, 16U);
  value -= std::uint64_t{1} << 35U;
  std::memcpy(&encoded[pointer], &value, sizeof(value));
  EXPECT_EQ(event_metadata::decode(encoded).error(), errc::malformed_metadata);
}

// A later version has fields that this one does not know.
TEST(EventMetadata, OfALaterVersionIsRead) {
  const auto before = event_metadata{.schema_version = 7}.encode().value();
  bytes later = before;
  later[format::event_metadata_layout::data_words.offset] = std::byte{3};
  later.resize(later.size() + 16, std::byte{0xee});
  EXPECT_EQ(event_metadata::decode(later).value(), event_metadata{.schema_version = 7});
  EXPECT_EQ(schema_version_of(later).value(), 7U);
}

TEST(EventMetadata, WithAnyByteFlippedIsAnErrorOrAValue) {
  const auto encoded = everything().encode().value();
  for (std::size_t at = 0; at < encoded.size(); ++at) {
    for (unsigned flip = 1; flip < 256; ++flip) {
      bytes flipped = encoded;
      flipped[at] ^= static_cast<std::byte>(flip);
      const auto read = event_metadata::decode(flipped);
      if (!read) {
        EXPECT_TRUE(read.error() == errc::foreign_metadata ||
                    read.error() == errc::malformed_metadata);
      }
    }
  }
}

TEST(EventMetadata, OfGarbageBehindItsHeadIsAnErrorOrAValue) {
  std::mt19937_64 random(20261123);
  const auto head = event_metadata{.schema_version = 1}.encode().value();
  for (int round = 0; round < 20'000; ++round) {
    bytes garbage = head;
    garbage.resize(16 + 8 * (random() % 40));
    garbage[format::event_metadata_layout::pointer_count.offset] =
        static_cast<std::byte>(random() % 8);
    for (std::size_t at = 16; at < garbage.size(); ++at)
      garbage[at] = static_cast<std::byte>(random() % 4 == 0 ? random() : 0);
    const auto read = event_metadata::decode(garbage);
    if (!read) {
      EXPECT_TRUE(read.error() == errc::foreign_metadata ||
                  read.error() == errc::malformed_metadata);
    }
  }
}

}  // namespace
}  // namespace mainstem::typed
