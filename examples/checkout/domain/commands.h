// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/customer.h"
#include "domain/events.h"
#include "domain/order.h"
#include "domain/refusal.h"
#include "domain/stock_item.h"

namespace checkout {

// What somebody wants. Each is a word of the business; none is called create, update or delete.

struct register_customer {
  customer_number customer{};
  std::int64_t credit_limit_cents = 0;
};
struct open_order {
  order_number order{};
  customer_number customer{};
};
struct add_line {
  order_number order{};
  order_line_added line;
};
/// Sets all lines of the order aside, or none.
struct reserve_stock {
  order_number order{};
};
struct pay_order {
  order_number order{};
};
struct ship_order {
  order_number order{};
};
/// Gives the stock back if it was set aside, and the money if it was paid.
struct cancel_order {
  order_number order{};
  std::string why;
};
struct replenish_stock {
  item_number item{};
  std::uint64_t delivery = 0;
  std::int64_t quantity = 0;
};
struct settle_account {
  customer_number customer{};
  std::uint64_t settlement = 0;
};
using command = std::variant<register_customer, open_order, add_line, reserve_stock, pay_order,
                             ship_order, cancel_order, replenish_stock, settle_account>;

/// Its name, the same whenever it is submitted, and no other command's: `order-17/reserve`.
[[nodiscard]] std::string name_of(const command& wanted);

/// The order that a command is for; none if it is for an item or a customer.
[[nodiscard]] std::optional<order_number> order_of(const command& wanted);

/// What else a command has to look at, once the order is known.
struct scope {
  std::vector<item_number> items;
  std::optional<customer_number> customer;
};
[[nodiscard]] scope scope_of(const command& wanted, const order& known);

/// The state that a command is decided on.
struct situation {
  checkout::order order;
  std::map<item_number, stock_item> stock;
  checkout::customer customer;
};

/// What a command comes to: at most one event for each aggregate, all of them or none.
struct changes {
  std::optional<order_event> order;
  std::map<item_number, stock_event> stock;
  std::optional<customer_event> customer;
};

/// Decides a command. It looks at nothing but its arguments, so the same command on the same state
/// comes to the same events, today and after a crash. `seen` has everything in scope_of().
[[nodiscard]] decided<changes> decide(const command& wanted, const situation& seen);

/// The command that led to this event of an order.
[[nodiscard]] command command_behind(order_number number, const order_event& happened);

}  // namespace checkout
