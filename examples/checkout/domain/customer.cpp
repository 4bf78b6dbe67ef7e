// SPDX-License-Identifier: Apache-2.0
#include "domain/customer.h"

#include "domain/overloaded.h"

namespace checkout {

void customer::apply(const customer_event& happened) {
  std::visit(overloaded{
                 [this](const customer_registered& registered) {
                   registered_ = true;
                   limit_cents_ = registered.credit_limit_cents;
                 },
                 [this](const credit_charged& charged) { owed_cents_ += charged.cents; },
                 [this](const credit_returned& returned) { owed_cents_ -= returned.cents; },
                 [this](const account_settled& settled) {
                   settlements_ = settled.settlement;
                   owed_cents_ -= settled.cents;
                 },
             },
             happened);
}

decided<customer_event> customer::register_with(std::int64_t credit_limit_cents) const {
  if (registered_) return refusal{refusal_reason::customer_exists};
  if (credit_limit_cents < 0) return refusal{refusal_reason::quantity_out_of_range};
  return customer_registered{credit_limit_cents};
}

decided<customer_event> customer::charge(order_number order, std::int64_t cents) const {
  if (!registered_) return refusal{refusal_reason::no_such_customer};
  if (owed_cents_ + cents > limit_cents_) return refusal{refusal_reason::over_credit_limit};
  return credit_charged{order, cents};
}

decided<customer_event> customer::give_back(order_number order, std::int64_t cents) const {
  if (!registered_) return refusal{refusal_reason::no_such_customer};
  return credit_returned{order, cents};
}

decided<customer_event> customer::settle(std::uint64_t settlement) const {
  if (!registered_) return refusal{refusal_reason::no_such_customer};
  if (settlement <= settlements_) return refusal{refusal_reason::already_settled};
  if (owed_cents_ <= 0) return refusal{refusal_reason::nothing_owed};
  return account_settled{settlement, owed_cents_};
}

}  // namespace checkout
