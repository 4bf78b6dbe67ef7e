// SPDX-License-Identifier: Apache-2.0
#include "marathon.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <mainstem/store.h>

namespace mainstem::api::test {
namespace {

using namespace std::chrono_literals;

std::chrono::microseconds cpu_time() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& t) {
    return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

double idle_percent(subscription& following) {
  const auto began = std::chrono::steady_clock::now();
  const auto before = cpu_time();
  if (following.next(2s).error() != errc::timed_out) return 100;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  return std::chrono::duration<double>(cpu_time() - before).count() / took.count() * 100;
}

}  // namespace

int flood(const char* path, std::uint64_t enough) {
  auto log = store::open(path, {.index_flush_events = 64U << 10U}).value();
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&log, writer, enough] {
      const stream_name stream("flood-" + std::to_string(writer));
      for (position last; last.value() < enough;) {
        const std::vector<event_data> events = [] {
          std::vector<event_data> made;
          for (int i = 0; i < 25; ++i)
            made.emplace_back("drop", text("of 32 bytes, as good as any one"));
          return made;
        }();
        last = log.append(stream, any, events).value().place()->last_position;
      }
    });
  }
  return 0;
}

int race(const char* path, std::uint64_t last) {
  auto log = store::open_read_only(path).value();
  auto following = log.subscribe().value();
  std::vector<double> behind_us;
  behind_us.reserve(last);
  std::uint64_t seen = 0;
  std::cout << "following" << std::endl;
  while (seen < last) {
    const auto batch = following.next(60s).value();
    const auto now = std::chrono::system_clock::now();
    for (const auto& event : batch.events()) {
      if (event.position() != position(++seen)) return 6;
      behind_us.push_back(std::chrono::duration<double, std::micro>(now - event.time()).count());
    }
  }
  // What the writer wrote beyond that is of no interest; then it is quiet.
  while (following.next(1s)) continue;
  std::sort(behind_us.begin(), behind_us.end());
  std::cout << seen << ' ' << behind_us[seen / 2] << ' ' << behind_us[seen / 100 * 99] << ' '
            << idle_percent(following) << std::endl;
  return 0;
}

}  // namespace mainstem::api::test
