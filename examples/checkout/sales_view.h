// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <mainstem/event.h>

#include "common/problem.h"
#include "common_names.h"

namespace checkout {

/// A digest of (position, id) of one event, chained to that of the events before it.
[[nodiscard]] std::uint64_t chain_digest(std::uint64_t before, const mainstem::event_view& event);

/// What a follower makes of the log: how much of each item was sold.
struct sales_view {
  std::uint64_t position = 0;                  ///< Everything up to here is in it.
  std::uint64_t digest = 0;                    ///< Of all events, in their order.
  std::map<std::uint64_t, std::int64_t> sold;  ///< By item.

  /// Takes the next event in. Errors: failure, if it is not the next one, or cannot be read.
  [[nodiscard]] outcome<void> take(const mainstem::event_view& event);
  [[nodiscard]] std::int64_t sold_in_all() const;
  /// On one line.
  [[nodiscard]] std::string to_string() const;
};

}  // namespace checkout
