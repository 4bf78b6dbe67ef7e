// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>

// The functions stand in the README as they are.
#include "typed.h"

namespace {

const ms::stream_name order("order-42");

class Typed : public testing::Test {
 protected:
  void TearDown() override {
    store.close().value();
    std::filesystem::remove_all(folder);
  }
  void append_as(const char* type) {
    capnp::MallocMessageBuilder message;
    message.initRoot<OrderPaid>().initParts(2);
    store.append(order, ms::any, ms::event_data(type, ms::capnp_payload(message))).value();
  }

  std::filesystem::path folder = std::filesystem::path(testing::TempDir()) /
                                 ("mainstem-typed-" + ms::uuid::generate().to_string());
  ms::store store = ms::store::open(folder).value();
};

TEST_F(Typed, WhatWasWrittenIsRead) {
  open_order(store, order, "Ada");
  EXPECT_EQ(customer_of(store, order), "Ada");
  EXPECT_THROW(open_order(store, order, "Ada"), std::runtime_error);
  EXPECT_TRUE(still_reads(store));
}

TEST_F(Typed, WhatIsNotAnOrderIsAnError) {
  EXPECT_THROW(customer_of(store, order), std::runtime_error);
  append_as("order-opened");
  EXPECT_THROW(customer_of(store, order), ms::exception);
}

TEST_F(Typed, SchemasAreKept) {
  EXPECT_TRUE(keep_schemas(store));
  EXPECT_EQ(ms::saved_schemas(store).value(), todays_schemas().recorded());
  EXPECT_TRUE(keep_schemas(store)) << "the next start";
}

TEST_F(Typed, SchemasThatDoNotReadWhatIsStoredAreRefused) {
  ms::schema_registry other;
  other.add<OrderPaid>("order-opened", 1).value();
  ms::save_schemas(store, other).value();
  EXPECT_FALSE(keep_schemas(store));
  EXPECT_EQ(ms::saved_schemas(store).value(), other.recorded());
  ms::store moved = std::move(store);
  EXPECT_THROW(keep_schemas(store), ms::exception) << "which is closed";
  store = std::move(moved);
}

TEST_F(Typed, WhatTodaysSchemasDoNotReadIsNoticed) {
  append_as("order-opened");
  EXPECT_FALSE(still_reads(store));
}

TEST_F(Typed, WhatHasNoSchemaTodayIsNoticed) {
  open_order(store, order, "Ada");
  append_as("order-paid");
  EXPECT_FALSE(still_reads(store));
}

}  // namespace
