// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "domain/events.h"
#include "domain/refusal.h"

namespace checkout {

enum class order_status : std::uint8_t { unopened, open, reserved, paid, shipped, cancelled };

/// An order: what its events say it is, and what may happen to it next.
class order {
 public:
  /// What has happened. Never refuses: it is a fact.
  void apply(const order_event& happened);

  // Each rule looks at the state and answers the event that follows, or why there is none.
  [[nodiscard]] decided<order_event> open(customer_number customer) const;
  [[nodiscard]] decided<order_event> add_line(const order_line_added& line) const;
  [[nodiscard]] decided<order_event> reserve() const;
  [[nodiscard]] decided<order_event> pay() const;
  [[nodiscard]] decided<order_event> ship() const;
  [[nodiscard]] decided<order_event> cancel(const std::string& why) const;

  [[nodiscard]] order_status status() const noexcept { return status_; }
  [[nodiscard]] customer_number customer() const noexcept { return customer_; }
  [[nodiscard]] const std::vector<order_line_added>& lines() const noexcept { return lines_; }
  [[nodiscard]] std::int64_t total_cents() const noexcept;
  /// Its stock is set aside: reserved or paid, and neither shipped nor cancelled.
  [[nodiscard]] bool holds_stock() const noexcept {
    return status_ == order_status::reserved || status_ == order_status::paid;
  }
  /// Nothing can happen to it any more.
  [[nodiscard]] bool is_done() const noexcept {
    return status_ == order_status::shipped || status_ == order_status::cancelled;
  }

 private:
  order_status status_ = order_status::unopened;
  customer_number customer_{};
  std::vector<order_line_added> lines_;
};

}  // namespace checkout
