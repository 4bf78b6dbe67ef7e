// SPDX-License-Identifier: Apache-2.0
#include <mainstem/async.h>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "append/peer.h"
#include "append/slice.h"

namespace mainstem::bench {
namespace {

namespace asio = boost::asio;
using steady_clock = std::chrono::steady_clock;
using microseconds = std::chrono::duration<double, std::micro>;

constexpr std::size_t coroutines = 1'024;

/// Gives every stream its first event.
class filling_writer final : public peer_writer {
 public:
  explicit filling_writer(store& target) : store_(target) {}
  void commit(std::span<const planned_event> events) override {
    append_request request;
    for (const auto& event : events)
      request.write(stream_name(event.stream), exactly(version(event.version_before)),
                    event_data(event_type, binary(event.payload)));
    if (!store_.append(request).value().committed()) throw std::runtime_error("append: a conflict");
  }

 private:
  store& store_;
};

/// Hands events to the coroutines, which are on one thread. Drawing streams is no store's work, and
/// this thread has to do it, too: so it draws as many at a time as the one that commits them
/// together. What one coroutine is told of a stream may rest on an append of another that is under
/// way: the store judges them in the order in which they begin.
class common_plan {
 public:
  explicit common_plan(event_plan plan) : plan_(std::move(plan)) {}
  /// Lifetime: until the next call.
  const planned_event& next() {
    if (taken_ == drawn_.size()) {
      plan_.committed();
      drawn_ = plan_.draw(coroutines);
      taken_ = 0;
    }
    return drawn_[taken_++];
  }
  /// Once all that were taken are in the store.
  void end() { plan_.committed(taken_); }

 private:
  event_plan plan_;
  std::span<const planned_event> drawn_;
  std::size_t taken_ = 0;
};

struct progress_of_all {
  steady_clock::time_point deadline;
  std::vector<double> commit_us;
};

asio::awaitable<void> append_until(store& to, common_plan& plan, progress_of_all& progress) {
  auto start = steady_clock::now();
  while (start < progress.deadline) {
    const planned_event& event = plan.next();
    const auto outcome =
        co_await async_append(to, stream_name(event.stream), exactly(version(event.version_before)),
                              event_data(event_type, binary(event.payload)));
    if (outcome.committed() == nullptr) throw std::runtime_error("append: " + outcome.message());
    const auto end = steady_clock::now();
    progress.commit_us.push_back(microseconds(end - std::exchange(start, end)).count());
  }
}

class coroutines_peer final : public peer {
 public:
  explicit coroutines_peer(const std::filesystem::path& folder)
      : store_(store::open(folder).value()) {}

  std::unique_ptr<peer_writer> start_writer() override {
    return std::make_unique<filling_writer>(store_);
  }
  bool takes(const workload& work) const override { return work.events_per_commit == coroutines; }
  workload carried(const workload& work) const override {
    return {.name = work.name, .writers = coroutines, .events_per_commit = 1};
  }

  std::optional<slice> run(const event_material& material, stream_heads& heads,
                           std::chrono::duration<double> length, std::uint64_t seed) override {
    asio::io_context context(1);
    const auto began = steady_clock::now();
    progress_of_all progress{
        .deadline = began + std::chrono::duration_cast<steady_clock::duration>(length),
        .commit_us = {}};
    progress.commit_us.reserve(1U << 20U);
    common_plan plan(event_plan(material, heads, 0, 1, seed));
    std::exception_ptr failure;
    for (std::size_t i = 0; i < coroutines; ++i) {
      asio::co_spawn(context, append_until(store_, plan, progress), [&](std::exception_ptr thrown) {
        if (thrown) failure = thrown;
      });
    }
    context.run();
    if (failure) std::rethrow_exception(failure);
    const double elapsed_us = microseconds(steady_clock::now() - began).count();
    plan.end();
    return summary_of(std::move(progress.commit_us), elapsed_us, elapsed_us, 1);
  }

  void rest() override { wait_until_quiet(store_); }

 private:
  store store_;
};

}  // namespace

std::unique_ptr<peer> open_mainstem_coroutines(const std::filesystem::path& folder) {
  return std::make_unique<coroutines_peer>(folder);
}

}  // namespace mainstem::bench
