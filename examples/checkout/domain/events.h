// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace checkout {

enum class order_number : std::uint64_t {};
enum class item_number : std::uint32_t {};
enum class customer_number : std::uint32_t {};

// What happened to an order.

struct order_opened {
  static constexpr std::string_view type = "order-opened";
  customer_number customer{};
  friend bool operator==(const order_opened&, const order_opened&) = default;
};
struct order_line_added {
  static constexpr std::string_view type = "order-line-added";
  item_number item{};
  std::int64_t quantity = 0;
  std::int64_t cents_each = 0;
  friend bool operator==(const order_line_added&, const order_line_added&) = default;
};
/// Every line of it is set aside.
struct order_reserved {
  static constexpr std::string_view type = "order-reserved";
  friend bool operator==(const order_reserved&, const order_reserved&) = default;
};
struct order_paid {
  static constexpr std::string_view type = "order-paid";
  std::int64_t cents = 0;
  friend bool operator==(const order_paid&, const order_paid&) = default;
};
struct order_shipped {
  static constexpr std::string_view type = "order-shipped";
  friend bool operator==(const order_shipped&, const order_shipped&) = default;
};
struct order_cancelled {
  static constexpr std::string_view type = "order-cancelled";
  std::string why;
  friend bool operator==(const order_cancelled&, const order_cancelled&) = default;
};
using order_event = std::variant<order_opened, order_line_added, order_reserved, order_paid,
                                 order_shipped, order_cancelled>;

// What happened to an item in stock.

struct stock_delivered {
  static constexpr std::string_view type = "stock-delivered";
  std::uint64_t delivery = 0;  ///< From 1, for each item.
  std::int64_t quantity = 0;
  friend bool operator==(const stock_delivered&, const stock_delivered&) = default;
};
struct stock_reserved {
  static constexpr std::string_view type = "stock-reserved";
  order_number order{};
  std::int64_t quantity = 0;
  friend bool operator==(const stock_reserved&, const stock_reserved&) = default;
};
/// No longer set aside: the order was cancelled.
struct stock_released {
  static constexpr std::string_view type = "stock-released";
  order_number order{};
  std::int64_t quantity = 0;
  friend bool operator==(const stock_released&, const stock_released&) = default;
};
/// It has left the house: sold.
struct stock_shipped {
  static constexpr std::string_view type = "stock-shipped";
  order_number order{};
  std::int64_t quantity = 0;
  friend bool operator==(const stock_shipped&, const stock_shipped&) = default;
};
using stock_event = std::variant<stock_delivered, stock_reserved, stock_released, stock_shipped>;

// What happened to a customer.

struct customer_registered {
  static constexpr std::string_view type = "customer-registered";
  std::int64_t credit_limit_cents = 0;
  friend bool operator==(const customer_registered&, const customer_registered&) = default;
};
struct credit_charged {
  static constexpr std::string_view type = "credit-charged";
  order_number order{};
  std::int64_t cents = 0;
  friend bool operator==(const credit_charged&, const credit_charged&) = default;
};
/// A paid order was cancelled.
struct credit_returned {
  static constexpr std::string_view type = "credit-returned";
  order_number order{};
  std::int64_t cents = 0;
  friend bool operator==(const credit_returned&, const credit_returned&) = default;
};
/// The customer has paid what was owed.
struct account_settled {
  static constexpr std::string_view type = "account-settled";
  std::uint64_t settlement = 0;  ///< From 1, for each customer.
  std::int64_t cents = 0;
  friend bool operator==(const account_settled&, const account_settled&) = default;
};
using customer_event =
    std::variant<customer_registered, credit_charged, credit_returned, account_settled>;

}  // namespace checkout
