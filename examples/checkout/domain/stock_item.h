// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include "domain/events.h"
#include "domain/refusal.h"

namespace checkout {

/// One kind of thing on the shelf. What is set aside for an order is still on hand, and not
/// available to another.
class stock_item {
 public:
  void apply(const stock_event& happened);

  [[nodiscard]] decided<stock_event> deliver(std::uint64_t delivery, std::int64_t quantity) const;
  [[nodiscard]] decided<stock_event> reserve(item_number self, order_number order,
                                             std::int64_t quantity) const;
  [[nodiscard]] decided<stock_event> release(order_number order) const;
  [[nodiscard]] decided<stock_event> ship(order_number order) const;

  /// What can still be promised. Below zero: more was promised than there is.
  [[nodiscard]] std::int64_t available() const noexcept { return on_hand_ - set_aside_; }
  [[nodiscard]] std::int64_t on_hand() const noexcept { return on_hand_; }
  [[nodiscard]] std::int64_t sold() const noexcept { return sold_; }
  [[nodiscard]] std::uint64_t deliveries() const noexcept { return deliveries_; }
  /// What is set aside, and for whom.
  [[nodiscard]] const std::map<order_number, std::int64_t>& reservations() const noexcept {
    return reservations_;
  }

 private:
  void let_go(order_number order, std::int64_t quantity);
  std::int64_t on_hand_ = 0;
  std::int64_t set_aside_ = 0;
  std::int64_t sold_ = 0;
  std::uint64_t deliveries_ = 0;
  std::map<order_number, std::int64_t> reservations_;
};

}  // namespace checkout
