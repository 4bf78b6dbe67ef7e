// SPDX-License-Identifier: Apache-2.0
#include "payload.h"

#include <string>

#include "test_store.h"

namespace checkout_test {
namespace {

using namespace checkout;
namespace ms = mainstem;

class Payload : public test_store {
 protected:
  /// The event as it comes back out of the store.
  ms::event stored(const ms::event_data& data) {
    const ms::stream_name stream("order-1");
    store.append(stream, ms::any, data).value();
    return std::move(*store.read_last(stream).value());
  }
  template <class Event>
  void expect_back(const Event& event) {
    const ms::event kept = stored(to_stored(event, ms::uuid::generate()));
    const auto back = from_stored<Event>(kept.view());
    ASSERT_TRUE(back) << back.error().text;
    EXPECT_EQ(*back, event) << kept.view().payload_text();
  }
  std::string said_about(std::string_view type, std::string_view payload) {
    const ms::event kept = stored(ms::event_data(type, ms::json(payload)));
    const auto back = from_stored<order_event>(kept.view());
    return back ? "it was read" : back.error().text;
  }
};

TEST_F(Payload, ComesBackAsItWas) {
  expect_back<order_event>(order_opened{customer_number{4'000'000'000}});
  expect_back<order_event>(order_line_added{item_number{7}, 3, 199});
  expect_back<order_event>(order_reserved{});
  expect_back<order_event>(order_paid{-1});
  expect_back<order_event>(order_shipped{});
  expect_back<order_event>(order_cancelled{"\"quoted\"\nand more \xc3\xa4"});
  const order_number large{~std::uint64_t{0}};
  expect_back<stock_event>(stock_delivered{1, 2});
  expect_back<stock_event>(stock_reserved{large, 2});
  expect_back<stock_event>(stock_released{large, 2});
  expect_back<stock_event>(stock_shipped{large, 2});
  expect_back<customer_event>(customer_registered{5});
  expect_back<customer_event>(credit_charged{large, 2});
  expect_back<customer_event>(credit_returned{large, 2});
  expect_back<customer_event>(account_settled{3, 2});
}

TEST_F(Payload, IsJson) {
  const ms::event kept = stored(
      to_stored(order_event(order_line_added{item_number{7}, 3, 199}), ms::uuid::generate()));
  EXPECT_EQ(kept.view().type(), "order-line-added");
  EXPECT_EQ(kept.view().codec(), ms::codec::json);
  EXPECT_EQ(kept.view().payload_text(), R"({"item":7,"quantity":3,"cents_each":199})");
}

TEST_F(Payload, IsRefusedWithItsPlaceIfItIsNotAsItShouldBe) {
  EXPECT_EQ(said_about("order-eaten", "{}"),
            "position 1, order-eaten of order-1: no such event is known here");
  for (const char* bad : {"", "no JSON", "[]", "{}", R"({"cents":"many"})", R"({"cents":1.5})",
                          R"({"cents":1,"more":2})"})
    EXPECT_NE(said_about("order-paid", bad).find("order-paid of order-1: its payload"),
              std::string::npos)
        << bad;
  EXPECT_NE(said_about("order-opened", R"({"customer":-1})").find("its payload"),
            std::string::npos);
}

}  // namespace
}  // namespace checkout_test
