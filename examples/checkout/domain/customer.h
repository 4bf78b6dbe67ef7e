// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "domain/events.h"
#include "domain/refusal.h"

namespace checkout {

/// Who buys, on credit up to a limit, and settles the account now and then.
class customer {
 public:
  void apply(const customer_event& happened);

  [[nodiscard]] decided<customer_event> register_with(std::int64_t credit_limit_cents) const;
  [[nodiscard]] decided<customer_event> charge(order_number order, std::int64_t cents) const;
  [[nodiscard]] decided<customer_event> give_back(order_number order, std::int64_t cents) const;
  [[nodiscard]] decided<customer_event> settle(std::uint64_t settlement) const;

  [[nodiscard]] bool is_registered() const noexcept { return registered_; }
  [[nodiscard]] std::int64_t credit_limit_cents() const noexcept { return limit_cents_; }
  /// Below zero if an order was cancelled whose price had been settled.
  [[nodiscard]] std::int64_t owed_cents() const noexcept { return owed_cents_; }
  [[nodiscard]] std::uint64_t settlements() const noexcept { return settlements_; }

 private:
  bool registered_ = false;
  std::int64_t limit_cents_ = 0;
  std::int64_t owed_cents_ = 0;
  std::uint64_t settlements_ = 0;
};

}  // namespace checkout
