// SPDX-License-Identifier: Apache-2.0
#include "writer.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <deque>
#include <exception>

#include <mainstem/store.h>

#include "board.h"
#include "work_files.h"
#include "worker.h"

namespace checkout {
namespace {

namespace asio = boost::asio;
namespace ms = mainstem;

std::uint64_t steady_nanoseconds() {
  return static_cast<std::uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

/// Runs the workers, all on this thread, until they are told to stop or one of them fails.
void sell(const shop_floor& shop, std::atomic<bool>& stop) {
  asio::io_context context(1);
  std::exception_ptr thrown;
  const auto note = [&](const std::exception_ptr& failed) {
    if (failed && !thrown) thrown = failed;
    if (failed) stop = true;
  };
  std::deque<worker> workers;
  const auto start = [&](const std::exception_ptr& failed) {
    note(failed);
    if (failed) return;
    for (std::uint32_t i = 0; i < shop.workers; ++i)
      asio::co_spawn(context, workers.emplace_back(shop, i).run(), note);
  };
  asio::co_spawn(context, set_up(shop), start);
  context.run();
  if (thrown) std::rethrow_exception(thrown);
}

outcome<void> open_and_sell(const options& chosen, const work_folder& work, writer_board& told) {
  const auto file = open_acknowledgements(acknowledgements_in(work));
  if (!file) return file.error();
  told.state = process_state::opening;
  auto store = ms::store::open(chosen.store);
  if (!store) return failure("the store does not open: " + store.error().message());
  if (store->recovery().damage)
    return failure("the store is damaged: " + store->recovery().damage->message());
  told.recovery_nanoseconds = static_cast<std::uint64_t>(store->recovery().duration.count());
  told.opened_at_nanoseconds = steady_nanoseconds();
  told.state = process_state::working;

  repository aggregates(*store, told.commands, chosen.seed + chosen.number);
  sell({.store = *store,
        .aggregates = aggregates,
        .size = chosen.shop(),
        .workers = chosen.workers,
        .acknowledgements = *file,
        .stop = told.stop},
       told.stop);
  told.state = process_state::closing;
  if (const auto closed = store->close(); !closed)
    return failure("closing the store: " + closed.error().message());
  return {};
}

}  // namespace

int run_writer(const options& chosen) {
  const work_folder work = work_folder::at(chosen.work);
  const auto told = shared_writer_board::open(writer_board_in(work, chosen.number));
  if (!told) return exit_failed;
  outcome<void> done;
  try {
    done = open_and_sell(chosen, work, **told);
  } catch (const std::exception& failed) {
    done = failure(failed.what());
  }
  if (!done) (*told)->message.say(done.error().text);
  (*told)->state = done ? process_state::finished : process_state::failed;
  return done ? exit_ok : exit_failed;
}

}  // namespace checkout
