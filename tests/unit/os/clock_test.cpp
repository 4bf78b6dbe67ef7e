// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <algorithm>
#include <array>
#include <chrono>

#include <gtest/gtest.h>

#include "base/fake_clock.h"

namespace mainstem {
namespace {

using namespace std::chrono_literals;

TEST(SystemClock, AgreesWithTheStandardLibraryAndDoesNotGoBack) {
  clock_source& clock = system_clock_source();
  const auto before = std::chrono::system_clock::now().time_since_epoch() / 1ns;
  const auto now = static_cast<std::int64_t>(clock.unix_nanoseconds());
  const auto after = std::chrono::system_clock::now().time_since_epoch() / 1ns;
  EXPECT_LE(before, now);
  EXPECT_LE(now, after);
  const auto first = clock.monotonic();
  EXPECT_LE(first, clock.monotonic());
}

TEST(SystemRandom, FillsEveryByteAndNeverTwiceTheSame) {
  std::array<std::byte, 1000> first{};
  std::array<std::byte, 1000> second{};
  system_random_source().fill(first);
  system_random_source().fill(second);
  EXPECT_NE(first, second);
  // 100 zeros at the end by chance have a probability of 2^-800.
  EXPECT_FALSE(
      std::all_of(first.end() - 100, first.end(), [](std::byte b) { return b == std::byte{0}; }));
}

TEST(FakeClock, StandsStillUntilItIsTurned) {
  fake_clock clock(5);
  EXPECT_EQ(clock.unix_nanoseconds(), 5U);
  EXPECT_EQ(clock.monotonic(), 0ns);
  clock.advance(2us);
  EXPECT_EQ(clock.unix_nanoseconds(), 2005U);
  EXPECT_EQ(clock.monotonic(), 2us);
}

TEST(FakeClock, GoesBackOnTheWallAlone) {
  fake_clock clock(5000);
  clock.advance(1us);
  clock.set_unix_nanoseconds(10);
  EXPECT_EQ(clock.unix_nanoseconds(), 10U);
  EXPECT_EQ(clock.monotonic(), 1us);
}

TEST(FakeRandom, DependsOnItsSeedAlone) {
  std::array<std::byte, 21> first{};
  std::array<std::byte, 21> again{};
  std::array<std::byte, 21> other{};
  fake_random(7).fill(first);
  fake_random(7).fill(again);
  fake_random(8).fill(other);
  EXPECT_EQ(first, again);
  EXPECT_NE(first, other);
}

TEST(FakeRandom, YieldsTheNumbersOfSplitMix64) {
  // From the reference implementation by Sebastiano Vigna, seed 1234567.
  fake_random random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317U);
  EXPECT_EQ(random.next(), 3203168211198807973U);
}

}  // namespace
}  // namespace mainstem
