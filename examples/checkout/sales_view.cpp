// SPDX-License-Identifier: Apache-2.0
#include "sales_view.h"

#include <xxhash.h>

#include "common/progress_line.h"
#include "payload.h"
#include "streams.h"

namespace checkout {

std::uint64_t chain_digest(std::uint64_t before, const mainstem::event_view& event) {
  const mainstem::event_id id = event.id();
  const std::uint64_t parts[] = {before, event.position().value(),
                                 XXH3_64bits(id.bytes().data(), id.bytes().size())};
  return XXH3_64bits(parts, sizeof(parts));
}

outcome<void> sales_view::take(const mainstem::event_view& event) {
  if (event.position().value() != position + 1)
    return failure("expected position " + std::to_string(position + 1) + ", and saw " +
                   std::to_string(event.position().value()));
  if (event.type() == stock_shipped::type) {
    const auto happened = from_stored<stock_event>(event);
    if (!happened) return happened.error();
    sold[number_in(event.stream())] += std::get<stock_shipped>(*happened).quantity;
  }
  digest = chain_digest(digest, event);
  position = event.position().value();
  return {};
}

std::int64_t sales_view::sold_in_all() const {
  std::int64_t sum = 0;
  for (const auto& [item, quantity] : sold) sum += quantity;
  return sum;
}

std::string sales_view::to_string() const {
  constexpr std::size_t most_items = 12;
  std::string text = "position " + grouped(position) + ", sold " +
                     grouped(static_cast<std::uint64_t>(sold_in_all())) + ":";
  std::size_t shown = 0;
  for (const auto& [item, quantity] : sold) {
    if (shown++ == most_items) return text + " ...";
    text += ' ' + std::to_string(quantity);
  }
  return text;
}

}  // namespace checkout
