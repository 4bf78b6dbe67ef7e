// SPDX-License-Identifier: Apache-2.0
#include "log_check.h"

#include "domain/overloaded.h"
#include "payload.h"
#include "streams.h"

namespace checkout {
namespace {

namespace ms = mainstem;

std::string place_of(const ms::event_view& event) {
  return "position " + std::to_string(event.position().value()) + ", " + std::string(event.type()) +
         " of " + std::string(event.stream());
}

/// Whether the rules would have let this event happen on this state.
bool allowed(const order& before, const order_event& happened) {
  const decided<order_event> ruled =
      std::visit(overloaded{
                     [&](const order_opened& e) { return before.open(e.customer); },
                     [&](const order_line_added& e) { return before.add_line(e); },
                     [&](const order_reserved&) { return before.reserve(); },
                     [&](const order_paid&) { return before.pay(); },
                     [&](const order_shipped&) { return before.ship(); },
                     [&](const order_cancelled& e) { return before.cancel(e.why); },
                 },
                 happened);
  return ruled && *ruled == happened;
}

bool allowed(const stock_item& before, item_number self, const stock_event& happened) {
  const decided<stock_event> ruled = std::visit(
      overloaded{
          [&](const stock_delivered& e) { return before.deliver(e.delivery, e.quantity); },
          [&](const stock_reserved& e) { return before.reserve(self, e.order, e.quantity); },
          [&](const stock_released& e) { return before.release(e.order); },
          [&](const stock_shipped& e) { return before.ship(e.order); },
      },
      happened);
  return ruled && *ruled == happened;
}

bool allowed(const customer& before, const customer_event& happened) {
  const decided<customer_event> ruled = std::visit(
      overloaded{
          [&](const customer_registered& e) { return before.register_with(e.credit_limit_cents); },
          [&](const credit_charged& e) { return before.charge(e.order, e.cents); },
          [&](const credit_returned& e) { return before.give_back(e.order, e.cents); },
          [&](const account_settled& e) { return before.settle(e.settlement); },
      },
      happened);
  return ruled && *ruled == happened;
}

}  // namespace

void log_check::remark(std::string text) {
  constexpr std::size_t most = 10;
  if (found_.remarks.size() < most) found_.remarks.push_back(std::move(text));
}

void log_check::broken(const std::string& text) {
  ++found_.rules_broken;
  remark(text);
}

void log_check::take(const ms::event_view& event) {
  ++found_.events;
  const std::uint64_t version = ++versions_[std::string(event.stream())];
  if (event.position().value() != found_.events || event.version().value() != version) {
    ++found_.out_of_order;
    remark(place_of(event) + ": expected position " + std::to_string(found_.events) + ", version " +
           std::to_string(version));
  }
  ids_.push_back(event.id());
  const std::string_view category = ms::category_of(event.stream());
  if (category == "order") return take_order(event);
  if (category == "stock") return take_stock(event);
  if (category == "customer") return take_customer(event);
  broken(place_of(event) + ": no such stream is known here");
}

void log_check::take_order(const ms::event_view& event) {
  const auto happened = from_stored<order_event>(event);
  if (!happened) return broken(happened.error().text);
  const order_number number{number_in(event.stream())};
  order& state = orders_[number];
  if (!allowed(state, *happened)) broken(place_of(event) + ": against the rules");
  state.apply(*happened);
}

void log_check::take_stock(const ms::event_view& event) {
  const auto happened = from_stored<stock_event>(event);
  if (!happened) return broken(happened.error().text);
  const item_number item{static_cast<std::uint32_t>(number_in(event.stream()))};
  stock_item& state = stock_[item];
  if (!allowed(state, item, *happened)) broken(place_of(event) + ": against the rules");
  state.apply(*happened);
  if (state.available() < 0 || state.on_hand() < 0) {
    ++found_.oversold;
    remark(place_of(event) + ": oversold, " + std::to_string(state.available()) + " are left");
  }
  if (const auto* const shipped = std::get_if<stock_shipped>(&*happened)) {
    shipped_[shipped->order][item] += shipped->quantity;
    found_.sold += static_cast<std::uint64_t>(shipped->quantity);
  }
}

void log_check::take_customer(const ms::event_view& event) {
  const auto happened = from_stored<customer_event>(event);
  if (!happened) return broken(happened.error().text);
  const customer_number number{static_cast<std::uint32_t>(number_in(event.stream()))};
  customer& state = customers_[number];
  if (!allowed(state, *happened)) broken(place_of(event) + ": against the rules");
  state.apply(*happened);
  if (const auto* const charged = std::get_if<credit_charged>(&*happened))
    charged_[charged->order] += charged->cents;
  if (const auto* const returned = std::get_if<credit_returned>(&*happened))
    charged_[returned->order] -= returned->cents;
}

void log_check::check_order(order_number number, const order& ended) {
  ++found_.orders;
  const std::string name = stream_of(number).str();
  const bool shipped = ended.status() == order_status::shipped;
  const bool paid = shipped || ended.status() == order_status::paid;
  if (shipped) ++found_.shipped;
  if (ended.status() == order_status::cancelled) ++found_.cancelled;
  if (!ended.is_done()) remark(name + ": neither shipped nor cancelled");

  const std::int64_t owed = paid ? ended.total_cents() : 0;
  if (charged_[number] != owed)
    broken(name + ": expected that " + std::to_string(owed) + " cents are charged, found " +
           std::to_string(charged_[number]));
  std::map<item_number, std::int64_t> lines;
  for (const order_line_added& line : ended.lines()) lines[line.item] = line.quantity;
  if (shipped ? shipped_[number] != lines : shipped_.contains(number))
    broken(name + ": what left the house is not what was ordered and shipped");
  for (const auto& [item, quantity] : lines) {
    const auto& held = stock_[item].reservations();
    const auto mine = held.find(number);
    const std::int64_t set_aside = mine == held.end() ? 0 : mine->second;
    if (set_aside != (ended.holds_stock() ? quantity : 0))
      broken(name + ": " + std::to_string(set_aside) + " pieces of an item are set aside for it");
  }
}

void log_check::finish() {
  for (const auto& [number, ended] : orders_) check_order(number, ended);
  for (const auto& [item, stock] : stock_)
    for (const auto& [number, quantity] : stock.reservations())
      if (!orders_.contains(number))
        broken(stream_of(item).str() + ": pieces are set aside for an order that is not there");
}

}  // namespace checkout
