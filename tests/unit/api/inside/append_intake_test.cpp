// SPDX-License-Identifier: Apache-2.0
#include "api/append_intake.h"

#include <thread>

#include <gtest/gtest.h>

namespace mainstem::detail {
namespace {

using namespace std::chrono_literals;

append_pointer operation_of(std::uint32_t bytes) {
  auto made =
      make_operation<append_operation>(nullptr, append_request(), append_options(), nullptr);
  made->commit().emplace();
  made->commit()->frame.length = bytes;
  return made;
}

TEST(AppendIntake, GivesBackInTheOrderOfTheCalls) {
  append_intake intake(1'000);
  EXPECT_EQ(intake.front(), nullptr);
  std::vector<append_pointer> brought;
  for (int i = 0; i < 3; ++i) brought.push_back(operation_of(10));
  ASSERT_TRUE(intake.push(append_pointer(brought[0])));
  ASSERT_TRUE(intake.push(append_pointer(brought[1])));
  ASSERT_EQ(intake.front(), brought[0].get());
  ASSERT_TRUE(intake.push(append_pointer(brought[2])));  // Behind what is lined up already.
  EXPECT_EQ(intake.peek(1), brought[1].get());
  EXPECT_EQ(intake.peek(2), nullptr) << "not lined up yet";
  for (const auto& each : brought) {
    ASSERT_EQ(intake.front(), each.get());
    EXPECT_EQ(intake.pop(), each);
  }
  EXPECT_EQ(intake.front(), nullptr);
}

TEST(AppendIntake, TakesNoMoreThanItsCapacity) {
  append_intake intake(100);
  EXPECT_TRUE(intake.push(operation_of(500))) << "a large one has room alone";
  append_pointer turned_away = operation_of(1);
  EXPECT_FALSE(intake.push(std::move(turned_away)));
  EXPECT_NE(turned_away, nullptr) << "still the caller's";
  ASSERT_NE(intake.front(), nullptr);
  EXPECT_FALSE(intake.push(operation_of(1))) << "it is still here";
  static_cast<void>(intake.pop());
  EXPECT_TRUE(intake.push(operation_of(60)));
  EXPECT_TRUE(intake.push(operation_of(40)));
  EXPECT_FALSE(intake.push(operation_of(1)));
}

TEST(AppendIntake, RingsForTheFirstOnly) {
  append_intake intake(1'000);
  ASSERT_TRUE(intake.push(operation_of(1)));
  EXPECT_EQ(intake.rung(), 1U);
  ASSERT_TRUE(intake.push(operation_of(1)));
  EXPECT_EQ(intake.rung(), 1U);
  static_cast<void>(intake.front());
  ASSERT_TRUE(intake.push(operation_of(1)));
  EXPECT_EQ(intake.rung(), 2U) << "the first one that nobody has seen";
}

TEST(AppendIntake, WakesWhoeverSleeps) {
  append_intake intake(1'000);
  const std::uint32_t rung = intake.rung();
  std::thread bringer([&] { EXPECT_TRUE(intake.push(operation_of(1))); });
  while (intake.rung() == rung) intake.sleep(rung);
  bringer.join();
  EXPECT_NE(intake.front(), nullptr);
}

TEST(AppendIntake, GathersUntilAllAnswersAreHeard) {
  append_intake intake(1'000);
  intake.gather(1h);  // Nobody is to be waited for.
  intake.posted(2);
  std::thread listener([&] {
    for (int i = 0; i < 2; ++i) {
      // An answer is handed over when its operation goes, right before its handler is called.
      const auto answered = operation_of(1);
      answered->tell(intake, 1);
    }
  });
  intake.gather(1h);
  listener.join();
}

// Appends come while answers are still to be heard: they are neither waited for nor lost.
TEST(AppendIntake, GathersOnWhileAppendsComeIn) {
  append_intake intake(1'000);
  const std::uint32_t rung = intake.rung();
  intake.posted(3);
  std::thread listener([&] {
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(intake.push(operation_of(1)));
      std::this_thread::sleep_for(1ms);
      intake.heard(1);
    }
  });
  intake.gather(1h);
  EXPECT_EQ(intake.unheard(), 0);
  EXPECT_NE(intake.rung(), rung) << "nobody sleeps through what came meanwhile";
  intake.sleep(rung);
  listener.join();
  int came = 0;
  for (; intake.front() != nullptr; ++came) static_cast<void>(intake.pop());
  EXPECT_EQ(came, 3);
}

// Whoever ends the store does not wait for the end of a look.
TEST(AppendIntake, ARingEndsNoGatheringButIsNotLost) {
  append_intake intake(1'000);
  intake.posted(1);
  const std::uint32_t rung = intake.rung();
  std::thread listener([&] {
    intake.ring();
    intake.heard(1);
  });
  intake.gather(1h);
  intake.sleep(rung);
  listener.join();
}

TEST(AppendIntake, GathersNoLongerThanItsLimit) {
  append_intake intake(1'000);
  intake.posted(1'000'000'000);
  std::atomic<bool> done = false;
  std::thread listener([&] {
    while (!done) intake.heard(1);
  });
  intake.gather(4ms);
  done = true;
  listener.join();
}

// An executor may be stopped for ever, with answers that wait for it.
TEST(AppendIntake, DoesNotWaitAgainForWhoeverDoesNotListen) {
  append_intake intake(1'000);
  intake.posted(3);
  intake.gather(4ms);
  intake.gather(1h);
  intake.heard(1);
  intake.gather(1h);
  intake.posted(1);
  std::thread listener([&] { intake.heard(1); });
  intake.gather(1h);
  listener.join();
}

TEST(AppendIntake, AsksAgainInAWhileWhoeverDidNotListen) {
  append_intake intake(1'000);
  intake.posted(1'000);
  intake.gather(1ms);  // Nobody listens.
  std::atomic<bool> done = false;
  std::thread listener([&] {
    // Answers come and are heard; a thousand of them are always on their way.
    while (!done) {
      intake.posted(1);
      intake.heard(1);
      std::this_thread::yield();
    }
  });
  const auto waits = [&] {
    const auto begun = std::chrono::steady_clock::now();
    intake.gather(4ms);
    return std::chrono::steady_clock::now() - begun >= 1ms;
  };
  int waited = 0;
  for (int i = 0; i < 128; ++i) waited += waits() ? 1 : 0;
  done = true;
  listener.join();
  EXPECT_GE(waited, 2);
}

// It takes longer than a look, but not for ever.
TEST(AppendIntake, GoesOnWaitingWhileSomebodyListens) {
  constexpr int answers = 15;
  append_intake intake(1'000);
  intake.posted(answers);
  std::thread listener([&] {
    for (int i = 0; i < answers; ++i) {
      std::this_thread::sleep_for(50ms);
      intake.heard(1);
    }
  });
  intake.gather(2s);
  EXPECT_EQ(intake.unheard(), 0);
  listener.join();
}

}  // namespace
}  // namespace mainstem::detail
