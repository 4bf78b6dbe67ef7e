// SPDX-License-Identifier: Apache-2.0
#include "domain/stock_item.h"

#include "domain/overloaded.h"

namespace checkout {

void stock_item::apply(const stock_event& happened) {
  std::visit(
      overloaded{
          [this](const stock_delivered& delivered) {
            deliveries_ = delivered.delivery;
            on_hand_ += delivered.quantity;
          },
          [this](const stock_reserved& reserved) {
            set_aside_ += reserved.quantity;
            reservations_[reserved.order] += reserved.quantity;
          },
          [this](const stock_released& released) { let_go(released.order, released.quantity); },
          [this](const stock_shipped& shipped) {
            let_go(shipped.order, shipped.quantity);
            on_hand_ -= shipped.quantity;
            sold_ += shipped.quantity;
          },
      },
      happened);
}

void stock_item::let_go(order_number order, std::int64_t quantity) {
  set_aside_ -= quantity;
  const auto found = reservations_.try_emplace(order, 0).first;
  found->second -= quantity;
  if (found->second == 0) reservations_.erase(found);
}

decided<stock_event> stock_item::deliver(std::uint64_t delivery, std::int64_t quantity) const {
  if (delivery <= deliveries_) return refusal{refusal_reason::already_delivered};
  if (quantity < 1) return refusal{refusal_reason::quantity_out_of_range};
  return stock_delivered{delivery, quantity};
}

decided<stock_event> stock_item::reserve(item_number self, order_number order,
                                         std::int64_t quantity) const {
  if (quantity < 1) return refusal{refusal_reason::quantity_out_of_range, self};
  if (reservations_.contains(order)) return refusal{refusal_reason::already_reserved, self};
  if (quantity > available()) return refusal{refusal_reason::sold_out, self};
  return stock_reserved{order, quantity};
}

decided<stock_event> stock_item::release(order_number order) const {
  const auto found = reservations_.find(order);
  if (found == reservations_.end()) return refusal{refusal_reason::not_reserved};
  return stock_released{order, found->second};
}

decided<stock_event> stock_item::ship(order_number order) const {
  const auto found = reservations_.find(order);
  if (found == reservations_.end()) return refusal{refusal_reason::not_reserved};
  return stock_shipped{order, found->second};
}

}  // namespace checkout
