// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "domain/commands.h"

namespace checkout_test {
namespace {

using namespace checkout;
using reason = refusal_reason;

constexpr order_number number{7};
constexpr customer_number payer{1};

/// An order with two lines, stock of both, and a customer with credit.
situation ready_to_reserve() {
  situation seen;
  seen.order.apply(order_opened{payer});
  seen.order.apply(order_line_added{item_number{1}, 2, 500});
  seen.order.apply(order_line_added{item_number{2}, 1, 300});
  seen.stock[item_number{1}].apply(stock_delivered{1, 5});
  seen.stock[item_number{2}].apply(stock_delivered{1, 5});
  seen.customer.apply(customer_registered{2000});
  return seen;
}

void apply(const changes& made, situation& to) {
  if (made.order) to.order.apply(*made.order);
  for (const auto& [item, event] : made.stock) to.stock[item].apply(event);
  if (made.customer) to.customer.apply(*made.customer);
}

situation after(std::initializer_list<command> done) {
  situation seen = ready_to_reserve();
  for (const command& each : done) {
    const auto made = decide(each, seen);
    EXPECT_TRUE(made) << name_of(each) << ": " << made.error();
    if (made) apply(*made, seen);
  }
  return seen;
}

TEST(Command, ReservesAllLinesTogetherWithTheOrder) {
  const auto made = decide(reserve_stock{number}, ready_to_reserve());
  ASSERT_TRUE(made);
  EXPECT_EQ(made->order, order_event(order_reserved{}));
  EXPECT_EQ(made->stock.at(item_number{1}), stock_event(stock_reserved{number, 2}));
  EXPECT_EQ(made->stock.at(item_number{2}), stock_event(stock_reserved{number, 1}));
  EXPECT_FALSE(made->customer);
}

TEST(Command, ReservesNothingIfOneItemIsSoldOut) {
  situation seen = ready_to_reserve();
  seen.stock[item_number{2}].apply(stock_reserved{order_number{8}, 5});
  const auto made = decide(reserve_stock{number}, seen);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error(), (refusal{reason::sold_out, item_number{2}}));
}

TEST(Command, PayingChargesTheCustomer) {
  const auto made = decide(pay_order{number}, after({reserve_stock{number}}));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->order, order_event(order_paid{1300}));
  EXPECT_EQ(made->customer, customer_event(credit_charged{number, 1300}));
}

TEST(Command, IsRefusedWithoutCredit) {
  situation seen = after({reserve_stock{number}});
  seen.customer.apply(credit_charged{order_number{8}, 701});
  const auto made = decide(pay_order{number}, seen);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().reason, reason::over_credit_limit);
}

TEST(Command, ShippingTakesEveryItemOffTheShelf) {
  const situation seen = after({reserve_stock{number}, pay_order{number}, ship_order{number}});
  EXPECT_EQ(seen.order.status(), order_status::shipped);
  EXPECT_EQ(seen.stock.at(item_number{1}).sold(), 2);
  EXPECT_EQ(seen.stock.at(item_number{2}).sold(), 1);
}

TEST(Command, CancellingGivesBackStockAndMoney) {
  const situation seen =
      after({reserve_stock{number}, pay_order{number}, cancel_order{number, "why"}});
  EXPECT_EQ(seen.order.status(), order_status::cancelled);
  EXPECT_EQ(seen.stock.at(item_number{1}).available(), 5);
  EXPECT_EQ(seen.stock.at(item_number{2}).available(), 5);
  EXPECT_EQ(seen.customer.owed_cents(), 0);
}

TEST(Command, LooksAtNoMoreThanItNeeds) {
  const order open = ready_to_reserve().order;
  EXPECT_EQ(scope_of(reserve_stock{number}, open).items.size(), 2U);
  EXPECT_EQ(scope_of(pay_order{number}, open).customer, payer);
  EXPECT_TRUE(scope_of(add_line{number, {}}, open).items.empty());
  // An open order holds nothing that cancelling would give back.
  EXPECT_TRUE(scope_of(cancel_order{number, ""}, open).items.empty());
  const order reserved = after({reserve_stock{number}}).order;
  EXPECT_EQ(scope_of(cancel_order{number, ""}, reserved).items.size(), 2U);
  EXPECT_FALSE(scope_of(cancel_order{number, ""}, reserved).customer);
}

TEST(Command, OpensOrdersOfRegisteredCustomersOnly) {
  const auto made = decide(open_order{number, payer}, situation{});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().reason, reason::no_such_customer);
}

TEST(Command, PassesOnWhatARuleRefuses) {
  const situation nothing;
  for (const command& each :
       {command(add_line{number, {}}), command(reserve_stock{number}), command(pay_order{number}),
        command(ship_order{number}), command(cancel_order{number, "why"}),
        command(settle_account{payer, 1})})
    EXPECT_FALSE(decide(each, nothing)) << name_of(each);
  situation known = ready_to_reserve();
  EXPECT_FALSE(decide(register_customer{payer, 1}, known));
  EXPECT_FALSE(decide(open_order{number, payer}, known));
  EXPECT_FALSE(decide(replenish_stock{item_number{1}, 1, 5}, known));
  // What a shipped order holds is not on the shelf.
  situation torn = after({reserve_stock{number}, pay_order{number}});
  torn.stock[item_number{2}].apply(stock_released{number, 1});
  EXPECT_FALSE(decide(ship_order{number}, torn));
  EXPECT_FALSE(decide(cancel_order{number, "why"}, torn));
}

TEST(Command, HasANameOfItsOwn) {
  const std::set<std::string> names{
      name_of(register_customer{payer, 1}),
      name_of(open_order{number, payer}),
      name_of(add_line{number, {item_number{1}, 1, 1}}),
      name_of(add_line{number, {item_number{2}, 1, 1}}),
      name_of(reserve_stock{number}),
      name_of(pay_order{number}),
      name_of(ship_order{number}),
      name_of(cancel_order{number, "why"}),
      name_of(replenish_stock{item_number{7}, 1, 1}),
      name_of(replenish_stock{item_number{7}, 2, 1}),
      name_of(settle_account{payer, 1}),
      name_of(settle_account{payer, 2}),
  };
  EXPECT_EQ(names.size(), 12U);
  EXPECT_EQ(name_of(reserve_stock{number}), "order-7/reserve");
}

TEST(Command, IsKnownByTheEventThatItLedTo) {
  situation seen = ready_to_reserve();
  const std::initializer_list<command> life{reserve_stock{number}, pay_order{number},
                                            cancel_order{number, "why"}};
  for (const command& each : life) {
    const auto made = decide(each, seen);
    ASSERT_TRUE(made);
    EXPECT_EQ(name_of(command_behind(number, *made->order)), name_of(each));
    apply(*made, seen);
  }
  const order_line_added line{item_number{4}, 2, 9};
  EXPECT_EQ(std::get<add_line>(command_behind(number, line)).line, line);
  EXPECT_EQ(std::get<open_order>(command_behind(number, order_opened{payer})).customer, payer);
  EXPECT_EQ(std::get<cancel_order>(command_behind(number, order_cancelled{"x"})).why, "x");
  EXPECT_EQ(name_of(command_behind(number, order_shipped{})), "order-7/ship");
}

}  // namespace
}  // namespace checkout_test
