// SPDX-License-Identifier: Apache-2.0
#include "shopping.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace checkout_test {
namespace {

using namespace checkout;

TEST(ShoppingPlan, IsTheSameForTheSameSeedAndOrder) {
  const shop_size shop;
  const shop_size other{.seed = 2};
  int different = 0;
  for (std::uint64_t i = 1; i <= 50; ++i) {
    const auto plan = plan_for(shop, order_number{i});
    EXPECT_EQ(plan.lines, plan_for(shop, order_number{i}).lines);
    if (plan.lines != plan_for(other, order_number{i}).lines) ++different;
  }
  EXPECT_GT(different, 40);
}

TEST(ShoppingPlan, AsksForNoMoreItemsThanThereAre) {
  for (const std::uint32_t items : {1U, 2U, 10U}) {
    const shop_size shop{.items = items};
    for (std::uint64_t i = 1; i <= 200; ++i) {
      const auto plan = plan_for(shop, order_number{i});
      std::set<item_number> wanted;
      for (const order_line_added& line : plan.lines) {
        EXPECT_GE(static_cast<std::uint32_t>(line.item), 1U);
        EXPECT_LE(static_cast<std::uint32_t>(line.item), items);
        wanted.insert(line.item);
      }
      EXPECT_EQ(wanted.size(), plan.lines.size());
      EXPECT_LE(plan.lines.size(), 4U);
    }
  }
}

TEST(ShoppingPlan, LeadsEveryOrderToItsEnd) {
  const shop_size shop;
  std::set<order_status> ends;
  for (std::uint64_t i = 1; i <= 200; ++i) {
    const order_number number{i};
    const auto plan = plan_for(shop, number);
    situation seen;
    seen.customer.apply(customer_registered{1'000'000});
    for (std::uint32_t item = 1; item <= shop.items; ++item)
      seen.stock[item_number{item}].apply(stock_delivered{1, 100});
    int steps = 0;
    while (const auto next = next_step(plan, number, seen.order)) {
      situation narrow = seen;
      const scope looked_at = scope_of(*next, seen.order);
      std::erase_if(narrow.stock, [&](const auto& each) {
        return std::ranges::find(looked_at.items, each.first) == looked_at.items.end();
      });
      const auto made = decide(*next, narrow);
      ASSERT_TRUE(made) << name_of(*next) << ": " << made.error();
      if (made->order) seen.order.apply(*made->order);
      for (const auto& [item, event] : made->stock) seen.stock[item].apply(event);
      if (made->customer) seen.customer.apply(*made->customer);
      ASSERT_LT(++steps, 20);
    }
    EXPECT_TRUE(seen.order.is_done());
    ends.insert(seen.order.status());
  }
  EXPECT_EQ(ends, (std::set{order_status::shipped, order_status::cancelled}));
}

}  // namespace
}  // namespace checkout_test
