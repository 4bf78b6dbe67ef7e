// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <ostream>
#include <string_view>

#include "domain/events.h"

namespace checkout {

/// Why a command is not carried out. That is an answer of the business, not an error.
enum class refusal_reason : std::uint8_t {
  order_exists,
  no_such_order,
  no_such_customer,
  customer_exists,
  quantity_out_of_range,
  item_in_order_already,
  no_lines,
  already_reserved,
  not_reserved,
  already_paid,
  not_paid,
  already_shipped,
  already_cancelled,
  sold_out,
  over_credit_limit,
  already_delivered,
  already_settled,
  nothing_owed,
};
/// In words.
[[nodiscard]] std::string_view words_for(refusal_reason reason) noexcept;

struct refusal {
  refusal_reason reason;
  item_number item{};  ///< Of sold_out: which.

  friend bool operator==(const refusal&, const refusal&) = default;
  friend std::ostream& operator<<(std::ostream& out, const refusal& refused) {
    return out << words_for(refused.reason);
  }
};

/// What a rule answers: a T, or why not.
template <class T>
using decided = boost::system::result<T, refusal>;

}  // namespace checkout
