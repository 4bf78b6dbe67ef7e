// SPDX-License-Identifier: Apache-2.0
#include <mainstem/async.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <iomanip>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "common/arguments.h"
#include "common/host.h"
#include "common/program.h"
#include "common/scratch_folder.h"
#include "common/statistics.h"

// How long after the sync an event is with those who follow: the time from the answer of append()
// to the answer of next(). It is below zero where the follower is faster than the appending thread.
namespace mainstem::bench {
namespace {

using steady_clock = std::chrono::steady_clock;
using microseconds = std::chrono::duration<double, std::micro>;
namespace asio = boost::asio;

constexpr double goal_us = 1'000;  // At the 99th percentile.

/// By position behind the one before the run: when it was answered, and when it was delivered.
struct times {
  times(position last_before, std::size_t count)
      : before(last_before), answered(count), delivered(count) {}
  [[nodiscard]] std::size_t events() const noexcept { return answered.size(); }
  [[nodiscard]] std::size_t place_of(position at) const noexcept {
    return static_cast<std::size_t>(at.value() - before.value() - 1);
  }
  position before;
  std::vector<steady_clock::time_point> answered;
  std::vector<steady_clock::time_point> delivered;
};

enum class follower { thread, coroutine };

/// Answers how many events it was.
std::size_t note_delivery(const event_batch& batch, times& noted) {
  const auto now = steady_clock::now();
  for (const auto& event : batch.events())
    noted.delivered.at(noted.place_of(event.position())) = now;
  return batch.size();
}

void follow_in_thread(subscription following, times& noted) {
  for (std::size_t seen = 0; seen < noted.events();)
    seen += note_delivery(following.next().value(), noted);
}

void follow_in_coroutine(subscription following, times& noted) {
  asio::io_context context(1);
  asio::co_spawn(
      context,
      [&]() -> asio::awaitable<void> {
        for (std::size_t seen = 0; seen < noted.events();)
          seen += note_delivery(co_await async_next(following), noted);
      },
      [](std::exception_ptr thrown) {
        if (thrown) std::rethrow_exception(thrown);
      });
  context.run();
}

void append_all(store& log, std::size_t writers, const std::string& payload, times& noted) {
  std::vector<std::jthread> threads;
  for (std::size_t writer = 0; writer < writers; ++writer) {
    threads.emplace_back([&, writer] {
      const stream_name stream("writer-" + std::to_string(writer));
      for (std::size_t i = 0; i < noted.events() / writers; ++i) {
        const auto done = log.append(stream, any, event_data("appended", text(payload))).value();
        noted.answered.at(noted.place_of(done.place()->last_position)) = steady_clock::now();
      }
    });
  }
}

/// Ascending.
std::vector<double> microseconds_beyond(const times& noted) {
  std::vector<double> beyond;
  for (std::size_t i = 0; i < noted.events(); ++i)
    beyond.push_back(microseconds(noted.delivered[i] - noted.answered[i]).count());
  std::sort(beyond.begin(), beyond.end());
  return beyond;
}

/// @param others what other processes took of the CPU. A thread that is to be woken waits for a
/// time slice if every core computes, so much of it says that the figures are not ours.
void print(std::size_t writers, follower who, const std::vector<double>& beyond_us, double others) {
  const double p99_us = percentile(beyond_us, 0.99);
  std::cout << std::fixed << std::setprecision(1) << std::setw(3) << writers << " writers, "
            << (who == follower::thread ? "next()      " : "async_next()") << "  p50 "
            << std::setw(8) << percentile(beyond_us, 0.5) << "  p99 " << std::setw(8) << p99_us
            << "  p99.9 " << std::setw(8) << percentile(beyond_us, 0.999)
            << (p99_us < goal_us ? "   goal met    " : "   goal not met") << "   others "
            << std::setprecision(0) << std::setw(3) << others * 100 << " % of the CPU\n"
            << std::flush;
}

void measure(store& log, std::size_t writers, std::size_t events, const std::string& payload,
             follower who) {
  times noted(log.info().durable, events / writers * writers);
  const cpu_meter meter;
  // Before anything is appended, so that nothing is missed.
  auto subscribed = log.subscribe({.after = from_now}).value();
  std::jthread following([&] {
    who == follower::thread ? follow_in_thread(std::move(subscribed), noted)
                            : follow_in_coroutine(std::move(subscribed), noted);
  });
  append_all(log, writers, payload, noted);
  following.join();
  const double others = meter.share_of_others();
  print(writers, who, microseconds_beyond(noted), others);
}

int run(int argc, char** argv) {
  arguments given(
      "From the answer of an append to its delivery in a subscription, in microseconds.",
      {{"events", "N", "20000", "appended in each run, one per commit, synced"},
       {"payload", "BYTES", "200", "payload of an event"},
       {"dir", "FOLDER", "", "where to make the temporary folder"}});
  if (!given.parse(argc, argv)) return 0;
  const std::size_t events = given.count("events", 1'000, 10'000'000);
  const std::string payload(given.count("payload", 1, 16'384), 'x');
  const scratch_folder scratch(given.text("dir"));
  auto log = store::open(scratch.path() / "store").value();
  std::cout << describe_host(scratch.path()) << ". Synced, 1 event per commit, payload "
            << payload.size() << " B; microseconds from append()'s answer to delivery;"
            << " goal: p99 below 1,000.\n";
  for (const std::size_t writers : {1U, 16U, 64U}) {
    measure(log, writers, events, payload, follower::thread);
    measure(log, writers, events, payload, follower::coroutine);
  }
  return 0;
}

}  // namespace
}  // namespace mainstem::bench

int main(int argc, char** argv) {
  return mainstem::bench::run_program("deliver", argc, argv, mainstem::bench::run);
}
