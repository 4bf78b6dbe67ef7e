// SPDX-License-Identifier: Apache-2.0
#include <stop_token>
#include <thread>

#include <gtest/gtest.h>

#include "api_support.h"

// store::wait_for().
namespace mainstem::api::test {
namespace {

using namespace std::chrono_literals;

class WaitFor : public testing::Test {
 protected:
  temporary_folder folder;
  store log = store::open(folder / "store", quiet_options()).value();
};

TEST_F(WaitFor, ReturnsAtOnceWhenThePositionIsDurable) {
  append(log, "a", any, {1});
  EXPECT_TRUE(log.wait_for(position(1), 0ns));
  EXPECT_TRUE(log.wait_for(position(0), 0ns));
  EXPECT_TRUE(log.wait_for(position(1), std::stop_token()));
}

TEST_F(WaitFor, ReturnsWhenThePositionBecomesDurable) {
  std::thread writer([&] {
    append(log, "a", any, {1});
    append(log, "a", any, {2});
  });
  EXPECT_TRUE(log.wait_for(position(2), 30s));
  EXPECT_GE(log.info().durable, position(2));
  writer.join();
}

TEST_F(WaitFor, WaitsForASyncAndNotForAWrite) {
  log.append(stream_name("a"), any, numbered(1), {.durability = durability::buffered}).value();
  EXPECT_EQ(log.wait_for(position(1), 1ms).error(), errc::timed_out);
  std::thread syncing([&] { log.flush().value(); });
  EXPECT_TRUE(log.wait_for(position(1), 30s));
  syncing.join();
}

TEST_F(WaitFor, AnswersThatTheTimeIsOver) {
  EXPECT_EQ(log.wait_for(position(1), 1ms).error(), errc::timed_out);
  EXPECT_EQ(log.wait_for(position(1), -1s).error(), errc::timed_out);
}

TEST_F(WaitFor, AnswersThatAStopWasRequested) {
  std::stop_source source;
  error got;
  std::thread waiting([&] { got = log.wait_for(position(1), source.get_token()).error(); });
  source.request_stop();
  waiting.join();
  EXPECT_EQ(got.code(), boost::system::errc::operation_canceled);
}

TEST_F(WaitFor, AnswersThatTheStoreIsClosed) {
  error got;
  std::thread waiting(
      [&] { got = log.wait_for(position(1), std::chrono::nanoseconds::max()).error(); });
  log.close().value();
  waiting.join();
  EXPECT_EQ(got, errc::store_closed);
  EXPECT_EQ(log.wait_for(position(1), 1ms).error(), errc::store_closed);
}

TEST_F(WaitFor, WakesEachAtItsOwnPosition) {
  std::vector<std::thread> waiting;
  std::atomic<int> right{0};
  for (std::uint64_t at = 1; at <= 20; ++at) {
    waiting.emplace_back([&, at] {
      if (log.wait_for(position(at), 30s) && log.info().durable >= position(at)) ++right;
    });
  }
  for (std::uint64_t at = 1; at <= 20; ++at) append(log, "a", any, {at});
  for (auto& thread : waiting) thread.join();
  EXPECT_EQ(right, 20);
}

}  // namespace
}  // namespace mainstem::api::test
