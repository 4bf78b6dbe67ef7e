// SPDX-License-Identifier: Apache-2.0
#include "shopping.h"

#include <algorithm>

#include "common/random.h"
#include "common_names.h"

namespace checkout {

using change_of_mind = shopping_plan::change_of_mind;

shopping_plan plan_for(const shop_size& shop, order_number number) {
  random_numbers random(shop.seed * 0x9e3779b97f4a7c15U + static_cast<std::uint64_t>(number));
  shopping_plan plan;
  plan.customer = customer_number{static_cast<std::uint32_t>(1 + random.below(shop.customers))};
  const std::uint64_t wanted = std::min<std::uint64_t>(2 + random.below(3), shop.items);
  while (plan.lines.size() < wanted) {
    const std::uint64_t drawn = std::min(random.below(shop.items), random.below(shop.items));
    const item_number item{static_cast<std::uint32_t>(1 + drawn)};
    if (std::ranges::find(plan.lines, item, &order_line_added::item) != plan.lines.end()) continue;
    plan.lines.push_back({.item = item,
                          .quantity = static_cast<std::int64_t>(1 + random.below(3)),
                          .cents_each = static_cast<std::int64_t>(199 + 100 * drawn)});
  }
  if (random.chance(5))
    plan.cancels = change_of_mind::when_reserved;
  else if (random.chance(5))
    plan.cancels = change_of_mind::when_paid;
  plan.settles = random.chance(80);
  return plan;
}

std::optional<command> next_step(const shopping_plan& plan, order_number number, const order& now) {
  const cancel_order changed_mind{number, "the customer has changed their mind"};
  switch (now.status()) {
    case order_status::unopened: return open_order{number, plan.customer};
    case order_status::open:
      if (now.lines().size() < plan.lines.size())
        return add_line{number, plan.lines[now.lines().size()]};
      return reserve_stock{number};
    case order_status::reserved:
      if (plan.cancels == change_of_mind::when_reserved) return changed_mind;
      return pay_order{number};
    case order_status::paid:
      if (plan.cancels == change_of_mind::when_paid) return changed_mind;
      return ship_order{number};
    case order_status::shipped:
    case order_status::cancelled: break;
  }
  return std::nullopt;
}

}  // namespace checkout
