// SPDX-License-Identifier: Apache-2.0
#include "domain/refusal.h"

namespace checkout {

std::string_view words_for(refusal_reason reason) noexcept {
  switch (reason) {
    case refusal_reason::order_exists: return "there is such an order already";
    case refusal_reason::no_such_order: return "there is no such order";
    case refusal_reason::no_such_customer: return "there is no such customer";
    case refusal_reason::customer_exists: return "there is such a customer already";
    case refusal_reason::quantity_out_of_range: return "the quantity is out of range";
    case refusal_reason::item_in_order_already: return "the order has a line for this item";
    case refusal_reason::no_lines: return "the order has no lines";
    case refusal_reason::already_reserved: return "its stock is reserved already";
    case refusal_reason::not_reserved: return "its stock is not reserved";
    case refusal_reason::already_paid: return "it is paid already";
    case refusal_reason::not_paid: return "it is not paid";
    case refusal_reason::already_shipped: return "it is shipped already";
    case refusal_reason::already_cancelled: return "it is cancelled";
    case refusal_reason::sold_out: return "sold out";
    case refusal_reason::over_credit_limit: return "over the customer's credit limit";
    case refusal_reason::already_delivered: return "this delivery has been booked already";
    case refusal_reason::already_settled: return "this settlement has been booked already";
    case refusal_reason::nothing_owed: return "the customer owes nothing";
  }
  return "";
}

}  // namespace checkout
