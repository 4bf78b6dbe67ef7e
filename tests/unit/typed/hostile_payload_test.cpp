// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <mainstem/schema_files.h>
#include <mainstem/schema_registry.h>

#include <random>

#include "typed_support.h"

// Whatever the bytes are: a value or an error, and nothing else. Mostly of use under the
// sanitizers.
namespace mainstem::typed {
namespace {

using schema::OrderOpened;

const capnp::StructSchema order_schema = capnp::Schema::from<OrderOpened>();

/// Looks at the payload in every way there is. True if it is valid.
bool look_at(const aligned_bytes& bytes) {
  const auto valid = validate_payload(order_schema, bytes.payload());
  if (!valid) {
    EXPECT_EQ(valid.error(), errc::malformed_payload) << valid.error();
  }
  const auto text = payload_to_text(order_schema, bytes.payload());
  if (!text) {
    EXPECT_EQ(text.error(), errc::malformed_payload) << text.error();
  }
  const auto read = read_payload<OrderOpened>(bytes.payload(), [](OrderOpened::Reader order) {
    std::size_t sum = order.getCustomer().size() + order.getSignature().size();
    for (const auto line : order.getLines()) sum += line.getItem().size() + line.getCount();
    for (const auto row : order.getMatrix()) sum += row.size();
    return sum + (order.isAddress() ? order.getAddress().getStreet().size() : 0);
  });
  if (!read) {
    EXPECT_EQ(read.error(), errc::malformed_payload) << read.error();
  }
  if (valid) {
    EXPECT_TRUE(read) << "valid, but: " << read.error();
    EXPECT_TRUE(text) << "valid, but: " << text.error();
  }
  return valid.has_value();
}

TEST(HostilePayload, WithAnyBitFlippedIsAnErrorOrAValue) {
  const auto original = full_order();
  ASSERT_TRUE(look_at(original));
  std::size_t refused = 0;
  aligned_bytes flipped = original;
  for (std::size_t at = 0; at < flipped.bytes().size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      flipped.bytes()[at] ^= static_cast<std::byte>(1U << bit);
      if (!look_at(flipped)) ++refused;
      flipped.bytes()[at] ^= static_cast<std::byte>(1U << bit);
    }
  }
  EXPECT_GT(refused, 500U) << "pointers were not flipped";
}

TEST(HostilePayload, WithAnyByteReplacedIsAnErrorOrAValue) {
  aligned_bytes replaced = full_order();
  for (auto& byte : replaced.bytes()) {
    const auto before = byte;
    for (const unsigned value : {0x00U, 0x01U, 0x7fU, 0x80U, 0xfeU, 0xffU}) {
      byte = static_cast<std::byte>(value);
      look_at(replaced);
    }
    byte = before;
  }
}

TEST(HostilePayload, CutAtAnyWordIsAnErrorOrAValue) {
  auto whole = full_order();
  for (std::size_t size = 0; size < whole.bytes().size(); size += 8)
    EXPECT_FALSE(look_at(aligned_bytes(whole.bytes().first(size)))) << size;
}

TEST(HostilePayload, OfGarbageIsAnErrorOrAValue) {
  std::mt19937_64 random(20261123);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::byte> garbage(8 * (1 + random() % 60));
    // Sparse garbage has more that passes for pointers.
    const auto density = 1 + random() % 8;
    for (auto& each : garbage)
      each = static_cast<std::byte>(random() % density == 0 ? random() : 0);
    look_at(aligned_bytes(garbage));
  }
}

TEST(HostilePayload, OfAMessageWithSomeWordsExchangedIsAnErrorOrAValue) {
  std::mt19937_64 random(20261123);
  const auto original = full_order();
  for (int round = 0; round < 20'000; ++round) {
    aligned_bytes changed = original;
    const std::size_t words = changed.bytes().size() / 8;
    for (int i = 0; i < 3; ++i) {
      const auto from = changed.bytes().subspan(8 * (random() % words), 8);
      std::ranges::copy(from, changed.bytes().subspan(8 * (random() % words), 8).begin());
    }
    look_at(changed);
  }
}

/// The message with a change made to it through its builder.
template <class Change>
result<void> validated_with(Change&& change) {
  capnp::MallocMessageBuilder message;
  auto order = message.initRoot<OrderOpened>();
  fill(order);
  change(order);
  return validate_payload(order_schema, capnp_payload(message));
}

std::string detail_of(const result<void>& checked) {
  return checked ? "valid" : checked.error().info().detail;
}

