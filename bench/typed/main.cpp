// SPDX-License-Identifier: Apache-2.0
#include <mainstem/capnp.h>
#include <mainstem/schema_registry.h>
#include <mainstem/store.h>

#include <chrono>
#include <iomanip>
#include <iostream>
#include <vector>

#include "common/arguments.h"
#include "common/host.h"
#include "common/json.h"
#include "common/program.h"
#include "common/scratch_folder.h"
#include "common/statistics.h"
#include "typed/order.capnp.h"

namespace mainstem::bench {
namespace {

constexpr double goal_nanoseconds = 60;
constexpr std::size_t payload_bytes = 400;

using schema::OrderOpened;

/// What is done with each event; the answers are added up, so that nothing of it is left out.
struct way {
  const char* name;
  std::uint64_t (*with)(const event_view&);
};

const schema_registry& registry() {
  static const schema_registry known = [] {
    schema_registry made;
    made.add<OrderOpened>("order-opened").value();
    return made;
  }();
  return known;
}

const way ways[] = {
    {"the event alone",
     [](const event_view& event) {
       return event.position().value() + static_cast<std::uint64_t>(event.payload()[8]);
     }},
    {"read_payload, a number",
     [](const event_view& event) {
       return read_payload<OrderOpened>(event,
                                        [](OrderOpened::Reader order) { return order.getCents(); })
           .value();
     }},
    {"read_payload, a text",
     [](const event_view& event) {
       return read_payload<OrderOpened>(event,
                                        [](OrderOpened::Reader order) {
                                          return std::uint64_t{order.getCustomer().size()};
                                        })
           .value();
     }},
    {"typed_payload, a number",
     [](const event_view& event) {
       typed_payload<OrderOpened> order(event);
       return order.root().value().getCents();
     }},
    {"schema_version_of",
     [](const event_view& event) {
       return std::uint64_t{schema_version_of(event.metadata()).value()};
     }},
    {"event_metadata::decode",
     [](const event_view& event) {
       return std::uint64_t{event_metadata::decode(event.metadata()).value().schema_version};
     }},
    {"schema_registry::validate",
     [](const event_view& event) { return std::uint64_t{registry().validate(event).has_value()}; }},
};

void fill_order(OrderOpened::Builder order, std::uint64_t number) {
  order.setCents(number);
  order.setPlaced(number * 7);
  order.setCount(2);
  order.setCustomer("Ada, Countess of Lovelace");
  auto lines = order.initLines(2);
  for (auto line : lines) {
    line.setItem("a kettle of copper");
    line.setCount(1);
  }
}

event_data order_of_400_bytes(std::uint64_t number) {
  capnp::MallocMessageBuilder message;
  fill_order(message.initRoot<OrderOpened>(), number);
  // The note makes up what is missing; a text ends in a NUL.
  const auto missing = payload_bytes - capnp_payload(message).bytes().size();
  message.getRoot<OrderOpened>().setNote(std::string(missing - 1, 'n').c_str());
  if (capnp_payload(message).bytes().size() != payload_bytes)
    throw std::logic_error("the payload does not have 400 bytes");
  return make_capnp_event("order-opened", message, {.metadata = {.schema_version = 1}}).value();
}

void fill(store& to, std::uint64_t events) {
  constexpr std::uint64_t per_commit = 1024;
  for (std::uint64_t number = 0; number < events;) {
    std::vector<event_data> commit;
    for (; commit.size() < per_commit && number < events; ++number)
      commit.push_back(order_of_400_bytes(number));
    const stream_name stream("order-" + std::to_string(number));
    to.append(stream, any, commit, {durability::buffered}).value();
  }
  to.flush().value();
}

/// Nanoseconds per event of reading the whole log and doing this with each event.
double nanoseconds_of(const store& from, const way& one, std::uint64_t& sum) {
  std::uint64_t events = 0;
  const auto began = std::chrono::steady_clock::now();
  auto reader = from.read_all();
  while (const auto batch = reader.next().value()) {
    for (const event_view& event : batch) sum += one.with(event);
    events += batch.size();
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  return took.count() / static_cast<double>(events);
}

struct figure {
  spread whole;
  /// Beyond the event alone, round by round: what disturbs a round disturbs both.
  spread beyond;
};

std::vector<figure> measure(const store& from, std::uint64_t rounds, std::uint64_t& sum) {
  std::vector<std::vector<double>> whole(std::size(ways));
  std::vector<std::vector<double>> beyond(std::size(ways));
  for (std::uint64_t round = 0; round <= rounds; ++round) {
    double alone = 0;
    for (std::size_t i = 0; i < std::size(ways); ++i) {
      const double took = nanoseconds_of(from, ways[i], sum);
      if (i == 0) alone = took;
      if (round == 0) continue;  // Warms the page cache.
      whole[i].push_back(took);
      beyond[i].push_back(took - alone);
    }
  }
  std::vector<figure> figures;
  for (std::size_t i = 0; i < std::size(ways); ++i)
    figures.push_back({spread_of(whole[i]), spread_of(beyond[i])});
  return figures;
}

void print(const std::vector<figure>& figures) {
  std::cout << "\n  ns per event, median [lowest to highest]              beyond the event\n"
            << std::fixed << std::setprecision(1);
  for (std::size_t i = 0; i < std::size(ways); ++i) {
    std::cout << "  " << std::left << std::setw(28) << ways[i].name << std::right
              << figures[i].whole << figures[i].beyond << '\n';
  }
  const double median = figures[1].beyond.median;
  std::cout << "\ngoal: a payload of 400 bytes read in place and one field of it, below "
            << goal_nanoseconds
            << " ns beyond the event: " << (median < goal_nanoseconds ? "met" : "not met") << ", "
            << median << " ns\n";
}

json_object to_json(const std::vector<figure>& figures) {
  std::vector<json_object> list;
  for (std::size_t i = 0; i < std::size(ways); ++i) {
    list.push_back(json_object()
                       .add("way", ways[i].name)
                       .add("nanoseconds", figures[i].whole.median)
                       .add("beyond_the_event", figures[i].beyond.median));
  }
  return json_object()
      .add("ways", list)
      .add("goal_nanoseconds", goal_nanoseconds)
      .add("met", figures[1].beyond.median < goal_nanoseconds);
}

int run(int argc, char** argv) {
  arguments given("What it costs to read Cap'n Proto payloads of 400 bytes, beyond their events.",
                  {{"events", "N", "20000", "events in the store"},
                   {"rounds", "N", "201", "times to read all of them, each way"},
                   {"dir", "FOLDER", "",
                    "where to make the temporary folder; beside the program"
                    " if not given"},
                   {"json", "FILE", "", "write the figures there as well"}});
  if (!given.parse(argc, argv)) return 0;
  const scratch_folder scratch(given.text("dir"));
  std::cout << describe_host(scratch.path()) << '\n';
  auto orders = store::open(scratch.path() / "store").value();
  fill(orders, given.count("events", 1'024, 100'000'000));

  std::uint64_t sum = 0;
  const auto figures = measure(orders, given.count("rounds", 1, 10'000), sum);
  print(figures);
  if (given.flag("json")) write_json(given.text("json"), to_json(figures));
  return sum == 0 ? 1 : 0;
}

}  // namespace
}  // namespace mainstem::bench

int main(int argc, char** argv) {
  return mainstem::bench::run_program("typed", argc, argv, mainstem::bench::run);
}
