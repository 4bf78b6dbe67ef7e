// SPDX-License-Identifier: Apache-2.0
#include <mainstem/async.h>

#include <chrono>
#include <future>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include "api_support.h"
#include "eager_executor.h"

// Cancellation at each stage of an append (before it is judged, in its group, when its answer is
// under way), and of what waits and reads. Every outcome must be legal; that nothing leaks, the
// address sanitizer sees.
namespace mainstem::api::test {
namespace {

namespace asio = boost::asio;
using asio::cancellation_type;
using boost::system::error_code;

/// An event whose id nobody has to look for: it goes straight into the queue.
event_data fresh() { return event_data("fresh", text("x")); }

class AsyncCancel : public testing::Test {
 protected:
  temporary_folder folder;
  store log = store::open(folder / "store", quiet_options()).value();
  asio::io_context context;
  asio::cancellation_signal signal;

  template <class Handler>
  auto cancellable(Handler handler) {
    return asio::bind_cancellation_slot(signal.slot(),
                                        asio::bind_executor(context, std::move(handler)));
  }
  static bool is_aborted(error_code failure) { return failure == asio::error::operation_aborted; }
};

/// So that a cancellation meets an append at one moment or another.
void spin(std::chrono::microseconds length) {
  const auto end = std::chrono::steady_clock::now() + length;
  while (std::chrono::steady_clock::now() < end) continue;
}

struct answer {
  int calls = 0;
  error_code failure;
  append_outcome outcome;
};

TEST_F(AsyncCancel, OfAnAppendAtAnyMomentHasALegalOutcome) {
  append(log, "known", any, {1'000});
  int committed = 0;
  int aborted = 0;
  int unknown = 0;
  for (std::uint64_t i = 1; i <= 600; ++i) {
    answer got;
    // A new stream takes the detour through the index, a known one goes straight into the queue.
    const bool is_known = i <= 300;
    const std::string stream = is_known ? "known" : "new-" + std::to_string(i);
    const event_data event = is_known ? fresh() : numbered(i);
    async_append(log, named(stream), any, event,
                 cancellable([&](error_code failure, append_outcome outcome) {
                   ++got.calls;
                   got.failure = failure;
                   got.outcome = std::move(outcome);
                 }));
    spin(std::chrono::microseconds(i % 60 * 10));
    signal.emit(cancellation_type::terminal);
    signal.emit(cancellation_type::terminal);
    context.run();
    context.restart();
    ASSERT_EQ(got.calls, 1);
    const bool is_there =
        log.read_event(named(stream), event.id(), visibility::written).value().has_value();
    if (got.outcome.committed() != nullptr) {
      ++committed;
      ASSERT_TRUE(is_there);
    } else if (got.failure == errc::outcome_unknown) {
      ++unknown;
    } else {
      ASSERT_TRUE(is_aborted(got.failure)) << got.failure.message();
      ++aborted;
      log.flush().value();
      ASSERT_FALSE(log.read_event(named(stream), event.id()).value().has_value());
    }
  }
  EXPECT_GT(unknown, 0) << "none was cancelled in its group";
  EXPECT_EQ(committed + aborted + unknown, 600);
}

// Behind one that waits for a look into the index, everything waits: none of it was judged yet.
TEST_F(AsyncCancel, OfAnAppendBehindOneThatIsLookedUpIsSureThatNothingWasAppended) {
  int aborted = 0;
  for (std::uint64_t round = 0; round < 50; ++round) {
    int answered = 0;
    for (std::uint64_t i = 0; i < 40; ++i) {
      async_append(log, named("new-" + std::to_string(round) + "-" + std::to_string(i)), any,
                   numbered(1 + round * 100 + i),
                   asio::bind_executor(context, [&](error_code, append_outcome) { ++answered; }));
    }
    const std::uint64_t last = 1 + round * 100 + 99;
    error_code got;
    async_append(log, named("last"), any, numbered(last),
                 cancellable([&](error_code failure, append_outcome) {
                   ++answered;
                   got = failure;
                 }));
    signal.emit(cancellation_type::total);
    context.run();
    context.restart();
    ASSERT_EQ(answered, 41);
    log.flush().value();
    const bool is_there = log.read_event(named("last"), id_of(last)).value().has_value();
    ASSERT_EQ(is_there, !got) << got.message();
    if (!got) continue;
    ASSERT_TRUE(is_aborted(got)) << got.message();
    ++aborted;
  }
  EXPECT_GT(aborted, 0);
}

// While the answer of another group cannot be handed over, nobody judges this one.
TEST_F(AsyncCancel, OfAnAppendThatWasNotJudgedIsSureThatNothingWasAppended) {
  eager_executor::context stuck;
  stuck.holds = true;
  async_append(log, named("known"), any, fresh(),
               asio::bind_executor(eager_executor(stuck), [](error_code, append_outcome) {}));
  stuck.held.acquire();

  answer got;
  async_append(log, named("known"), any, fresh(),
               cancellable([&](error_code failure, append_outcome) {
                 ++got.calls;
                 got.failure = failure;
               }));
  signal.emit(cancellation_type::total);
  context.run();
  EXPECT_EQ(got.calls, 1);
  EXPECT_TRUE(is_aborted(got.failure)) << got.failure.message();
  stuck.go.release();
  log.close().value();  // Now nobody refers to what is stuck.
  EXPECT_EQ(all_of(store::open(folder / "store", quiet_options()).value()).size(), 1U);
}

TEST_F(AsyncCancel, TotalNeverLeavesAnOutcomeUnknown) {
  append(log, "known", any, {1'000});
  std::size_t committed = 0;
  for (std::uint64_t i = 1; i <= 200; ++i) {
    answer got;
    async_append(log, named("known"), any, fresh(),
                 cancellable([&](error_code failure, append_outcome outcome) {
                   got = {got.calls + 1, failure, std::move(outcome)};
                 }));
    spin(std::chrono::microseconds(i % 40 * 10));
    signal.emit(cancellation_type::total);
    context.run();
    context.restart();
    ASSERT_EQ(got.calls, 1);
    if (got.outcome.committed() != nullptr) {
      ++committed;
    } else {
      ASSERT_TRUE(is_aborted(got.failure)) << got.failure.message();
    }
  }
  EXPECT_GT(committed, 0U) << "none had been judged";
  log.flush().value();
  EXPECT_EQ(all_of(log).size(), 1 + committed);
}

// The answer of an abandoned append goes nowhere, and those behind it get theirs.
TEST_F(AsyncCancel, OfOneAppendLeavesTheOthersOfItsGroupAlone) {
  append(log, "known", any, {1'000});
  int committed = 0;
  error_code cancelled;
  const event_data doubtful = fresh();
  for (std::uint64_t i = 1; i <= 30; ++i) {
    const auto count = [&](error_code, append_outcome outcome) {
      if (outcome.committed() != nullptr) ++committed;
    };
    async_append(log, named("known"), any, fresh(), asio::bind_executor(context, count));
    if (i == 10) {
      async_append(log, named("known"), any, doubtful,
                   cancellable([&](error_code failure, append_outcome) { cancelled = failure; }));
    }
  }
  signal.emit(cancellation_type::partial);
  context.run();
  EXPECT_EQ(committed, 30);
  EXPECT_TRUE(!cancelled || is_aborted(cancelled) || cancelled == errc::outcome_unknown)
      << cancelled.message();
  // Whoever is left in doubt submits the same again, and then it is there once.
  EXPECT_TRUE(log.append(named("known"), any, doubtful).value().succeeded());
  EXPECT_EQ(all_of(log).size(), 32U);
}

TEST_F(AsyncCancel, AfterTheAnswerChangesNothing) {
  answer got;
  async_append(log, named("a"), any, numbered(1),
               cancellable([&](error_code failure, append_outcome outcome) {
                 got = {got.calls + 1, failure, std::move(outcome)};
               }));
  log.wait_for(position(1), std::chrono::seconds(30)).value();
  log.close().value();  // Everything is answered now, and no handler has been called.
  signal.emit(cancellation_type::terminal);
  context.run();
  EXPECT_EQ(got.calls, 1);
  EXPECT_TRUE(got.outcome.committed()) << got.failure.message();
  signal.emit(cancellation_type::terminal);
  EXPECT_EQ(got.calls, 1);
}

TEST_F(AsyncCancel, EndsAWaitForAPosition) {
  error_code got;
  async_wait(log, position(1), cancellable([&](error_code failure) { got = failure; }));
  asio::post(context, [&] { signal.emit(cancellation_type::total); });
  context.run();
  EXPECT_TRUE(is_aborted(got)) << got.message();
}

TEST_F(AsyncCancel, EndsAWaitForEventsWithoutPassingAnyOver) {
  auto following = log.subscribe().value();
  for (std::uint64_t i = 1; i <= 200; ++i) {
    error_code got;
    event_batch batch;
    async_next(following, cancellable([&](error_code failure, event_batch found) {
                 got = failure;
                 batch = std::move(found);
               }));
    std::thread writer([&] { append(log, "a", any, {i}); });
    signal.emit(cancellation_type::total);
    context.run();
    context.restart();
    writer.join();
    if (got) {
      ASSERT_TRUE(is_aborted(got)) << got.message();
      ASSERT_TRUE(batch.empty());
      batch = following.next().value();
    }
    ASSERT_EQ(batch.size(), 1U);
    ASSERT_EQ(batch.events()[0].position(), position(i));
  }
}

TEST_F(AsyncCancel, OfAReadPassesNothingOver) {
  fill(log, 1, 100, "some");
  auto reader = log.read_all({.batch = {.events = 1}});
  std::uint64_t seen = 0;
  while (seen < 100) {
    error_code got;
    event_batch batch;
    async_read(reader, cancellable([&](error_code failure, event_batch found) {
                 got = failure;
                 batch = std::move(found);
               }));
    if (seen % 3 == 0) signal.emit(cancellation_type::terminal);
    context.run();
    context.restart();
    if (got) {
      ASSERT_TRUE(is_aborted(got)) << got.message();
      batch = reader.next().value();
    }
    ASSERT_EQ(batch.size(), 1U);
    ASSERT_EQ(batch.events()[0].position(), position(++seen));
  }
}

}  // namespace
}  // namespace mainstem::api::test
