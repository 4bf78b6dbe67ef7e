// SPDX-License-Identifier: Apache-2.0
#include "order_workload.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "common/random.h"

namespace event_log {
namespace {

enum class step : std::uint8_t {
  opened,
  line_added,
  line_removed,
  reserved,
  address_given,
  payment_refused,
  paid,
  packed,
  shipped,
  delivered,
  returned,
  refunded,
  cancelled,
};

constexpr std::array<std::string_view, 13> step_names{
    "order-opened",        "order-line-added",      "order-line-removed", "order-reserved",
    "order-address-given", "order-payment-refused", "order-paid",         "order-packed",
    "order-shipped",       "order-delivered",       "order-returned",     "order-refunded",
    "order-cancelled"};

using life = std::vector<step>;

/// What follows after the order is opened and its lines are in.
life ending(random_numbers& random) {
  life steps;
  if (random.chance(8)) steps.push_back(step::line_removed);
  if (random.chance(6)) {
    steps.push_back(step::cancelled);
    return steps;
  }
  steps.push_back(step::reserved);
  steps.push_back(step::address_given);
  while (random.chance(7)) steps.push_back(step::payment_refused);
  if (random.chance(4)) {
    steps.push_back(step::cancelled);
    return steps;
  }
  steps.push_back(step::paid);
  steps.push_back(step::packed);
  do steps.push_back(step::shipped);
  while (random.chance(15));
  steps.push_back(step::delivered);
  if (random.chance(5)) {
    steps.push_back(step::returned);
    steps.push_back(step::refunded);
  }
  return steps;
}

/// One life per order, with as many lines that all have `events` events together; where there are
/// too few events for that, some orders are not done yet.
std::vector<life> make_lives(std::uint64_t events, std::uint64_t orders, random_numbers& random) {
  std::vector<life> endings(orders);
  std::vector<std::uint32_t> lines(orders, 1);
  std::uint64_t total = 0;
  for (life& each : endings) {
    each = ending(random);
    total += each.size() + 2;
  }
  for (; total < events; ++total) ++lines[random.below(orders)];
  for (std::size_t i = 0; total > events; i = (i + 1) % orders) {
    if (!endings[i].empty()) {
      endings[i].pop_back();
    } else if (lines[i] > 0) {
      --lines[i];
    } else {
      continue;
    }
    --total;
  }
  for (std::size_t i = 0; i < orders; ++i) {
    life whole{step::opened};
    whole.insert(whole.end(), lines[i], step::line_added);
    whole.insert(whole.end(), endings[i].begin(), endings[i].end());
    endings[i] = std::move(whole);
  }
  return endings;
}

std::string utc_text(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

std::string payload_of(step at, std::uint64_t order, std::int64_t seconds, random_numbers& random) {
  std::string json =
      R"({"order":)" + std::to_string(order) + R"(,"at":")" + utc_text(seconds) + '"';
  const auto number = [&json](const char* name, std::uint64_t value) {
    json += std::string(",\"") + name + "\":" + std::to_string(value);
  };
  const auto text = [&json](const char* name, const std::string& value) {
    json += std::string(",\"") + name + "\":\"" + value + '"';
  };
  switch (at) {
    case step::opened:
      text("customer", "customer-" + std::to_string(random.below(8000)));
      text("channel", random.chance(60) ? "web" : "shop");
      text("currency", "EUR");
      break;
    case step::line_added:
    case step::line_removed:
      text("sku", "sku-" + std::to_string(10'000 + random.below(5000)));
      number("quantity", 1 + random.below(4));
      number("cents", 199 + random.below(20'000));
      break;
    case step::reserved:
      text("warehouse", "warehouse-" + std::to_string(1 + random.below(6)));
      break;
    case step::address_given:
      text("street", "Street " + std::to_string(1 + random.below(900)));
      text("postcode", std::to_string(10'000 + random.below(89'000)));
      break;
    case step::payment_refused:
      text("reason", random.chance(70) ? "insufficient funds" : "card expired");
      break;
    case step::paid:
    case step::refunded:
      number("cents", 199 + random.below(80'000));
      text("method", random.chance(70) ? "card" : "transfer");
      break;
    case step::packed: number("parcels", 1 + random.below(3)); break;
    case step::shipped: text("tracking", "T" + std::to_string(random.next() >> 16U)); break;
    case step::delivered: text("signed_by", random.chance(50) ? "customer" : "neighbour"); break;
    case step::returned: text("reason", random.chance(50) ? "damaged" : "does not fit"); break;
    case step::cancelled: text("by", random.chance(80) ? "customer" : "clerk"); break;
  }
  return json + '}';
}

}  // namespace

workload_builder make_orders(std::uint64_t events, std::uint64_t orders, std::uint64_t seed) {
  random_numbers random(seed);
  workload_builder builder;
  const std::vector<life> lives = make_lives(events, orders, random);
  constexpr std::int64_t first_day = 1'704'067'200;  // 2024-01-01
  constexpr std::uint64_t span_seconds = std::uint64_t{30} * 86'400;
  std::uint64_t line = 0;
  for (std::uint64_t order = 0; order < orders; ++order) {
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "order-%07llu",
                  static_cast<unsigned long long>(order) + 1);
    row added;
    added.stream = builder.stream(name.data());
    added.time = first_day + static_cast<std::int64_t>(random.below(span_seconds));
    for (const step at : lives[order]) {
      added.line = ++line;
      added.type = builder.type(step_names[static_cast<std::size_t>(at)]);
      ++added.counter;
      builder.add(added, payload_of(at, order + 1, added.time, random));
      const bool shopping = at == step::opened || at == step::line_added;
      added.time += 5 + static_cast<std::int64_t>(random.below(shopping ? 300 : 40'000));
    }
  }
  builder.with_counter(true);
  return builder;
}

}  // namespace event_log