TEST(Validation, ReportsEnumerantsThatTheSchemaDoesNotHave) {
  const auto checked = validated_with(
      [](OrderOpened::Builder order) { order.setPayment(static_cast<schema::Payment>(77)); });
  EXPECT_EQ(checked.error(), errc::malformed_payload);
  EXPECT_NE(detail_of(checked).find("at payment: "), std::string::npos) << detail_of(checked);
  const auto in_list = validated_with([](OrderOpened::Builder order) {
    order.getHistory().set(1, static_cast<schema::Payment>(3));
  });
  EXPECT_NE(detail_of(in_list).find("at history[1]: "), std::string::npos) << detail_of(in_list);
}

TEST(Validation, ReportsTextThatIsNotUtf8) {
  const auto checked =
      validated_with([](OrderOpened::Builder order) { order.getLines()[1].setItem("\xff"); });
  EXPECT_EQ(checked.error(), errc::malformed_payload);
  EXPECT_NE(detail_of(checked).find("at lines[1].item: "), std::string::npos) << detail_of(checked);
}

TEST(Validation, ReportsTextWithoutItsEnd) {
  auto bytes = full_order();
  const std::string_view text(reinterpret_cast<const char*>(bytes.bytes().data()),
                              bytes.bytes().size());
  const auto at = text.find("kettle");
  ASSERT_NE(at, std::string_view::npos);
  bytes.bytes()[at + 6] = std::byte{'s'};
  const auto checked = validate_payload(order_schema, bytes.payload());
  EXPECT_NE(detail_of(checked).find("at lines[0].item: "), std::string::npos) << detail_of(checked);
}

TEST(Validation, ReportsUnionMembersThatTheSchemaDoesNotHave) {
  // Written by a schema with one more member, read by one that does not have it.
  auto bytes = full_order();
  const auto offset =
      order_schema.getProto().getStruct().getDiscriminantOffset() * sizeof(std::uint16_t);
  bytes.bytes()[8 + offset] = std::byte{9};
  const auto checked = validate_payload(order_schema, bytes.payload());
  EXPECT_NE(detail_of(checked).find("at the root: "), std::string::npos) << detail_of(checked);
}

TEST(Validation, ReportsCapabilities) {
  schema_files files;
  files
      .add_text("service.capnp",
                "@0xdb1c1b2e1e5d1a01; interface Service {} struct Named { a @0 :Service; }"
                "struct Any { a @0 :AnyPointer; } struct Listed { a @0 :List(Service); }")
      .value();
  // A root with one pointer, which is the first capability of a table that is not stored.
  const std::uint64_t words[] = {std::uint64_t{1} << 48U, 3};
  // The same in a list.
  const std::uint64_t listed[] = {std::uint64_t{1} << 48U, 0x0000'000e'0000'0001U, 3};
  const payload_view one{std::as_bytes(std::span(words)), codec::capnp};
  const payload_view several{std::as_bytes(std::span(listed)), codec::capnp};
  for (const auto& [name, payload] :
       {std::pair("Named", one), std::pair("Any", one), std::pair("Listed", several)}) {
    const auto checked = validate_payload(files.find(name).value(), payload);
    ASSERT_FALSE(checked) << name;
    EXPECT_NE(detail_of(checked).find("a capability, which cannot be stored"), std::string::npos)
        << detail_of(checked);
  }
}

TEST(Validation, ReportsWhatIsNestedTooDeep) {
  capnp::MallocMessageBuilder message;
  auto chain = message.initRoot<schema::Chain>();
  for (int depth = 0; depth < 70; ++depth) chain = chain.initNext();
  const auto checked =
      validate_payload(capnp::Schema::from<schema::Chain>(), capnp_payload(message));
  EXPECT_EQ(checked.error(), errc::malformed_payload);
}

TEST(Validation, LetsFieldsOfALaterSchemaPass) {
  capnp::MallocMessageBuilder message;
  fill(message.initRoot<OrderOpened>());
  EXPECT_TRUE(validate_payload(capnp::Schema::from<schema::Nothing>(), capnp_payload(message)));
}

TEST(HostileRecord, WithAnyBitFlippedIsAnErrorOrASchema) {
  schema_registry compiled;
  compiled.add<schema::OrderLine>("order").value();
  const auto original = compiled.recorded().front();
  capnp::MallocMessageBuilder message;
  fill(message.initRoot<OrderOpened>());
  const capnp_payload payload(message);
  for (std::size_t at = 0; at < original.bytes.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      recorded_schema flipped = original;
      flipped.bytes[at] ^= static_cast<std::byte>(1U << bit);
      schema_registry registry;
      if (const auto added = registry.add(flipped); !added) {
        EXPECT_EQ(added.error(), errc::invalid_schema);
        continue;
      }
      const auto schema = registry.find("order", 1).value();
      static_cast<void>(validate_payload(schema, payload));
      static_cast<void>(payload_to_text(schema, payload));
    }
  }
}

}  // namespace
}  // namespace mainstem::typed
