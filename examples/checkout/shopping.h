// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "domain/commands.h"

namespace checkout {

/// How large the world is.
struct shop_size {
  std::uint64_t seed = 1;
  std::uint32_t items = 10;
  std::uint32_t customers = 40;
  std::int64_t credit_limit_cents = 60'000;
  std::int64_t delivery_quantity = 40;
};

/// What a customer is going to do. The same for the same seed and order, in every process.
struct shopping_plan {
  enum class change_of_mind : std::uint8_t { none, when_reserved, when_paid };

  customer_number customer{};
  std::vector<order_line_added> lines;  ///< 2 to 4 items; low numbers are the popular ones.
  change_of_mind cancels = change_of_mind::none;
  bool settles = true;  ///< Without credit: settles the account. Otherwise gives the order up.
};
[[nodiscard]] shopping_plan plan_for(const shop_size& shop, order_number number);

/// What comes next for an order, going by what its events say; nothing if it is done.
[[nodiscard]] std::optional<command> next_step(const shopping_plan& plan, order_number number,
                                               const order& now);

}  // namespace checkout
