// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <mainstem/schema_registry.h>

#include "typed_support.h"

namespace mainstem::typed {
namespace {

using schema::OrderOpened;
using schema::OrderPaid;

event_data order_event(std::string_view type, std::uint32_t schema_version = 0) {
  capnp::MallocMessageBuilder message;
  fill(message.initRoot<OrderOpened>());
  return make_capnp_event(type, message, {.metadata = {.schema_version = schema_version}}).value();
}

std::string name_of(capnp::StructSchema schema) { return schema.getShortDisplayName().cStr(); }

TEST(SchemaRegistry, FindsByTypeAndVersionOfTheEvent) {
  small_store store;
  schema_registry registry;
  registry.add<OrderOpened>("order").value();
  registry.add<OrderPaid>("order", 2).value();
  const auto found_for = [&](std::uint32_t schema_version) {
    const auto stored = store.round_trip(order_event("order", schema_version));
    return name_of(registry.find(*stored).value());
  };
  EXPECT_EQ(found_for(0), "OrderOpened") << "no version is version 1";
  EXPECT_EQ(found_for(1), "OrderOpened");
  EXPECT_EQ(found_for(2), "OrderPaid");
}

TEST(SchemaRegistry, SaysWhichTypeOrVersionItDoesNotKnow) {
  small_store store;
  schema_registry registry;
  registry.add<OrderOpened>("order", 2).value();
  registry.add<OrderOpened>("order", 4).value();
  const auto unknown_type = store.round_trip(order_event("payment"));
  EXPECT_EQ(registry.find(*unknown_type).error(), errc::unknown_event_type);
  EXPECT_EQ(registry.validate(*unknown_type).error(), errc::unknown_event_type);
  EXPECT_EQ(registry.to_text(*unknown_type).error(), errc::unknown_event_type);

  const auto unknown_version = store.round_trip(order_event("order", 3));
  const auto found = registry.find(*unknown_version);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(), errc::unknown_schema_version);
  EXPECT_EQ(found.error().info().detail, "order in schema version 3; registered: 2, 4");
  EXPECT_EQ(found.error().info().first_position, unknown_version->position().value());
  EXPECT_EQ(registry.read(*unknown_version, [](auto) { return 1; }).error(),
            errc::unknown_schema_version);
}

TEST(SchemaRegistry, CannotTellTheVersionFromMetadataOfOthers) {
  small_store store;
  schema_registry registry;
  registry.add<OrderOpened>("order").value();
  capnp::MallocMessageBuilder message;
  fill(message.initRoot<OrderOpened>());
  const auto stored = store.round_trip(event_data(
      "order", capnp_payload(message), {.metadata = bytes_of(R"({"correlationId":"12345678"})")}));
  const auto found = registry.find(*stored);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(), errc::foreign_metadata);
  EXPECT_EQ(found.error().info().first_position, stored->position().value());
  EXPECT_TRUE(validate_payload(registry.find("order", 1).value(), *stored));
}

TEST(SchemaRegistry, RefusesASecondSchemaForTheSame) {
  schema_registry registry;
  registry.add<OrderOpened>("order").value();
  EXPECT_TRUE(registry.add<OrderOpened>("order")) << "the same again";
  EXPECT_EQ(registry.add<OrderPaid>("order").error(), errc::duplicate_schema);
  EXPECT_EQ(name_of(registry.find("order", 1).value()), "OrderOpened");
}

TEST(SchemaRegistry, RefusesKeysThatNoEventHas) {
  schema_registry registry;
  EXPECT_EQ(registry.add<OrderOpened>("").error(), errc::invalid_event_type);
  EXPECT_EQ(registry.add<OrderOpened>("$order").error(), errc::reserved_name);
  EXPECT_EQ(registry.add<OrderOpened>("order", 0).error(), errc::invalid_argument);
}

