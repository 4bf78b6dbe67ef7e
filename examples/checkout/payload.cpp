// SPDX-License-Identifier: Apache-2.0
#include "payload.h"

#include <boost/describe/class.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <string>
#include <type_traits>

namespace checkout {

// A number that is a type of its own is a number in JSON.
template <class Number>
requires std::is_enum_v<Number>
void tag_invoke(boost::json::value_from_tag /*tag*/, boost::json::value& into, Number number) {
  into = static_cast<std::uint64_t>(number);
}
template <class Number>
requires std::is_enum_v<Number> boost::system::result<Number> tag_invoke(
    boost::json::try_value_to_tag<Number> /*tag*/, const boost::json::value& from) {
  const auto number = boost::json::try_value_to<std::underlying_type_t<Number>>(from);
  if (!number) return number.error();
  return static_cast<Number>(*number);
}

// The members of each payload, once, for both directions.
BOOST_DESCRIBE_STRUCT(order_opened, (), (customer))
BOOST_DESCRIBE_STRUCT(order_line_added, (), (item, quantity, cents_each))
BOOST_DESCRIBE_STRUCT(order_reserved, (), ())
BOOST_DESCRIBE_STRUCT(order_paid, (), (cents))
BOOST_DESCRIBE_STRUCT(order_shipped, (), ())
BOOST_DESCRIBE_STRUCT(order_cancelled, (), (why))
BOOST_DESCRIBE_STRUCT(stock_delivered, (), (delivery, quantity))
BOOST_DESCRIBE_STRUCT(stock_reserved, (), (order, quantity))
BOOST_DESCRIBE_STRUCT(stock_released, (), (order, quantity))
BOOST_DESCRIBE_STRUCT(stock_shipped, (), (order, quantity))
BOOST_DESCRIBE_STRUCT(customer_registered, (), (credit_limit_cents))
BOOST_DESCRIBE_STRUCT(credit_charged, (), (order, cents))
BOOST_DESCRIBE_STRUCT(credit_returned, (), (order, cents))
BOOST_DESCRIBE_STRUCT(account_settled, (), (settlement, cents))

namespace {

namespace ms = mainstem;
namespace json = boost::json;

template <class Event>
ms::event_data write(const Event& event, const ms::event_id& id) {
  return std::visit(
      [&](const auto& one) {
        const std::string payload = json::serialize(json::value_from(one));
        return ms::event_data(one.type, ms::json(payload), {.id = id});
      },
      event);
}

problem unreadable(const ms::event_view& stored, const std::string& why) {
  return failure("position " + std::to_string(stored.position().value()) + ", " +
                 std::string(stored.type()) + " of " + std::string(stored.stream()) + ": " + why);
}

template <class Event>
struct reader;
/// Tries one type after the other.
template <class... Types>
struct reader<std::variant<Types...>> {
  using event = std::variant<Types...>;

  static outcome<event> read(const ms::event_view& stored) {
    outcome<event> found = unreadable(stored, "no such event is known here");
    const bool known =
        ((stored.type() == Types::type && (found = read_as<Types>(stored), true)) || ...);
    static_cast<void>(known);
    return found;
  }

 private:
  template <class Type>
  static outcome<event> read_as(const ms::event_view& stored) {
    json::error_code ec;
    const json::value parsed = json::parse(stored.payload_text(), ec);
    if (ec) return unreadable(stored, "its payload is no JSON: " + ec.message());
    const auto made = json::try_value_to<Type>(parsed);
    if (!made) return unreadable(stored, "its payload: " + made.error().message());
    return event(*made);
  }
};

}  // namespace

ms::event_data to_stored(const order_event& event, const ms::event_id& id) {
  return write(event, id);
}
ms::event_data to_stored(const stock_event& event, const ms::event_id& id) {
  return write(event, id);
}
ms::event_data to_stored(const customer_event& event, const ms::event_id& id) {
  return write(event, id);
}

template <>
outcome<order_event> from_stored(const ms::event_view& stored) {
  return reader<order_event>::read(stored);
}
template <>
outcome<stock_event> from_stored(const ms::event_view& stored) {
  return reader<stock_event>::read(stored);
}
template <>
outcome<customer_event> from_stored(const ms::event_view& stored) {
  return reader<customer_event>::read(stored);
}

}  // namespace checkout
