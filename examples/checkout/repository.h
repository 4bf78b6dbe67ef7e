// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <optional>

#include <mainstem/async.h>

#include "command_figures.h"
#include "common/random.h"
#include "domain/commands.h"

namespace checkout {

/// What became of a command: it is refused, or done and durable.
struct command_answer {
  std::optional<refusal> refused;
  mainstem::event_id id;  ///< Of the command, and of its events.
  mainstem::position first_position;
  mainstem::position last_position;
  bool already_committed = false;  ///< An earlier submission had done it.
};

/// An aggregate as its events up to a version say it is.
template <class State>
struct loaded {
  State state;
  mainstem::version version;
};

/// Brings aggregates out of the store, and commands into it.
///
/// Thread safety: all coroutines on one thread. What fails is thrown.
class repository {
 public:
  /// Lifetime: the store and the figures outlive every coroutine.
  repository(mainstem::store& store, command_figures& figures, std::uint64_t seed)
      : store_(store), figures_(figures), random_(seed) {}

  [[nodiscard]] boost::asio::awaitable<order> load(order_number number);
  [[nodiscard]] boost::asio::awaitable<stock_item> load(item_number number);
  [[nodiscard]] boost::asio::awaitable<customer> load(customer_number number);
  /// The command that led to the last event of an order; nothing if it has none.
  [[nodiscard]] boost::asio::awaitable<std::optional<command>> last_command(order_number number);

  /// Loads what the command looks at, decides, and appends at the versions that were read. If
  /// somebody else came between, it starts over, a bounded number of times. New commands wait for
  /// one that has started over often: otherwise those who are fast keep the unlucky one waiting.
  ///
  /// A command that was done already, by this process or one before it, is not done again: it is
  /// answered with where its events stand.
  [[nodiscard]] boost::asio::awaitable<command_answer> submit(command wanted);

 private:
  struct seen;
  class overtaken;
  /// Reads on from what is known. Stops before the event `until`, and says whether it met it.
  template <class State, class Event>
  boost::asio::awaitable<bool> read_on(mainstem::stream_name stream, loaded<State>& known,
                                       std::optional<mainstem::event_id> until);
  /// Reads on from what is kept, and keeps that; with `until`, from the start and for once.
  template <class Event, class Number, class State>
  boost::asio::awaitable<loaded<State>> load_on(std::map<Number, loaded<State>>& all, Number number,
                                                std::optional<mainstem::event_id> until);
  boost::asio::awaitable<seen> look(command wanted, mainstem::event_id id);
  boost::asio::awaitable<void> back_off(int attempt);
  [[nodiscard]] static mainstem::append_request request_for(const command& wanted, const seen& on,
                                                            const changes& made,
                                                            const mainstem::event_id& id);
  void count(const refusal& refused);

  mainstem::store& store_;
  command_figures& figures_;
  random_numbers random_;
  int overtaken_ = 0;  ///< Commands that others have come before again and again.
  // Long streams are folded once: what was read stays here, and each load reads on from it. It may
  // be stale at any time. The versions in the append find that out.
  std::map<item_number, loaded<stock_item>> stock_;
  std::map<customer_number, loaded<customer>> customers_;
};

}  // namespace checkout
