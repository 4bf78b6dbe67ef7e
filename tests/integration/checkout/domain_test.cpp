// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <initializer_list>

#include "domain/customer.h"
#include "domain/order.h"
#include "domain/stock_item.h"

// The rules, without a store: state made of events, then a question.
namespace checkout_test {
namespace {

using namespace checkout;
using reason = refusal_reason;

constexpr order_number order_7{7};
constexpr item_number item{3};

template <class State, class Event>
State after(std::initializer_list<Event> events) {
  State state;
  for (const Event& each : events) state.apply(each);
  return state;
}

order order_after(std::initializer_list<order_event> events) {
  return after<order, order_event>(events);
}
stock_item stock_after(std::initializer_list<stock_event> events) {
  return after<stock_item, stock_event>(events);
}
customer customer_after(std::initializer_list<customer_event> events) {
  return after<customer, customer_event>(events);
}

template <class T>
reason why_not(const decided<T>& answer) {
  EXPECT_FALSE(answer);
  return answer.error().reason;
}

const order_event opened = order_opened{customer_number{1}};
const order_event line = order_line_added{item, 2, 500};
const order_event reserved = order_reserved{};
const order_event paid = order_paid{1000};
const order_event shipped = order_shipped{};
const order_event cancelled = order_cancelled{"why"};

TEST(Order, GoesFromOpenedToShipped) {
  EXPECT_EQ(*order().open(customer_number{1}), opened);
  EXPECT_EQ(*order_after({opened}).add_line({item, 2, 500}), line);
  EXPECT_EQ(*order_after({opened, line}).reserve(), reserved);
  EXPECT_EQ(*order_after({opened, line, reserved}).pay(), paid);
  EXPECT_EQ(*order_after({opened, line, reserved, paid}).ship(), shipped);
  EXPECT_TRUE(order_after({opened, line, reserved, paid, shipped}).is_done());
}

TEST(Order, RefusesWhatComesTooEarly) {
  EXPECT_EQ(why_not(order().add_line({item, 1, 1})), reason::no_such_order);
  EXPECT_EQ(why_not(order().reserve()), reason::no_such_order);
  EXPECT_EQ(why_not(order().pay()), reason::no_such_order);
  EXPECT_EQ(why_not(order().ship()), reason::no_such_order);
  EXPECT_EQ(why_not(order().cancel("why")), reason::no_such_order);
  EXPECT_EQ(why_not(order_after({opened}).reserve()), reason::no_lines);
  EXPECT_EQ(why_not(order_after({opened, line}).pay()), reason::not_reserved);
  EXPECT_EQ(why_not(order_after({opened, line}).ship()), reason::not_paid);
  EXPECT_EQ(why_not(order_after({opened, line, reserved}).ship()), reason::not_paid);
}

TEST(Order, RefusesWhatIsDoneAlready) {
  EXPECT_EQ(why_not(order_after({opened}).open(customer_number{1})), reason::order_exists);
  EXPECT_EQ(why_not(order_after({opened, line, reserved}).reserve()), reason::already_reserved);
  EXPECT_EQ(why_not(order_after({opened, line, reserved, paid}).pay()), reason::already_paid);
  const order done = order_after({opened, line, reserved, paid, shipped});
  EXPECT_EQ(why_not(done.ship()), reason::already_shipped);
  EXPECT_EQ(why_not(done.cancel("why")), reason::already_shipped);
  const order given_up = order_after({opened, cancelled});
  EXPECT_EQ(why_not(given_up.cancel("why")), reason::already_cancelled);
  EXPECT_EQ(why_not(given_up.reserve()), reason::already_cancelled);
  EXPECT_EQ(why_not(given_up.pay()), reason::already_cancelled);
}

TEST(Order, RefusesLinesThatMakeNoSense) {
  const order open = order_after({opened, line});
  EXPECT_EQ(why_not(open.add_line({item, 1, 1})), reason::item_in_order_already);
  EXPECT_EQ(why_not(open.add_line({item_number{4}, 0, 1})), reason::quantity_out_of_range);
  EXPECT_EQ(why_not(open.add_line({item_number{4}, 1001, 1})), reason::quantity_out_of_range);
  EXPECT_EQ(why_not(open.add_line({item_number{4}, 1, -1})), reason::quantity_out_of_range);
  EXPECT_EQ(why_not(order_after({opened, line, reserved}).add_line({item_number{4}, 1, 1})),
            reason::already_reserved);
}

TEST(Order, CanBeCancelledUntilItIsShipped) {
  for (const order& each : {order_after({opened}), order_after({opened, line, reserved}),
                            order_after({opened, line, reserved, paid})})
    EXPECT_EQ(*each.cancel("why"), cancelled);
}

TEST(StockItem, SellsNoMoreThanThereIs) {
  const stock_item stock = stock_after({stock_delivered{1, 5}, stock_reserved{order_7, 3}});
  EXPECT_EQ(stock.available(), 2);
  EXPECT_EQ(*stock.reserve(item, order_number{8}, 2),
            stock_event(stock_reserved{order_number{8}, 2}));
  const auto refused = stock.reserve(item, order_number{8}, 3);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), (refusal{reason::sold_out, item}));
}