TEST(SchemaRegistry, RefusesSchemasThatCannotBeRecorded) {
  schema_registry registry;
  EXPECT_EQ(registry.add<schema::Boxed<capnp::Text>>("boxed").error(), errc::invalid_schema);
  const auto discount = capnp::Schema::from<OrderOpened>().getFieldByName("discount");
  EXPECT_EQ(registry.add("discount", 1, discount.getType().asStruct()).error(),
            errc::invalid_schema);
  EXPECT_EQ(registry.add({.type = "order", .bytes = {}}).error(), errc::invalid_schema);
  EXPECT_EQ(registry.add({.type = "order", .bytes = std::vector<std::byte>(8)}).error(),
            errc::invalid_schema);
}

TEST(SchemaRegistry, ValidatesEveryFieldOfAnEvent) {
  small_store store;
  schema_registry registry;
  registry.add<OrderOpened>("order").value();
  registry.add<OrderPaid>("paid").value();
  const auto good = store.round_trip(order_event("order"));
  EXPECT_TRUE(registry.validate(*good));

  const auto stored = store.round_trip(order_event("paid"));
  const auto checked = registry.validate(*stored);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error(), errc::malformed_payload);
  EXPECT_TRUE(checked.error().info().detail.find("cannot be read: at parts") != std::string::npos)
      << checked.error().info().detail;
  EXPECT_EQ(checked.error().info().first_position, stored->position().value());

  const auto other = store.round_trip(event_data("order", json("{}")));
  EXPECT_EQ(registry.validate(*other).error(), errc::wrong_codec);
}

TEST(SchemaRegistry, ReadsWithoutTheCompiledType) {
  small_store store;
  schema_registry compiled;
  compiled.add<OrderOpened>("order").value();
  // As a tool would have it that finds the records beside the store.
  schema_registry recorded;
  for (const auto& each : compiled.recorded()) recorded.add(each).value();
  const auto stored = store.round_trip(order_event("order"));
  const auto item = recorded.read(*stored, [](capnp::DynamicStruct::Reader order) {
    const auto line = order.get("lines").as<capnp::DynamicList>()[1].as<capnp::DynamicStruct>();
    return std::string(line.get("item").as<capnp::Text>());
  });
  EXPECT_EQ(item.value(), "cup");
  EXPECT_EQ(recorded.to_text(*stored).value(), compiled.to_text(*stored).value());
  EXPECT_NE(recorded.to_text(*stored).value().find("customer = \"Ada\""), std::string::npos);
  EXPECT_TRUE(recorded.validate(*stored));
}

TEST(RecordedSchema, IsTheSameWhereverItComesFrom) {
  schema_registry compiled;
  compiled.add<OrderOpened>("order", 3).value();
  const auto first = compiled.recorded();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].type, "order");
  EXPECT_EQ(first[0].schema_version, 3U);

  schema_registry again;
  again.add(first[0]).value();
  EXPECT_EQ(again.recorded(), first);
  schema_registry copied;
  copied.add("order", 3, again.find("order", 3).value()).value();
  EXPECT_EQ(copied.recorded(), first);
}

TEST(RecordedSchema, HoldsNoPathOfTheFile) {
  schema_registry compiled;
  compiled.add<OrderOpened>("order").value();
  const auto recorded = compiled.recorded();
  const auto& bytes = recorded.front().bytes;
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  EXPECT_NE(text.find("OrderOpened"), std::string::npos);
  EXPECT_EQ(text.find(".capnp"), std::string::npos);
}

TEST(SchemaRegistry, CopiesShareSchemas) {
  schema_registry copy;
  {
    schema_registry compiled;
    compiled.add<OrderOpened>("order").value();
    schema_registry original;
    original.add(compiled.recorded().front()).value();
    copy = original;
  }
  EXPECT_EQ(name_of(copy.find("order", 1).value()), "OrderOpened");
  EXPECT_TRUE(validate_payload(copy.find("order", 1).value(), full_order().payload()));
}

}  // namespace
}  // namespace mainstem::typed
