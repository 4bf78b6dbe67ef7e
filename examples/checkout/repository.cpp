// SPDX-License-Identifier: Apache-2.0
#include "repository.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <stdexcept>

#include "payload.h"
#include "streams.h"

namespace checkout {

namespace asio = boost::asio;
namespace ms = mainstem;

/// The situation of a command, and the version of each stream it was read from.
struct repository::seen {
  checkout::situation situation;
  std::optional<ms::version> order;
  std::map<item_number, ms::version> stock;
  std::optional<ms::version> customer;
  std::optional<customer_number> who;
};

/// Counts a command as overtaken, until the command has ended.
class repository::overtaken {
 public:
  explicit overtaken(int& count) : count_(count) { ++count_; }
  overtaken(const overtaken&) = delete;
  overtaken& operator=(const overtaken&) = delete;
  ~overtaken() { --count_; }

 private:
  int& count_;
};

template <class State, class Event>
asio::awaitable<bool> repository::read_on(ms::stream_name stream, loaded<State>& known,
                                          std::optional<ms::event_id> until) {
  ms::stream_reader reader = store_.read_stream(stream, {.after = known.version});
  while (true) {
    const ms::event_batch batch = co_await ms::async_read(reader);
    if (batch.empty()) co_return false;
    for (const ms::event_view& stored : batch) {
      if (until && stored.id() == *until) co_return true;
      const auto happened = from_stored<Event>(stored);
      if (!happened) throw std::runtime_error(happened.error().text);
      known.state.apply(*happened);
      known.version = stored.version();
    }
  }
}

template <class Event, class Number, class State>
asio::awaitable<loaded<State>> repository::load_on(std::map<Number, loaded<State>>& all,
                                                   Number number,
                                                   std::optional<ms::event_id> until) {
  loaded<State> found;
  if (!until) found = all[number];
  co_await read_on<State, Event>(stream_of(number), found, until);
  // Another coroutine may have read further meanwhile.
  if (loaded<State>& kept = all[number]; !until && kept.version < found.version) kept = found;
  co_return found;
}

asio::awaitable<order> repository::load(order_number number) {
  loaded<order> found;
  co_await read_on<order, order_event>(stream_of(number), found, std::nullopt);
  co_return std::move(found.state);
}

asio::awaitable<stock_item> repository::load(item_number number) {
  loaded<stock_item> found = co_await load_on<stock_event>(stock_, number, std::nullopt);
  co_return std::move(found.state);
}

asio::awaitable<customer> repository::load(customer_number number) {
  const auto found = co_await load_on<customer_event>(customers_, number, std::nullopt);
  co_return found.state;
}

asio::awaitable<std::optional<command>> repository::last_command(order_number number) {
  const ms::read_stream_options newest{.direction = ms::direction::backwards, .limit = 1};
  ms::stream_reader reader = store_.read_stream(stream_of(number), newest);
  const ms::event_batch batch = co_await ms::async_read(reader);
  if (batch.empty()) co_return std::nullopt;
  const auto happened = from_stored<order_event>(batch.events().front());
  if (!happened) throw std::runtime_error(happened.error().text);
  co_return command_behind(number, *happened);
}

/// What the command is to be decided on: everything that has happened. If it is done already, what
/// it was decided on then: each stream up to its own event. So it comes to the same events again,
/// and the store knows them.
asio::awaitable<repository::seen> repository::look(command wanted, ms::event_id id) {
  seen on;
  std::optional<ms::event_id> until;
  if (const auto number = order_of(wanted)) {
    loaded<order> found;
    if (co_await read_on<order, order_event>(stream_of(*number), found, id)) until = id;
    on.situation.order = std::move(found.state);
    on.order = found.version;
  }
  const scope wider = scope_of(wanted, on.situation.order);
  for (const item_number item : wider.items) {
    loaded<stock_item> found = co_await load_on<stock_event>(stock_, item, until);
    on.situation.stock[item] = std::move(found.state);
    on.stock[item] = found.version;
  }
  if (wider.customer) {
    const auto found = co_await load_on<customer_event>(customers_, *wider.customer, until);
    on.situation.customer = found.state;
    on.customer = found.version;
    on.who = wider.customer;
  }
  co_return on;
}

ms::append_request repository::request_for(const command& wanted, const seen& on,
                                           const changes& made, const ms::event_id& id) {
  ms::append_request request;
  if (made.order)
    request.write(stream_of(*order_of(wanted)), ms::exactly(*on.order), to_stored(*made.order, id));
  for (const auto& [item, event] : made.stock)
    request.write(stream_of(item), ms::exactly(on.stock.at(item)), to_stored(event, id));
  if (made.customer)
    request.write(stream_of(*on.who), ms::exactly(*on.customer), to_stored(*made.customer, id));
  else if (on.customer)
    request.require(stream_of(*on.who), ms::exactly(*on.customer));
  return request;
}

asio::awaitable<command_answer> repository::submit(command wanted) {
  constexpr int patience = 8;
  constexpr int most_attempts = 50;
  while (overtaken_ > 0) co_await back_off(1);  // Others have tried long enough: they go first.
  const ms::event_id id = id_of(wanted);
  std::string last;
  std::optional<overtaken> mark;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    if (attempt > 0) co_await back_off(attempt);
    if (attempt == patience) mark.emplace(overtaken_);
    const seen on = co_await look(wanted, id);
    const decided<changes> made = decide(wanted, on.situation);
    if (!made) {
      count(made.error());
      co_return command_answer{.refused = made.error(), .id = id};
    }
    const auto begin = std::chrono::steady_clock::now();
    const ms::append_outcome outcome =
        co_await ms::async_append(store_, request_for(wanted, on, *made, id));
    if (const auto* const place = outcome.place()) {
      const bool again = outcome.already_committed() != nullptr;
      if (!again) figures_.latencies.record(std::chrono::steady_clock::now() - begin);
      ++(again ? figures_.already_committed : figures_.commits);
      figures_.most_conflicts =
          std::max(figures_.most_conflicts.load(), static_cast<std::uint64_t>(attempt));
      co_return command_answer{.id = id,
                               .first_position = place->first_position,
                               .last_position = place->last_position,
                               .already_committed = again};
    }
    // A partial duplicate: somebody has submitted the same command, and it was decided on another
    // state. Like a conflict, that is seen when the streams are read again.
    if (!outcome.version_conflict() && !outcome.partial_duplicate())
      throw std::runtime_error(name_of(wanted) + ": " + outcome.message());
    last = outcome.message();
    ++figures_.conflicts;
  }
  throw std::runtime_error(name_of(wanted) + ": gave up after " + std::to_string(most_attempts) +
                           " attempts: others were always first, the last time: " + last);
}

/// Waits a random time, on average longer with each attempt: who collided does not do so again.
asio::awaitable<void> repository::back_off(int attempt) {
  const std::uint64_t most = std::uint64_t{100} << std::min(attempt, 6);
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_after(std::chrono::microseconds(random_.below(most)));
  co_await timer.async_wait(asio::use_awaitable);
}

void repository::count(const refusal& refused) {
  if (refused.reason == refusal_reason::sold_out) ++figures_.sold_out;
  if (refused.reason == refusal_reason::over_credit_limit) ++figures_.over_credit_limit;
}

}  // namespace checkout