TEST(StockItem, ReservesOncePerOrder) {
  const stock_item stock = stock_after({stock_delivered{1, 5}, stock_reserved{order_7, 1}});
  EXPECT_EQ(why_not(stock.reserve(item, order_7, 1)), reason::already_reserved);
  EXPECT_EQ(why_not(stock.reserve(item, order_number{8}, 0)), reason::quantity_out_of_range);
}

TEST(StockItem, GetsBackWhatACancelledOrderHeld) {
  const stock_item held = stock_after({stock_delivered{1, 5}, stock_reserved{order_7, 3}});
  const auto released = held.release(order_7);
  ASSERT_EQ(*released, stock_event(stock_released{order_7, 3}));
  stock_item after_it = held;
  after_it.apply(*released);
  EXPECT_EQ(after_it.available(), 5);
  EXPECT_TRUE(after_it.reservations().empty());
  EXPECT_EQ(why_not(after_it.release(order_7)), reason::not_reserved);
}

TEST(StockItem, ShipsWhatWasReserved) {
  stock_item stock = stock_after({stock_delivered{1, 5}, stock_reserved{order_7, 3}});
  EXPECT_EQ(why_not(stock.ship(order_number{8})), reason::not_reserved);
  stock.apply(*stock.ship(order_7));
  EXPECT_EQ(stock.on_hand(), 2);
  EXPECT_EQ(stock.available(), 2);
  EXPECT_EQ(stock.sold(), 3);
}

TEST(StockItem, BooksEachDeliveryOnce) {
  const stock_item stock = stock_after({stock_delivered{1, 5}});
  EXPECT_EQ(*stock.deliver(2, 4), stock_event(stock_delivered{2, 4}));
  EXPECT_EQ(why_not(stock.deliver(1, 4)), reason::already_delivered);
  EXPECT_EQ(why_not(stock.deliver(2, 0)), reason::quantity_out_of_range);
}

TEST(StockItem, ShowsThatItWasOversold) {
  EXPECT_EQ(stock_after({stock_delivered{1, 1}, stock_reserved{order_7, 3}}).available(), -2);
}

TEST(Customer, BuysUpToTheLimit) {
  const customer payer = customer_after({customer_registered{1000}, credit_charged{order_7, 600}});
  EXPECT_EQ(*payer.charge(order_number{8}, 400),
            customer_event(credit_charged{order_number{8}, 400}));
  EXPECT_EQ(why_not(payer.charge(order_number{8}, 401)), reason::over_credit_limit);
}

TEST(Customer, HasCreditAgainAfterSettlingOrGettingBack) {
  customer payer = customer_after({customer_registered{1000}, credit_charged{order_7, 600}});
  EXPECT_EQ(*payer.settle(1), customer_event(account_settled{1, 600}));
  payer.apply(*payer.give_back(order_7, 600));
  EXPECT_EQ(payer.owed_cents(), 0);
  EXPECT_EQ(why_not(payer.settle(1)), reason::nothing_owed);
}

TEST(Customer, SettlesEachAccountOnce) {
  const customer payer = customer_after(
      {customer_registered{1000}, account_settled{1, 0}, credit_charged{order_7, 600}});
  EXPECT_EQ(why_not(payer.settle(1)), reason::already_settled);
  EXPECT_TRUE(payer.settle(2));
}

TEST(Customer, MustBeRegisteredOnce) {
  EXPECT_EQ(why_not(customer().charge(order_7, 1)), reason::no_such_customer);
  EXPECT_EQ(why_not(customer().give_back(order_7, 1)), reason::no_such_customer);
  EXPECT_EQ(why_not(customer().settle(1)), reason::no_such_customer);
  EXPECT_EQ(why_not(customer().register_with(-1)), reason::quantity_out_of_range);
  EXPECT_EQ(why_not(customer_after({customer_registered{1}}).register_with(1)),
            reason::customer_exists);
}

TEST(Refusal, SaysWhyInWords) {
  for (int i = 0; i <= static_cast<int>(reason::nothing_owed); ++i)
    EXPECT_FALSE(words_for(static_cast<reason>(i)).empty()) << i;
}

}  // namespace
}  // namespace checkout_test
