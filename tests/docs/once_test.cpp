// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <mainstem/store.h>

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace {

// Called between the recipe's read and its append.
std::function<void()> before_append = [] {};

mainstem::version pass_on(mainstem::version seen) {
  before_append();
  return seen;
}

}  // namespace

// The recipe stands in the README as it is; its ms::exactly(seen) lets a test act before the
// append.
#define exactly(seen) exactly(pass_on(seen))
#include "once.h"
#undef exactly

namespace {

const ms::stream_name order("order-42");

class Once : public testing::Test {
 protected:
  void TearDown() override {
    before_append = [] {};
    store.close().value();
    std::filesystem::remove_all(folder);
  }

  std::vector<std::string> payloads() {
    std::vector<std::string> found;
    auto reader = store.read_stream(order);
    while (auto batch = reader.next().value())
      for (const auto& event : batch) found.emplace_back(event.payload_text());
    return found;
  }

  std::filesystem::path folder = std::filesystem::path(testing::TempDir()) /
                                 ("mainstem-once-" + ms::uuid::generate().to_string());
  ms::store store = ms::store::open(folder).value();
};

using list = std::vector<std::string>;

TEST_F(Once, SecondDeliveryDoesNothing) {
  on_payment(store, order, "message 1", "{}");
  on_payment(store, order, "message 1", "{}");
  on_payment(store, order, "message 1", R"({"delivery":3})");
  EXPECT_EQ(payloads(), list{"{}"});
}

TEST_F(Once, AnotherMessageMeetsTheRule) {
  on_payment(store, order, "message 1", "{}");
  EXPECT_THROW(on_payment(store, order, "message 2", "{}"), std::runtime_error);
  EXPECT_EQ(payloads(), list{"{}"});
}

TEST_F(Once, DeliveriesAtTheSameTimeAreOneEvent) {
  for (const auto* other : {"{}", R"({"delivery":2})"}) {
    const ms::stream_name stream(std::string("order-") + other);
    before_append = [&, other, done = false]() mutable {
      if (std::exchange(done, true)) return;
      on_payment(store, stream, "message", other);
    };
    on_payment(store, stream, "message", "{}");
    EXPECT_EQ(store.stream_info(stream).value().version, ms::version(1)) << other;
  }
}

TEST_F(Once, ConflictWithSomethingElseIsOvercome) {
  before_append = [&, done = false]() mutable {
    if (std::exchange(done, true)) return;
    store.append(order, ms::any, ms::event_data("order-packed", ms::text("packed"))).value();
  };
  on_payment(store, order, "message 1", "{}");
  EXPECT_EQ(payloads(), (list{"packed", "{}"}));
}

TEST_F(Once, BufferedAppendsOfOthersAreSeen) {
  const ms::append_options buffered{ms::durability::buffered};
  store.append(order, ms::any, ms::event_data("order-packed", ms::text("packed")), buffered)
      .value();
  on_payment(store, order, "message 1", "{}");
  EXPECT_EQ(payloads(), (list{"packed", "{}"}));
}

}  // namespace
