// SPDX-License-Identifier: Apache-2.0
#include "supervisor.h"

#include <signal.h>

#include <mainstem/store.h>
#include <algorithm>
#include <thread>

#include "common/interruption.h"

namespace checkout {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

std::uint64_t steady_nanoseconds() {
  return static_cast<std::uint64_t>(
      nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

template <class Board>
problem words_for(const std::string& name, const process_end& end, const Board& told) {
  // Keys pressed at a terminal reach all processes.
  if (interrupted() || end.signal == SIGINT) return problem{"interrupted", exit_interrupted};
  if (told.state == process_state::failed)
    return failure(name + " failed: " + told.message.text.data());
  if (end.signal != 0) return failure(name + " was ended by signal " + std::to_string(end.signal));
  return failure(name + " ended with status " + std::to_string(end.status));
}

template <class Child>
bool came_to_its_end(Child& child) {
  const auto end = child.process.ended();
  return end && end->signal == 0 && end->status == 0 &&
         child.told->state == process_state::finished;
}

}  // namespace

supervisor::supervisor(const options& chosen, const work_folder& work, std::string store)
    : chosen_(chosen),
      work_(work),
      store_(std::move(store)),
      random_(chosen.seed ^ 0x6b696c6cU),
      begin_(clock::now()) {}

outcome<writing_figures> supervisor::run() {
  if (auto r = start_writer(); !r) return r.error();
  if (auto r = wait_until([&] { return writer_->told->state >= process_state::working; }); !r)
    return r.error();
  begin_ = clock::now();
  if (auto r = start_follower(); !r) return r.error();
  for (std::uint32_t kill = 0; kill < chosen_.kills; ++kill) {
    const auto moment = moment_of(kill);
    if (auto r = wait_until([&] { return clock::now() >= moment; }); !r) return r.error();
    if (auto r = kill_writer(); !r) return r.error();
    if (auto r = start_writer(); !r) return r.error();
    if (kill == chosen_.kills / 2)
      if (auto r = kill_follower(); !r) return r.error();
  }
  const auto end = begin_ + std::chrono::seconds(chosen_.seconds);
  if (auto r = wait_until([&] { return clock::now() >= end; }); !r) return r.error();
  if (auto r = finish_writer(); !r) return r.error();
  if (auto r = finish_follower(); !r) return r.error();
  return std::move(figures_);
}

/// One random moment in each equal share of the time; the last share is free of kills.
supervisor::clock::time_point supervisor::moment_of(std::uint32_t kill) {
  const auto whole = nanoseconds(std::chrono::seconds(chosen_.seconds));
  const nanoseconds share = whole / (chosen_.kills + 1);
  const auto within = static_cast<std::uint64_t>(share.count()) * 3 / 4;
  return begin_ + share * kill + share / 4 +
         nanoseconds(static_cast<std::int64_t>(random_.below(within + 1)));
}

outcome<void> supervisor::look() {
  if (interrupted()) return problem{"interrupted", exit_interrupted};
  if (writer_ && !writer_->ended)
    if (const auto end = writer_->process.ended(); end && !came_to_its_end(*writer_))
      return words_for("the writer", *end, *writer_->told);
  if (follower_ && !follower_->ended)
    if (const auto end = follower_->process.ended(); end && !came_to_its_end(*follower_))
      return words_for("the follower", *end, *follower_->told);
  return {};
}

outcome<void> supervisor::wait_until(const std::function<bool()>& holds) {
  while (!holds()) {
    if (auto r = look(); !r) return r;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return {};
}

std::vector<std::string> supervisor::arguments_for(const std::string& verb,
                                                   std::uint32_t number) const {
  return {verb,
          "--store",
          store_,
          "--work",
          work_.path(),
          "--workers",
          std::to_string(chosen_.workers),
          "--items",
          std::to_string(chosen_.items),
          "--seed",
          std::to_string(chosen_.seed),
          "--number",
          std::to_string(number)};
}

outcome<void> supervisor::start_writer() {
  ++writers_;
  auto told = shared_writer_board::create(writer_board_in(work_, writers_));
  if (!told) return told.error();
  auto process = child_process::start("checkout", arguments_for("writer", writers_));
  if (!process) return process.error();
  writer_.reset();
  writer_.emplace(writer{*told, std::move(*process)});
  ++figures_.processes;
  return {};
}

outcome<void> supervisor::start_follower() {
  ++followers_;
  auto told = shared_follower_board::create(follower_board_in(work_, followers_));
  if (!told) return told.error();
  auto process = child_process::start("checkout", arguments_for("follower", followers_));
  if (!process) return process.error();
  follower_.reset();
  follower_.emplace(watcher{*told, std::move(*process)});
  return {};
}

outcome<void> supervisor::kill_writer() {
  const process_end end = writer_->process.kill();
  if (end.signal != SIGKILL) return words_for("the writer", end, *writer_->told);
  ++figures_.kills;
  add_up(*writer_->told);
  return {};
}

outcome<void> supervisor::kill_follower() {
  const process_end end = follower_->process.kill();
  if (end.signal != SIGKILL) return words_for("the follower", end, *follower_->told);
  ++figures_.follower_kills;
  return start_follower();
}

outcome<void> supervisor::finish_writer() {
  writer_->told->stop = true;
  if (auto r = wait_until([&] { return came_to_its_end(*writer_); }); !r) return r;
  add_up(*writer_->told);
  writer_->ended = true;
  return {};
}

outcome<void> supervisor::finish_follower() {
  const auto log = mainstem::store::open_read_only(store_);
  if (!log) return failure("the store cannot be read: " + log.error().message());
  follower_->told->end = log->info().durable.value();
  if (auto r = wait_until([&] { return came_to_its_end(*follower_); }); !r) return r;
  follower_->ended = true;
  return {};
}

void supervisor::add_up(const writer_board& told) {
  const command_figures& each = told.commands;
  command_figures& all = *figures_.commands;
  all.commits += each.commits;
  all.conflicts += each.conflicts;
  all.most_conflicts = std::max(all.most_conflicts.load(), each.most_conflicts.load());
  all.already_committed += each.already_committed;
  all.sold_out += each.sold_out;
  all.over_credit_limit += each.over_credit_limit;
  all.latencies.add(each.latencies);
  if (told.opened_at_nanoseconds != 0)
    figures_.working +=
        nanoseconds(static_cast<std::int64_t>(steady_nanoseconds() - told.opened_at_nanoseconds));
  figures_.longest_recovery =
      std::max(figures_.longest_recovery,
               nanoseconds(static_cast<std::int64_t>(told.recovery_nanoseconds.load())));
}

}  // namespace checkout
