// SPDX-License-Identifier: Apache-2.0
#include "worker.h"

#include <sstream>
#include <stdexcept>

#include "streams.h"

namespace checkout {

namespace asio = boost::asio;

namespace {

/// Submits, and leaves the acknowledgement where the end of this process does not take it back.
asio::awaitable<command_answer> submit_to(const shop_floor& shop, command wanted) {
  command_answer answer = co_await shop.aggregates.submit(std::move(wanted));
  if (answer.refused) co_return answer;
  const acknowledgement told{answer.id.bytes(), answer.first_position.value(),
                             answer.last_position.value()};
  if (const auto put = shop.acknowledgements.put(told); !put)
    throw std::runtime_error(put.error().text);
  co_return answer;
}

asio::awaitable<void> replenish(const shop_floor& shop, item_number item) {
  const stock_item stock = co_await shop.aggregates.load(item);
  const command delivery =
      replenish_stock{item, stock.deliveries() + 1, shop.size.delivery_quantity};
  // Another worker may have booked the same delivery by now: it is refused, or already committed.
  co_await submit_to(shop, delivery);
}

}  // namespace

asio::awaitable<void> set_up(const shop_floor& shop) {
  for (std::uint32_t i = 1; i <= shop.size.customers; ++i) {
    const customer known = co_await shop.aggregates.load(customer_number{i});
    if (known.is_registered()) continue;
    const command registration =
        register_customer{customer_number{i}, shop.size.credit_limit_cents};
    co_await submit_to(shop, registration);
  }
  for (std::uint32_t i = 1; i <= shop.size.items; ++i) {
    const stock_item stock = co_await shop.aggregates.load(item_number{i});
    if (stock.deliveries() == 0) co_await replenish(shop, item_number{i});
  }
}

asio::awaitable<void> worker::run() {
  std::uint64_t index = count_begun();
  if (index > 0) {
    const std::optional<command> last = co_await shop_.aggregates.last_command(order_at(--index));
    if (last) {
      const command_answer again = co_await submit(*last);
      if (!again.already_committed)
        throw std::runtime_error(name_of(*last) + " was done, and is not recognised");
    }
  }
  for (; !shop_.stop; ++index) co_await serve(order_at(index));
}

/// Orders are begun one after the other, so they can be counted by halving.
std::uint64_t worker::count_begun() const {
  const auto exists = [this](std::uint64_t index) {
    return shop_.store.stream_info(stream_of(order_at(index))).value().exists();
  };
  std::uint64_t end = 1;
  while (exists(end - 1)) end *= 2;
  std::uint64_t begun = end / 2;  // So many exist; so many as `end` do not.
  while (begun + 1 < end) {
    const std::uint64_t middle = begun + (end - begun) / 2;
    (exists(middle - 1) ? begun : end) = middle;
  }
  return begun;
}

asio::awaitable<void> worker::serve(order_number number) {
  const shopping_plan plan = plan_for(shop_.size, number);
  while (true) {
    const order now = co_await shop_.aggregates.load(number);
    const std::optional<command> next = next_step(plan, number, now);
    if (!next) co_return;
    const command_answer answer = co_await submit(*next);
    if (answer.refused) co_await deal_with(*answer.refused, number, plan);
  }
}

asio::awaitable<void> worker::deal_with(refusal refused, order_number number, shopping_plan plan) {
  if (refused.reason == refusal_reason::sold_out) {
    const command give_up = cancel_order{number, "sold out"};
    co_await submit(give_up);
    co_await replenish(shop_, refused.item);
  } else if (refused.reason == refusal_reason::over_credit_limit && plan.settles) {
    const customer payer = co_await shop_.aggregates.load(plan.customer);
    const command settlement = settle_account{plan.customer, payer.settlements() + 1};
    co_await submit(settlement);
  } else if (refused.reason == refusal_reason::over_credit_limit) {
    const command give_up = cancel_order{number, "no credit"};
    co_await submit(give_up);
  } else {
    std::ostringstream text;
    text << "order " << static_cast<std::uint64_t>(number) << ": " << refused;
    throw std::runtime_error(text.str());
  }
}

asio::awaitable<command_answer> worker::submit(command wanted) {
  co_return co_await submit_to(shop_, std::move(wanted));
}

}  // namespace checkout
