// SPDX-License-Identifier: Apache-2.0
#include "marathon.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <string>
#include <system_error>
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
  // The writer closes its store behind the last event, and the follower follows that, too.
  if (following.next(1s).error() != errc::timed_out) return 100;
  const auto began = std::chrono::steady_clock::now();
  const auto before = cpu_time();
  if (following.next(2s).error() != errc::timed_out) return 100;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  return std::chrono::duration<double>(cpu_time() - before).count() / took.count() * 100;
}

std::int64_t steady_nanoseconds() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// By position, when an event was answered: nanoseconds of steady_clock, which all processes of a
/// machine share; 0 if it was not, since the writer was killed. In a file that several processes
/// map.
class answer_times {
 public:
  answer_times(const char* path, std::uint64_t last) : count_(last + 1) {
    const int file = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ::ftruncate(file, static_cast<off_t>(bytes())) != 0) fail(path);
    void* const mapped = ::mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (mapped == MAP_FAILED) fail(path);
    times_ = static_cast<std::int64_t*>(mapped);
  }
  answer_times(const answer_times&) = delete;
  answer_times& operator=(const answer_times&) = delete;
  ~answer_times() { ::munmap(times_, bytes()); }

  void note(position first, position last) {
    const std::int64_t now = steady_nanoseconds();
    for (std::uint64_t at = first.value(); at <= last.value() && at < count_; ++at)
      std::atomic_ref(times_[at]).store(now, std::memory_order_relaxed);
  }
  [[nodiscard]] std::int64_t of(std::uint64_t at) const {
    return std::atomic_ref(times_[at]).load(std::memory_order_relaxed);
  }

 private:
  [[noreturn]] static void fail(const char* path) {
    throw std::system_error(errno, std::generic_category(), path);
  }
  [[nodiscard]] std::size_t bytes() const { return count_ * sizeof(std::int64_t); }
  std::uint64_t count_;
  std::int64_t* times_ = nullptr;
};

}  // namespace

int flood(const char* path, const char* answers, std::uint64_t enough) {
  answer_times answered(answers, enough);
  auto log = store::open(path, {.index_flush_events = 64U << 10U}).value();
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&log, &answered, writer, enough] {
      const stream_name stream("flood-" + std::to_string(writer));
      for (position last; last.value() < enough;) {
        const std::vector<event_data> events = [] {
          std::vector<event_data> made;
          for (int i = 0; i < 25; ++i)
            made.emplace_back("drop", text("of 32 bytes, as good as any one"));
          return made;
        }();
        const auto outcome = log.append(stream, any, events).value();
        answered.note(outcome.place()->first_position, outcome.place()->last_position);
        last = outcome.place()->last_position;
      }
    });
  }
  return 0;
}

int race(const char* path, const char* answers, std::uint64_t last) {
  const answer_times answered(answers, last);
  auto log = store::open_read_only(path).value();
  auto following = log.subscribe().value();
  std::vector<std::int64_t> seen_at{0};
  seen_at.reserve(last + 1);
  std::uint64_t seen = 0;
  std::cout << "following" << std::endl;
  while (seen < last) {
    const auto batch = following.next(60s).value();
    const std::int64_t now = steady_nanoseconds();
    for (const auto& event : batch.events()) {
      if (event.position() != position(++seen)) return 6;
      seen_at.push_back(now);
    }
  }
  // What the writer wrote beyond that is of no interest; then it is quiet.
  while (following.next(1s)) continue;
  // An answer may come later than the event: then the follower is not behind at all.
  std::vector<double> behind_us;
  for (std::uint64_t at = 1; at <= last; ++at) {
    if (const std::int64_t when = answered.of(at); when != 0)
      behind_us.push_back(static_cast<double>(std::max<std::int64_t>(seen_at[at] - when, 0)) / 1e3);
  }
  if (behind_us.empty()) return 7;
  std::sort(behind_us.begin(), behind_us.end());
  const auto percentile = [&](std::size_t p) {
    return behind_us[(behind_us.size() - 1) * p / 100];
  };
  std::cout << seen << ' ' << behind_us.size() << ' ' << percentile(50) << ' ' << percentile(99)
            << ' ' << idle_percent(following) << std::endl;
  return 0;
}

}  // namespace mainstem::api::test
