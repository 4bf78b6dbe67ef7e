// SPDX-License-Identifier: Apache-2.0
// A service in one file: four tellers move money on the same three accounts, all on one thread.
// Killed and started again it sends every command once more, and none takes effect twice.
#include <chrono>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <mainstem/async.h>

namespace ms = mainstem;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

struct account {
  long cents = 0;
  ms::version at;
  bool has_event = false;
};

asio::awaitable<account> load(const ms::store& store, const ms::stream_name& name,
                              const ms::event_id& wanted) {
  account found;
  auto reader = store.read_stream(name);
  for (;;) {
    const ms::event_batch batch = co_await ms::async_read(reader);
    if (batch.empty()) co_return found;
    for (const ms::event_view& event : batch) {
      found.cents += std::stol(std::string(event.payload_text()));
      found.at = event.version();
      found.has_event = found.has_event || event.id() == wanted;
    }
  }
}

asio::awaitable<void> pause(std::chrono::microseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::deferred);
}

enum class answer { done, done_before, refused };

/// `next` is a command that others were quicker than again and again: they wait until it has ended.
struct turn {
  std::string& next;
  const std::string& command;
  ~turn() {
    if (next == command) next.clear();
  }
};

asio::awaitable<answer> move_money(ms::store& store, std::string& next, std::string stream,
                                   std::string command, long cents) {
  // What the ids of our commands are made under: any UUID, drawn once.
  static const auto commands = ms::uuid::parse("0b6c1f6e-58c1-4e0a-9a2b-0d6a4a6f7e11").value();
  const ms::stream_name name(stream);
  const ms::event_data moved("money-moved", ms::text(std::to_string(cents)),
                             {.id = ms::uuid::from_name(commands, command)});
  std::minstd_rand dice(static_cast<unsigned>(std::hash<std::string>{}(command)));
  const turn mine{next, command};
  for (unsigned attempt = 0; attempt < 20; ++attempt) {
    if (attempt >= 5 && next.empty()) next = command;
    while (!next.empty() && next != command) co_await pause(100us);
    const account now = co_await load(store, name, moved.id());
    if (now.has_event) co_return answer::done_before;
    if (now.cents + cents < 0) co_return answer::refused;  // the rule
    const auto outcome = co_await ms::async_append(store, name, ms::exactly(now.at), moved);
    if (outcome.succeeded()) co_return answer::done;
    if (!outcome.version_conflict()) throw std::runtime_error(outcome.message());
    // Somebody was first. Look again, but not all at the same moment.
    co_await pause(1us * (dice() % (100U << std::min(attempt, 8U))));
  }
  throw std::runtime_error(command + ": gave up after 20 conflicts");
}

struct tally {
  long done = 0;
  long done_before = 0;
  long refused = 0;
};

asio::awaitable<void> teller(ms::store& store, std::string& next, int number, long count,
                             tally& counted) {
  for (long i = 0; i < count; ++i) {
    const std::string stream = "account-" + std::to_string((number + i) % 3);
    const std::string command = "teller-" + std::to_string(number) + "/" + std::to_string(i);
    switch (co_await move_money(store, next, stream, command, i % 4 == 3 ? -2500 : 1000)) {
      case answer::done: ++counted.done; break;
      case answer::done_before: ++counted.done_before; break;
      case answer::refused: ++counted.refused; break;
    }
  }
}

void serve(const char* folder, long count) {
  std::string next;
  asio::io_context context(1);  // Before the store: what is under way completes into it.
  auto store = ms::store::open(folder).value();
  std::cout << "opened at position " << store.info().durable << std::endl;

  asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code, int) { context.stop(); });
  tally counted;
  std::exception_ptr thrown;
  int at_work = 4;
  for (int number = 0; number < 4; ++number)
    asio::co_spawn(context, teller(store, next, number, count, counted),
                   [&](const std::exception_ptr& failed) {
                     if (failed) thrown = failed;
                     if (failed || --at_work == 0) context.stop();
                   });
  context.run();
  store.close().value();
  if (thrown) std::rethrow_exception(thrown);
  std::cout << counted.done << " done, " << counted.done_before << " done before, "
            << counted.refused << " refused\n";
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) throw std::invalid_argument("usage: bank FOLDER COMMANDS_PER_TELLER");
  serve(argv[1], std::stol(argv[2]));
} catch (const std::exception& failure) {
  std::cerr << "bank: " << failure.what() << '\n';
  return EXIT_FAILURE;
}
