// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <random>
#include <sstream>

#include <gtest/gtest.h>

#include "api_support.h"
#include "other_process.h"

// A follower in another process, over a million events and twenty kills of the writer.
namespace mainstem::api::test {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t events = 100'000;
#else
constexpr std::uint64_t events = 1'000'000;
#endif
constexpr std::uint64_t kills = 20;

TEST(Marathon, FollowerSeesEveryEventOnceInOrderThroughKills) {
  temporary_folder folder;
  const std::string path = (folder / "store").string();
  store::open(path).value().close().value();
  const std::string answers = (folder / "answers").string();
  const std::vector<std::string> flood{"flood", path, answers, std::to_string(events)};
  other_process follower({"race", path, answers, std::to_string(events)});
  ASSERT_EQ(follower.read_line(), "following");
  auto watch = store::open_read_only(path).value();
  std::mt19937_64 random(20'26);
  for (std::uint64_t kill = 0; kill < kills; ++kill) {
    other_process writer(flood);
    // Somewhere between the last kill and where the next one is due.
    const std::uint64_t due = kill * events / (kills + 1) + random() % (events / (kills + 1)) + 1;
    ASSERT_TRUE(watch.wait_for(position(due), std::chrono::seconds(60)));
    writer.kill();
  }
  watch.close().value();
  ASSERT_EQ(other_process(flood).finish(), 0);
  std::istringstream said(follower.read_line());
  std::uint64_t seen = 0;
  std::uint64_t answered = 0;
  double p50_us = 0;
  double p99_us = 0;
  double idle_percent = 100;
  ASSERT_TRUE(said >> seen >> answered >> p50_us >> p99_us >> idle_percent)
      << "it ended with " << follower.finish();
  EXPECT_GE(seen, events);
  EXPECT_GE(answered, events / 10 * 9);
  EXPECT_LT(p99_us, 50'000) << "behind the writer";
  EXPECT_LT(idle_percent, 1.0) << "of a core while nothing happens";
  EXPECT_EQ(follower.finish(), 0);
  std::cout << seen << " events through " << kills << " kills; behind the writer's answer p50 "
            << p50_us << " us, p99 " << p99_us << " us; idle " << idle_percent << " % of a core\n";
}

}  // namespace
}  // namespace mainstem::api::test
