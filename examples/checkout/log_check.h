// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <mainstem/event.h>

#include "domain/commands.h"
#include "figures.h"

namespace checkout {

/// Goes through the whole log once, event by event, and holds it against the rules: a second
/// bookkeeping that no worker has touched.
class log_check {
 public:
  explicit log_check(verification_figures& found) : found_(found) {}
  void take(const mainstem::event_view& event);
  /// Holds orders, stock and customers against each other. Once all events were taken.
  void finish();

  /// The ids of all events, by position: the first is that of position 1.
  [[nodiscard]] const std::vector<mainstem::event_id>& ids() const noexcept { return ids_; }
  void remark(std::string text);

 private:
  void take_order(const mainstem::event_view& event);
  void take_stock(const mainstem::event_view& event);
  void take_customer(const mainstem::event_view& event);
  void check_order(order_number number, const order& ended);
  void broken(const std::string& text);

  verification_figures& found_;
  std::vector<mainstem::event_id> ids_;
  std::map<std::string, std::uint64_t, std::less<>> versions_;
  std::map<order_number, order> orders_;
  std::map<item_number, stock_item> stock_;
  std::map<customer_number, customer> customers_;
  std::map<order_number, std::int64_t> charged_;  // What is charged and not given back.
  std::map<order_number, std::map<item_number, std::int64_t>> shipped_;
};

}  // namespace checkout
