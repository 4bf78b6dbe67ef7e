// SPDX-License-Identifier: Apache-2.0
#include <mainstem/async.h>

#include <future>
#include <memory_resource>
#include <thread>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include "api_support.h"
#include "eager_executor.h"

// Completion tokens, executors and allocators. Cancellation stands in async_cancel_test.cpp.
namespace mainstem::api::test {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

class Async : public testing::Test {
 protected:
  temporary_folder folder;
  store log = store::open(folder / "store", quiet_options()).value();
  asio::io_context context;

  /// Runs a coroutine to its end. What it throws fails the test.
  template <class Coroutine>
  void run(Coroutine&& coroutine) {
    std::exception_ptr thrown;
    asio::co_spawn(context, std::forward<Coroutine>(coroutine),
                   [&](std::exception_ptr what) { thrown = what; });
    context.run();
    context.restart();
    if (thrown) std::rethrow_exception(thrown);
  }
};

TEST_F(Async, TakesACallback) {
  std::string got;
  async_append(log, named("a"), no_stream, numbered(1),
               asio::bind_executor(context, [&](error_code failure, append_outcome outcome) {
                 got = failure ? failure.message() : said(outcome);
               }));
  EXPECT_EQ(got, "") << "never from inside the call";
  context.run();
  EXPECT_EQ(got, "committed 1..1 a@1");
}

TEST_F(Async, CallsACallbackWithoutAnExecutorOnAsiosSystemThreads) {
  std::promise<std::thread::id> called;
  async_append(log, named("a"), any, numbered(1),
               [&](error_code, append_outcome) { called.set_value(std::this_thread::get_id()); });
  EXPECT_NE(called.get_future().get(), std::this_thread::get_id());
}

TEST_F(Async, TakesUseFuture) {
  auto future = async_append(log, named("a"), any, numbered(1), asio::use_future);
  EXPECT_EQ(said(future.get()), "committed 1..1 a@1");
  auto waited = async_wait(log, position(1), asio::use_future);
  EXPECT_NO_THROW(waited.get());
  auto following = log.subscribe().value();
  EXPECT_EQ(async_next(following, asio::use_future).get().size(), 1U);
}

TEST_F(Async, TakesUseAwaitable) {
  run([&]() -> asio::awaitable<void> {
    const auto outcome =
        co_await async_append(log, named("a"), any, numbered(1), asio::use_awaitable);
    EXPECT_EQ(said(outcome), "committed 1..1 a@1");
  });
}

TEST_F(Async, IsDeferredWithoutAToken) {
  auto later = async_append(log, named("a"), any, numbered(1));
  EXPECT_EQ(log.info().written, position(0)) << "nothing has begun";
  run([&]() -> asio::awaitable<void> {
    EXPECT_EQ(said(co_await std::move(later)), "committed 1..1 a@1");
    EXPECT_EQ(said(co_await async_append(log, named("a"), any, numbered(2))), "committed 2..2 a@2");
    co_await async_wait(log, position(2));
    auto reader = log.read_stream(named("a"));
    std::size_t events = 0;
    while (auto batch = co_await async_read(reader)) events += batch.size();
    EXPECT_EQ(events, 2U);
    auto everything = log.read_all();
    EXPECT_EQ((co_await async_read(everything)).size(), 2U);
    auto following = log.subscribe().value();
    EXPECT_EQ((co_await async_next(following)).size(), 2U);
  });
}

TEST_F(Async, TakesAsTuple) {
  run([&]() -> asio::awaitable<void> {
    const auto token = asio::as_tuple(asio::use_awaitable);
    const auto [failure, outcome] = co_await async_append(log, named("a"), any, numbered(1), token);
    EXPECT_FALSE(failure);
    EXPECT_EQ(said(outcome), "committed 1..1 a@1");
    const auto [refused, nothing] =
        co_await async_append(log, append_request(), asio::as_tuple(asio::use_awaitable));
    EXPECT_EQ(refused, errc::no_events);
    EXPECT_FALSE(nothing.succeeded());
    EXPECT_EQ(nothing.message(), "no outcome: nobody answered");
  });
}

TEST_F(Async, ThrowsFromUseAwaitableWhatItCompletesWith) {
  EXPECT_THROW(run([&]() -> asio::awaitable<void> {
                 co_await async_append(log, append_request(), asio::use_awaitable);
               }),
               boost::system::system_error);
}

TEST_F(Async, TakesRequestsAndOptions) {
  const append_options buffered{.durability = durability::buffered};
  const std::vector<event_data> two = numbered({3, 4});
  run([&]() -> asio::awaitable<void> {
    append_request request;
    request.write(named("a"), no_stream, numbered(1)).require(named("b"), no_stream);
    EXPECT_EQ(said(co_await async_append(log, request)), "committed 1..1 a@1");
    EXPECT_EQ(said(co_await async_append(log, append_request().write(named("a"), any, numbered(2)),
                                         buffered)),
              "committed 2..2 a@2");
    EXPECT_EQ(said(co_await async_append(log, named("c"), any, two)), "committed 3..4 c@2");
    // Not braces in the call: GCC 12 cannot compile an initializer list inside a co_await.
    const std::vector<event_data> more{numbered(5), numbered(6)};
    EXPECT_EQ(said(co_await async_append(log, named("c"), any, more)), "committed 5..6 c@4");
    EXPECT_EQ(said(co_await async_append(log, named("c"), any, two, buffered)),
              "already_committed 3..4 c@2");
    EXPECT_EQ(said(co_await async_append(log, named("c"), exactly(version(1)), numbered(7))),
              "version_conflict c exactly 1, is 4");
  });
}

// Whatever the caller does with what it gave: it was copied before the call returned.
TEST_F(Async, CopiesItsArguments) {
  std::future<append_outcome> future;
  {
    std::vector<event_data> events = numbered({1, 2});
    std::string name = "a-stream-whose-name-is-longer-than-any-small-buffer";
    future = async_append(log, named(name), any, events, asio::use_future);
    events.clear();
    name.assign(name.size(), 'x');
  }
  EXPECT_TRUE(future.get().committed());
  EXPECT_EQ(all_of(log, "a-stream-whose-name-is-longer-than-any-small-buffer").size(), 2U);
}

// What is begun with an event in hand lets go of it early; what shares it must not.
TEST_F(Async, KnowsARetryOfAnEventThatTheCallerKept) {
  const event_data kept("t", text("x"));
  const std::vector<event_data> several{event_data("t", text("y")), kept};
  run([&]() -> asio::awaitable<void> {
    const auto first = co_await async_append(log, named("a"), no_stream, kept);
    EXPECT_EQ(said(first), "committed 1..1 a@1");
    const auto again = co_await async_append(log, named("a"), no_stream, kept);
    EXPECT_EQ(said(again), "already_committed 1..1 a@1");
    const auto both = co_await async_append(log, named("b"), no_stream, several);
    EXPECT_EQ(said(both), "committed 2..3 b@2");
    const auto both_again = co_await async_append(log, named("b"), no_stream, several);
    EXPECT_EQ(said(both_again), "already_committed 2..3 b@2");
    const auto gone = co_await async_append(log, named("c"), no_stream, event_data("t", text("z")));
    EXPECT_EQ(said(gone), "committed 4..4 c@1");
  });
}

TEST_F(Async, CompletesOnTheAssociatedExecutor) {
  asio::strand<asio::io_context::executor_type> strand(context.get_executor());
  int called = 0;
  for (std::uint64_t i = 1; i <= 50; ++i) {
    async_append(log, named("a"), any, numbered(i),
                 asio::bind_executor(strand, [&](error_code failure, append_outcome) {
                   EXPECT_FALSE(failure);
                   EXPECT_TRUE(strand.running_in_this_thread());
                   ++called;
                 }));
  }
  context.run();
  EXPECT_EQ(called, 50);
}

// A handler's memory comes from its allocator, and is back before the handler is called.
TEST_F(Async, UsesTheAssociatedAllocator) {
  class counting final : public std::pmr::memory_resource {
   public:
    std::atomic<std::size_t> taken{0};
    std::atomic<std::size_t> live{0};

   private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
      taken += 1;
      live += 1;
      return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
      live -= 1;
      std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
      return this == &other;
    }
  };
  counting memory;
  bool called = false;
  const auto callback = [&](error_code failure, append_outcome) {
    called = !failure;
    EXPECT_EQ(memory.live, 0U);
  };
  async_append(log, named("a"), any, numbered(1),
               asio::bind_allocator(std::pmr::polymorphic_allocator<std::byte>(&memory),
                                    asio::bind_executor(context, callback)));
  context.run();
  EXPECT_TRUE(called);
  EXPECT_GE(memory.taken, 1U);
  EXPECT_EQ(memory.live, 0U);
}

