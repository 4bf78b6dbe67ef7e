// SPDX-License-Identifier: Apache-2.0
#include "base/id_generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

#include "base/fake_clock.h"

namespace mainstem {
namespace {

using namespace std::chrono_literals;

std::uint64_t milliseconds_of(const uuid& id) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    value = (value << 8U) | std::to_integer<std::uint64_t>(id.bytes()[i]);
  }
  return value;
}

constexpr std::uint64_t now_milliseconds = fake_clock::default_unix_nanoseconds / 1'000'000U;

/// Gives ones only: the counter starts as high, and goes up as fast, as it can.
class all_ones final : public random_source {
 public:
  void fill(std::span<std::byte> into) noexcept override {
    std::ranges::fill(into, std::byte{0xff});
  }
};

TEST(IdGenerator, IdsHaveVersionVariantAndTime) {
  fake_clock clock;
  fake_random random;
  id_generator ids(clock, random);
  for (int i = 0; i < 1000; ++i) {
    const uuid id = ids.next();
    EXPECT_EQ(id.bytes()[6] & std::byte{0xf0}, std::byte{0x70});
    EXPECT_EQ(id.bytes()[8] & std::byte{0xc0}, std::byte{0x80});
    EXPECT_EQ(milliseconds_of(id), now_milliseconds + static_cast<std::uint64_t>(i));
    clock.advance(1ms);
  }
}

TEST(IdGenerator, IdsAscendWhileTheClockStandsStill) {
  fake_clock clock;
  fake_random random;
  id_generator ids(clock, random);
  uuid before = ids.next();
  for (int i = 0; i < 100'000; ++i) {
    const uuid id = ids.next();
    ASSERT_LT(before, id);
    before = id;
  }
  EXPECT_EQ(milliseconds_of(before), now_milliseconds);
}

TEST(IdGenerator, IdsAscendWhenTheClockGoesBack) {
  fake_clock clock;
  fake_random random;
  id_generator ids(clock, random);
  uuid before = ids.next();
  for (int i = 0; i < 1000; ++i) {
    clock.set_unix_nanoseconds(clock.unix_nanoseconds() - 1'000'000'000U);
    const uuid id = ids.next();
    ASSERT_LT(before, id);
    ASSERT_EQ(milliseconds_of(id), now_milliseconds);
    before = id;
  }
  clock.set_unix_nanoseconds(fake_clock::default_unix_nanoseconds);
  clock.advance(1ms);
  EXPECT_EQ(milliseconds_of(ids.next()), now_milliseconds + 1);
}

TEST(IdGenerator, TheCounterCarriesIntoItsUpperPart) {
  fake_clock clock;
  all_ones random;
  id_generator ids(clock, random);
  uuid before = ids.next();
  // All of its lower 62 bits are set, so that the next step overflows them.
  const auto upper = [](const uuid& id) {
    return std::to_integer<unsigned>(id.bytes()[6] & std::byte{0x0f});
  };
  EXPECT_EQ(upper(before), 0x7U);
  const uuid id = ids.next();
  EXPECT_LT(before, id);
  EXPECT_EQ(upper(id), 0x8U);
  EXPECT_EQ(milliseconds_of(id), now_milliseconds);
}

TEST(IdGenerator, WorksAtTheBeginningOfTime) {
  fake_clock clock(0);
  fake_random random;
  id_generator ids(clock, random);
  const uuid first = ids.next();
  EXPECT_EQ(milliseconds_of(first), 0U);
  // Random from the start, also where the clock answers 0.
  fake_random other_random(2);
  id_generator other(clock, other_random);
  EXPECT_NE(first.bytes()[15], std::byte{0});
  EXPECT_NE(other.next(), first);
  EXPECT_LT(first, ids.next());
}

TEST(IdGenerator, ChildDrawsOtherRandomBytes) {
  fake_clock clock;
  fake_random random;
  id_generator ids(clock, random);
  const uuid parent = ids.next();
  ids.restart_in_child();
  const uuid child = ids.next();
  // Same time, and nothing in common behind it: no counting on from the parent's.
  EXPECT_EQ(milliseconds_of(parent), milliseconds_of(child));
  EXPECT_FALSE(std::equal(parent.bytes().begin() + 8, parent.bytes().begin() + 12,
                          child.bytes().begin() + 8));
}

TEST(IdGenerator, ThreadsNeverGetTheSameId) {
  fake_clock clock;
  fake_random random;
  id_generator ids(clock, random);
  std::vector<std::vector<uuid>> drawn(4);
  std::vector<std::thread> threads;
  for (auto& mine : drawn) {
    threads.emplace_back([&ids, &mine] {
      for (int i = 0; i < 5000; ++i) mine.push_back(ids.next());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<uuid> all;
  for (const auto& mine : drawn) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), 20'000U);
}

}  // namespace
}  // namespace mainstem
