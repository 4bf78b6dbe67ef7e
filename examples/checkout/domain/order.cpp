// SPDX-License-Identifier: Apache-2.0
#include "domain/order.h"

#include <algorithm>

#include "domain/overloaded.h"

namespace checkout {
namespace {

constexpr std::int64_t largest_quantity = 1000;

/// Why a step that only an open order can take is refused.
refusal_reason why_not_open(order_status status) {
  switch (status) {
    case order_status::unopened:
    case order_status::open: break;
    case order_status::reserved: return refusal_reason::already_reserved;
    case order_status::paid: return refusal_reason::already_paid;
    case order_status::shipped: return refusal_reason::already_shipped;
    case order_status::cancelled: return refusal_reason::already_cancelled;
  }
  return refusal_reason::no_such_order;
}

}  // namespace

void order::apply(const order_event& happened) {
  std::visit(overloaded{
                 [this](const order_opened& opened) {
                   status_ = order_status::open;
                   customer_ = opened.customer;
                 },
                 [this](const order_line_added& line) { lines_.push_back(line); },
                 [this](const order_reserved&) { status_ = order_status::reserved; },
                 [this](const order_paid&) { status_ = order_status::paid; },
                 [this](const order_shipped&) { status_ = order_status::shipped; },
                 [this](const order_cancelled&) { status_ = order_status::cancelled; },
             },
             happened);
}

decided<order_event> order::open(customer_number customer) const {
  if (status_ != order_status::unopened) return refusal{refusal_reason::order_exists};
  return order_opened{customer};
}

decided<order_event> order::add_line(const order_line_added& line) const {
  if (status_ != order_status::open) return refusal{why_not_open(status_)};
  if (line.quantity < 1 || line.quantity > largest_quantity || line.cents_each < 0)
    return refusal{refusal_reason::quantity_out_of_range};
  if (std::ranges::find(lines_, line.item, &order_line_added::item) != lines_.end())
    return refusal{refusal_reason::item_in_order_already};
  return line;
}

decided<order_event> order::reserve() const {
  if (status_ != order_status::open) return refusal{why_not_open(status_)};
  if (lines_.empty()) return refusal{refusal_reason::no_lines};
  return order_reserved{};
}

decided<order_event> order::pay() const {
  if (status_ == order_status::open) return refusal{refusal_reason::not_reserved};
  if (status_ != order_status::reserved) return refusal{why_not_open(status_)};
  return order_paid{total_cents()};
}

decided<order_event> order::ship() const {
  if (status_ == order_status::open || status_ == order_status::reserved)
    return refusal{refusal_reason::not_paid};
  if (status_ != order_status::paid) return refusal{why_not_open(status_)};
  return order_shipped{};
}

decided<order_event> order::cancel(const std::string& why) const {
  if (status_ == order_status::unopened || is_done()) return refusal{why_not_open(status_)};
  return order_cancelled{why};
}

std::int64_t order::total_cents() const noexcept {
  std::int64_t sum = 0;
  for (const order_line_added& line : lines_) sum += line.quantity * line.cents_each;
  return sum;
}

}  // namespace checkout
