// SPDX-License-Identifier: Apache-2.0
#include "follower.h"

#include <iostream>

#include <mainstem/store.h>

#include "board.h"
#include "common/interruption.h"
#include "work_files.h"

namespace checkout {

namespace ms = mainstem;
using namespace std::chrono_literals;

outcome<void> follower::run() {
  auto view = kept_.load();
  if (!view) return view.error();
  const auto store = ms::store::open_read_only(store_);
  if (!store) return failure("the store cannot be followed: " + store.error().message());
  auto events = store->subscribe({.after = ms::position(view->position)});
  if (!events) return failure("the store cannot be followed: " + events.error().message());

  while (!call_.is_over(*view)) {
    const auto batch = events->next(50ms);
    if (!batch && batch.error() != ms::errc::timed_out)
      return failure("following the store: " + batch.error().message());
    if (batch)
      if (auto taken = take(*batch, *view); !taken) return taken;
    say_where(*view);
  }
  return kept_.save(*view);
}

outcome<void> follower::take(const ms::event_batch& batch, sales_view& view) {
  for (const ms::event_view& event : batch)
    if (auto taken = view.take(event); !taken) return taken;
  return save(view);
}

/// Now and then is enough: who is killed in between reads the same events again into the old view.
outcome<void> follower::save(const sales_view& view) {
  const auto now = clock::now();
  if (now - saved_ < 100ms) return {};
  saved_ = now;
  return kept_.save(view);
}

void follower::say_where(const sales_view& view) {
  const auto now = clock::now();
  if (now - said_ < 1s) return;
  said_ = now;
  call_.say(view.to_string());
}

namespace {

void print(const std::string& line) { std::cout << "follower: " << line << std::endl; }

}  // namespace

int run_follower(const options& chosen) {
  const work_folder work = work_folder::at(chosen.work);
  const auto told = shared_follower_board::open(follower_board_in(work, chosen.number));
  if (!told) return exit_failed;
  (*told)->state = process_state::working;
  const auto is_over = [&](const sales_view& view) { return view.position >= (*told)->end; };
  const auto done =
      follower(chosen.store, checkpoint_file(checkpoint_in(work)), {is_over, &print}).run();
  if (!done) (*told)->message.say(done.error().text);
  (*told)->state = done ? process_state::finished : process_state::failed;
  return done ? exit_ok : exit_failed;
}

outcome<void> follow(const options& chosen) {
  catch_interruptions();
  const auto is_over = [](const sales_view&) { return interrupted(); };
  return follower(chosen.store, checkpoint_file(chosen.checkpoint), {is_over, &print}).run();
}

}  // namespace checkout
