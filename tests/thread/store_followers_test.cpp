// SPDX-License-Identifier: Apache-2.0
#include <mainstem/async.h>

#include <atomic>
#include <stop_token>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include "store_support.h"

// Subscriptions, waits and asynchronous appends beside everything else that a store does.
namespace mainstem::api::test {
namespace {

namespace asio = boost::asio;

/// Reads on until the store is closed. @returns how many events there were, all in order.
std::uint64_t follow_to_the_end(const store& log, const subscription_options& options) {
  auto following = log.subscribe(options).value();
  std::uint64_t seen = 0;
  position before;
  for (;;) {
    const auto batch = following.next();
    if (!batch) {
      EXPECT_EQ(batch.error(), errc::store_closed) << batch.error();
      return seen;
    }
    for (const auto& event : batch->events()) {
      EXPECT_GT(event.position(), before);
      before = event.position();
      ++seen;
    }
  }
}

// 64 writers, 8 subscriptions, readers, and a store that is closed in the middle of it all.
TEST(StoreFollowers, EndWithAStoreThatIsClosedInTheMiddle) {
  temporary_folder folder;
  auto log = store::open(folder / "store", busy_options()).value();
  std::atomic<std::uint64_t> acknowledged{0};
  std::atomic<std::uint64_t> followed{0};
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t writer = 0; writer < 64; ++writer) {
      threads.emplace_back([&, writer] {
        const stream_name stream("w-" + std::to_string(writer));
        for (std::uint64_t number = 0;; ++number) {
          const auto done =
              log.append(stream, exactly(version(number)), {event_of(writer, number)});
          if (!done) {
            EXPECT_EQ(done.error(), errc::store_closed) << done.error();
            return;
          }
          EXPECT_NE(done->committed(), nullptr);
          ++acknowledged;
        }
      });
    }
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        subscription_options options;
        if (i == 1) options.stream.emplace("w-1");
        if (i == 2) options.category = "w";
        if (i == 3) options.after = from_now;
        const auto seen = follow_to_the_end(log, options);
        if (i == 0) followed = seen;
      });
    }
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        for (;;) {
          auto reader = log.read_all();
          for (;;) {
            const auto batch = reader.next();
            if (!batch) {
              EXPECT_EQ(batch.error(), errc::store_closed) << batch.error();
              return;
            }
            if (batch->empty()) break;
          }
        }
      });
    }
    threads.emplace_back([&] {
      for (std::uint64_t at = 1;; at += 50) {
        if (const auto waited = log.wait_for(position(at), std::stop_token()); !waited) {
          EXPECT_EQ(waited.error(), errc::store_closed) << waited.error();
          return;
        }
      }
    });
    while (log.info().durable < position(3'000)) std::this_thread::yield();
    log.close().value();
  }
  EXPECT_GE(acknowledged, 3'000U);
  EXPECT_GT(followed, 0U);
  auto again = store::open(folder / "store", busy_options()).value();
  EXPECT_EQ(again.info().durable, position(acknowledged))
      << "no append was answered store_closed and done";
  expect_sound(again);
}

TEST(StoreFollowers, SeeEverythingOnceInOrder) {
  temporary_folder folder;
  auto log = store::open(folder / "store", busy_options()).value();
  constexpr std::uint64_t writers = 8;
  constexpr std::uint64_t each = 250;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      auto following = log.subscribe().value();
      std::uint64_t expected = 0;
      while (expected < writers * each) {
        const auto batch = following.next().value();
        for (const auto& event : batch.events()) ASSERT_EQ(event.position(), position(++expected));
      }
    });
  }
  in_threads(writers, [&](std::uint64_t writer) {
    for (std::uint64_t number = 0; number < each; ++number)
      log.append(stream_name("w-" + std::to_string(writer)), any, {event_of(writer, number)})
          .value();
  });
}

TEST(StoreFollowers, AsynchronousAppendsAndSynchronousOnesShareGroups) {
  temporary_folder folder;
  auto log = store::open(folder / "store", busy_options()).value();
  asio::io_context context;
  std::atomic<std::uint64_t> committed{0};
  constexpr std::uint64_t chains = 32;
  constexpr std::uint64_t each = 40;
  std::function<void(std::uint64_t, std::uint64_t)> go = [&](std::uint64_t chain,
                                                             std::uint64_t number) {
    if (number == each) return;
    async_append(log, stream_name("chain-" + std::to_string(chain)), exactly(version(number)),
                 event_of(chain, number),
                 asio::bind_executor(context, [&, chain, number](boost::system::error_code failure,
                                                                 const append_outcome& outcome) {
                   EXPECT_FALSE(failure) << failure.message();
                   if (outcome.committed() != nullptr) ++committed;
                   go(chain, number + 1);
                 }));
  };
  for (std::uint64_t chain = 0; chain < chains; ++chain) go(chain, 0);
  std::vector<std::jthread> runners;
  for (int i = 0; i < 3; ++i) runners.emplace_back([&] { context.run(); });
  in_threads(8, [&](std::uint64_t writer) {
    for (std::uint64_t number = 0; number < each; ++number)
      log.append(stream_name("sync-" + std::to_string(writer)), any,
                 {event_of(100 + writer, number)})
          .value();
  });
  runners.clear();
  EXPECT_EQ(committed, chains * each);
  expect_sound(log);
}

}  // namespace
}  // namespace mainstem::api::test