TEST_F(Async, KeepsTheContextRunningUntilItCompletes) {
  bool called = false;
  async_wait(log, position(1), asio::bind_executor(context, [&](error_code failure) {
               EXPECT_FALSE(failure);
               called = true;
             }));
  std::thread writer([&] { append(log, "a", any, {1}); });
  context.run();
  EXPECT_TRUE(called);
  writer.join();
}

// A context that ran out of work may be destroyed at once, so nothing may refer to it any more.
TEST_F(Async, LetsGoOfTheExecutorBeforeItRunsOutOfWork) {
  eager_executor::context eager;
  bool called = false;
  async_append(log, named("a"), any, event_data("t", text("x")),
               asio::bind_executor(eager_executor(eager),
                                   [&](error_code failure, append_outcome) { called = !failure; }));
  log.wait_for(position(1), std::chrono::seconds(30)).value();
  log.close().value();
  EXPECT_EQ(eager.references_at_the_end, 0);
  EXPECT_TRUE(called);
  EXPECT_EQ(eager.posts, 1);
  EXPECT_EQ(eager.work, 0);
}

// A new stream takes a look into the index, a known one does not: neither overtakes the other.
TEST_F(Async, CarriesOutAppendsInTheOrderOfTheCalls) {
  constexpr std::uint64_t count = 2'000;
  std::vector<std::uint64_t> positions;
  for (std::uint64_t i = 1; i <= count; ++i) {
    const std::string stream = i % 3 == 0 ? "new-" + std::to_string(i) : "known";
    async_append(log, named(stream), any, sized(i, 100),
                 asio::bind_executor(context, [&](error_code failure, append_outcome outcome) {
                   ASSERT_FALSE(failure) << failure.message();
                   positions.push_back(outcome.place()->first_position.value());
                 }));
  }
  context.run();
  EXPECT_EQ(positions, numbers(1, count));
  const auto all = all_of(log);
  for (std::uint64_t i = 0; i < count; ++i) ASSERT_EQ(number_of(all[i].id), i + 1);
}

