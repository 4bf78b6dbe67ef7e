// SPDX-License-Identifier: Apache-2.0
#include "domain/commands.h"

#include "domain/overloaded.h"

namespace checkout {
namespace {

using text = std::string;

template <class Number>
text digits(Number number) {
  return std::to_string(static_cast<std::uint64_t>(number));
}
text of_order(order_number order, const text& verb) { return "order-" + digits(order) + verb; }
text of_item(item_number item, const text& verb) { return "stock-" + digits(item) + verb; }
text of_customer(customer_number customer, const text& verb) {
  return "customer-" + digits(customer) + verb;
}

std::vector<item_number> items_of(const order& known) {
  std::vector<item_number> items;
  for (const order_line_added& line : known.lines()) items.push_back(line.item);
  return items;
}

decided<changes> decide_one(const register_customer& wanted, const situation& seen) {
  const auto registered = seen.customer.register_with(wanted.credit_limit_cents);
  if (!registered) return registered.error();
  return changes{.customer = *registered};
}

decided<changes> decide_one(const open_order& wanted, const situation& seen) {
  if (!seen.customer.is_registered()) return refusal{refusal_reason::no_such_customer};
  const auto opened = seen.order.open(wanted.customer);
  if (!opened) return opened.error();
  return changes{.order = *opened};
}

decided<changes> decide_one(const add_line& wanted, const situation& seen) {
  const auto added = seen.order.add_line(wanted.line);
  if (!added) return added.error();
  return changes{.order = *added};
}

decided<changes> decide_one(const reserve_stock& wanted, const situation& seen) {
  const auto reserved = seen.order.reserve();
  if (!reserved) return reserved.error();
  changes made{.order = *reserved};
  for (const order_line_added& line : seen.order.lines()) {
    const auto taken = seen.stock.at(line.item).reserve(line.item, wanted.order, line.quantity);
    if (!taken) return taken.error();
    made.stock.emplace(line.item, *taken);
  }
  return made;
}

decided<changes> decide_one(const pay_order& wanted, const situation& seen) {
  const auto paid = seen.order.pay();
  if (!paid) return paid.error();
  const auto charged = seen.customer.charge(wanted.order, seen.order.total_cents());
  if (!charged) return charged.error();
  return changes{.order = *paid, .customer = *charged};
}

decided<changes> decide_one(const ship_order& wanted, const situation& seen) {
  const auto shipped = seen.order.ship();
  if (!shipped) return shipped.error();
  changes made{.order = *shipped};
  for (const auto& [item, stock] : seen.stock) {
    const auto left = stock.ship(wanted.order);
    if (!left) return left.error();
    made.stock.emplace(item, *left);
  }
  return made;
}

decided<changes> decide_one(const cancel_order& wanted, const situation& seen) {
  const auto cancelled = seen.order.cancel(wanted.why);
  if (!cancelled) return cancelled.error();
  changes made{.order = *cancelled};
  for (const auto& [item, stock] : seen.stock) {
    const auto released = stock.release(wanted.order);
    if (!released) return released.error();
    made.stock.emplace(item, *released);
  }
  if (seen.order.status() == order_status::paid) {
    const auto returned = seen.customer.give_back(wanted.order, seen.order.total_cents());
    if (!returned) return returned.error();
    made.customer = *returned;
  }
  return made;
}

decided<changes> decide_one(const replenish_stock& wanted, const situation& seen) {
  const auto delivered = seen.stock.at(wanted.item).deliver(wanted.delivery, wanted.quantity);
  if (!delivered) return delivered.error();
  changes made;
  made.stock.emplace(wanted.item, *delivered);
  return made;
}

decided<changes> decide_one(const settle_account& wanted, const situation& seen) {
  const auto settled = seen.customer.settle(wanted.settlement);
  if (!settled) return settled.error();
  return changes{.customer = *settled};
}

}  // namespace

std::string name_of(const command& wanted) {
  return std::visit(
      overloaded{
          [](const register_customer& c) { return of_customer(c.customer, "/register"); },
          [](const open_order& c) { return of_order(c.order, "/open"); },
          [](const add_line& c) { return of_order(c.order, "/add-line-" + digits(c.line.item)); },
          [](const reserve_stock& c) { return of_order(c.order, "/reserve"); },
          [](const pay_order& c) { return of_order(c.order, "/pay"); },
          [](const ship_order& c) { return of_order(c.order, "/ship"); },
          [](const cancel_order& c) { return of_order(c.order, "/cancel"); },
          [](const replenish_stock& c) {
            return of_item(c.item, "/delivery-" + digits(c.delivery));
          },
          [](const settle_account& c) {
            return of_customer(c.customer, "/settlement-" + digits(c.settlement));
          },
      },
      wanted);
}

std::optional<order_number> order_of(const command& wanted) {
  return std::visit(
      [](const auto& one) -> std::optional<order_number> {
        if constexpr (requires { one.order; })
          return one.order;
        else
          return std::nullopt;
      },
      wanted);
}

scope scope_of(const command& wanted, const order& known) {
  return std::visit(overloaded{
                        [](const register_customer& c) { return scope{.customer = c.customer}; },
                        [](const open_order& c) { return scope{.customer = c.customer}; },
                        [](const add_line&) { return scope{}; },
                        [&](const reserve_stock&) { return scope{.items = items_of(known)}; },
                        [&](const pay_order&) { return scope{.customer = known.customer()}; },
                        [&](const ship_order&) { return scope{.items = items_of(known)}; },
                        [&](const cancel_order&) {
                          scope looked_at;
                          if (known.holds_stock()) looked_at.items = items_of(known);
                          if (known.status() == order_status::paid)
                            looked_at.customer = known.customer();
                          return looked_at;
                        },
                        [](const replenish_stock& c) { return scope{.items = {c.item}}; },
                        [](const settle_account& c) { return scope{.customer = c.customer}; },
                    },
                    wanted);
}

decided<changes> decide(const command& wanted, const situation& seen) {
  return std::visit([&](const auto& one) { return decide_one(one, seen); }, wanted);
}

command command_behind(order_number number, const order_event& happened) {
  return std::visit(overloaded{
                        [&](const order_opened& e) -> command {
                          return open_order{number, e.customer};
                        },
                        [&](const order_line_added& e) -> command {
                          return add_line{number, e};
                        },
                        [&](const order_reserved&) -> command { return reserve_stock{number}; },
                        [&](const order_paid&) -> command { return pay_order{number}; },
                        [&](const order_shipped&) -> command { return ship_order{number}; },
                        [&](const order_cancelled& e) -> command {
                          return cancel_order{number, e.why};
                        },
                    },
                    happened);
}

}  // namespace checkout