TEST_F(Async, AnswersOverloadedWhenTheQueueIsFull) {
  auto options = quiet_options();
  options.queue_bytes = 1U << 20U;
  options.segment_size_bytes = 16U << 20U;
  auto small = store::open(folder / "small", options).value();
  // Nothing is written while an answer cannot be handed over.
  eager_executor::context stuck;
  stuck.holds = true;
  async_append(small, named("a"), any, event_data("first", text("x")),
               asio::bind_executor(eager_executor(stuck), [](error_code, append_outcome) {}));
  stuck.held.acquire();

  std::size_t overloaded = 0;
  std::size_t committed = 0;
  constexpr std::size_t count = 200;
  const std::string payload(60'000, 'x');
  for (std::size_t i = 0; i < count; ++i) {
    async_append(small, named("a"), any, event_data("large", text(payload)),
                 asio::bind_executor(context, [&](error_code failure, append_outcome outcome) {
                   if (failure == errc::overloaded) ++overloaded;
                   if (outcome.committed() != nullptr) ++committed;
                 }));
  }
  stuck.go.release();
  context.run();
  EXPECT_EQ(overloaded + committed, count);
  EXPECT_GT(overloaded, 150U) << "12 MB into a queue of 1 MiB";
  EXPECT_GT(committed, 10U);
  EXPECT_EQ(all_of(small).size(), 1 + committed) << "what was turned away is not there";
}

TEST_F(Async, CompletesEverythingWhenTheStoreIsClosed) {
  std::size_t answered = 0;
  std::size_t committed = 0;
  constexpr std::size_t count = 500;
  for (std::size_t i = 1; i <= count; ++i) {
    async_append(log, named("s-" + std::to_string(i)), any, sized(i, 100),
                 asio::bind_executor(context, [&](error_code failure, append_outcome outcome) {
                   ++answered;
                   if (outcome.committed() != nullptr) ++committed;
                   EXPECT_EQ(failure == errc::store_closed, outcome.committed() == nullptr);
                 }));
  }
  auto following = log.subscribe({.after = from_now}).value();
  error_code next_got;
  error_code wait_got;
  async_next(following, asio::bind_executor(
                            context, [&](error_code failure, event_batch) { next_got = failure; }));
  async_wait(log, position(1'000'000),
             asio::bind_executor(context, [&](error_code failure) { wait_got = failure; }));
  log.close().value();
  context.run();
  EXPECT_EQ(answered, count);
  EXPECT_EQ(wait_got, errc::store_closed);
  EXPECT_TRUE(!next_got || next_got == errc::store_closed) << next_got.message();
  auto again = store::open(folder / "store", quiet_options()).value();
  EXPECT_EQ(all_of(again).size(), committed);
}

// close() judges what is left over itself. The committing thread hands over an answer meanwhile,
// and is asked to stop before it has seen that one.
TEST_F(Async, AnswersOnceWhatIsJudgedWhileTheStoreCloses) {
  eager_executor::context stuck;
  stuck.holds = true;
  async_append(log, named("known"), any, event_data("t", text("x")),
               asio::bind_executor(eager_executor(stuck), [](error_code, append_outcome) {}));
  stuck.held.acquire();
  int conflicts = 0;
  async_append(log, named("known"), no_stream, event_data("t", text("y")),
               asio::bind_executor(context, [&](error_code, const append_outcome& outcome) {
                 conflicts += outcome.version_conflict() != nullptr ? 1 : 0;
               }));
  std::thread closing([&] { log.close().value(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  stuck.go.release();
  closing.join();
  context.run();
  EXPECT_EQ(conflicts, 1);
}

TEST_F(Async, AnswersThatTheStoreIsClosed) {
  auto reader = log.read_all();
  auto following = log.subscribe().value();
  log.close().value();
  const auto closed = [](auto future) {
    try {
      future.get();
    } catch (const boost::system::system_error& failure) {
      return failure.code() == errc::store_closed;
    }
    return false;
  };
  EXPECT_TRUE(closed(async_append(log, named("a"), any, numbered(1), asio::use_future)));
  EXPECT_TRUE(closed(async_wait(log, position(1), asio::use_future)));
  EXPECT_TRUE(closed(async_read(reader, asio::use_future)));
  EXPECT_TRUE(closed(async_next(following, asio::use_future)));
  EXPECT_EQ(following.last_error(), errc::store_closed);
  EXPECT_EQ(reader.last_error(), errc::store_closed);
  store moved = std::move(log);
  EXPECT_TRUE(closed(async_append(log, named("a"), any, numbered(1), asio::use_future)));
  EXPECT_TRUE(closed(async_wait(log, position(1), asio::use_future)));
}

// The event is durable although nobody is there to hear of it; when somebody is, they hear of it.
TEST_F(Async, WaitsWithTheAnswerForAnExecutorThatHasStopped) {
  context.stop();
  std::string got;
  async_append(log, named("a"), any, numbered(1),
               asio::bind_executor(
                   context, [&](error_code, append_outcome outcome) { got = said(outcome); }));
  log.wait_for(position(1), std::chrono::seconds(30)).value();
  context.run();
  EXPECT_EQ(got, "") << "stopped";
  context.restart();
  context.run();
  EXPECT_EQ(got, "committed 1..1 a@1");
}

// The handler is destroyed with the context, uncalled: a future whose promise is gone says so.
TEST_F(Async, DestroysItsHandlerWithAContextThatNeverRan) {
  auto gone = std::make_unique<asio::io_context>();
  auto kept = std::make_shared<int>(0);
  const std::weak_ptr<int> watched = kept;
  std::atomic<bool> called{false};
  async_append(log, named("a"), any, numbered(1),
               asio::bind_executor(*gone, [kept = std::move(kept), &called](
                                              error_code, append_outcome) { called = true; }));
  log.close().value();
  EXPECT_FALSE(watched.expired());
  gone.reset();
  EXPECT_TRUE(watched.expired());
  EXPECT_FALSE(called);
}

// What shares an executor is posted together; a handler that throws does not take the others along.
TEST_F(Async, CallsTheOtherHandlersWhenOneThrows) {
  int called = 0;
  for (std::uint64_t i = 1; i <= 100; ++i) {
    async_append(log, named("a"), any, numbered(i),
                 asio::bind_executor(context, [&](error_code, append_outcome) {
                   if (++called % 10 == 0) throw std::runtime_error("a handler's own");
                 }));
  }
  int thrown = 0;
  for (bool done = false; !done;) {
    try {
      context.run();
      done = true;
    } catch (const std::runtime_error&) {
      ++thrown;
    }
  }
  EXPECT_EQ(called, 100);
  EXPECT_EQ(thrown, 10);
}

TEST_F(Async, RefusesASecondOperationOnOneSubscription) {
  auto following = log.subscribe().value();
  std::string first;
  async_next(following, asio::bind_executor(context, [&](error_code failure, event_batch batch) {
               first = failure ? failure.message() : std::to_string(batch.size());
             }));
  error_code second;
  async_next(following, asio::bind_executor(context, [&](error_code failure, event_batch) {
               second = failure;
               append(log, "a", any, {1});
             }));
  context.run();
  EXPECT_EQ(second, errc::invalid_argument);
  EXPECT_EQ(first, "1");
}

TEST_F(Async, FollowsTheLogWithACoroutine) {
  constexpr std::uint64_t count = 300;
  run([&]() -> asio::awaitable<void> {
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
          for (std::uint64_t i = 1; i <= count; ++i)
            co_await async_append(log, named("a"), any, numbered(i));
        },
        asio::detached);
    auto following = log.subscribe().value();
    std::uint64_t seen = 0;
    while (seen < count) {
      const auto batch = co_await async_next(following);
      for (const auto& event : batch.events()) EXPECT_EQ(event.position(), position(++seen));
    }
  });
}

TEST_F(Async, ServesExecutorsOfSeveralThreads) {
  constexpr std::uint64_t chains = 16;
  constexpr std::uint64_t each = 40;
  std::atomic<std::uint64_t> committed{0};
  for (std::uint64_t chain = 0; chain < chains; ++chain) {
    asio::co_spawn(
        context,
        [&, chain]() -> asio::awaitable<void> {
          for (std::uint64_t i = 0; i < each; ++i) {
            const auto outcome =
                co_await async_append(log, named("c-" + std::to_string(chain)), exactly(version(i)),
                                      sized(chain * each + i, 60));
            if (outcome.committed() != nullptr) ++committed;
          }
        },
        asio::detached);
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { context.run(); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(committed, chains * each);
}

}  // namespace
}  // namespace mainstem::api::test
