// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "simulated_support.h"

namespace mainstem::os::test {
namespace {

TEST(SimulatedClone, HasEverythingThatIsReadableAndUnsynced) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("xx"));
  write_text(*file, granule, granules("b"));
  ASSERT_TRUE(file->resize(granule + 7));
  on.create("b");
  ASSERT_TRUE(on.folder->rename("b", "c"));
  const auto copy = on.disk.clone();
  EXPECT_EQ(copy->files(), on.disk.files());
  EXPECT_EQ(copy->fingerprint(), on.disk.fingerprint());
  EXPECT_EQ(copy->unsynced_operations(), on.disk.unsynced_operations());
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    EXPECT_EQ(copy->crash(seed)->files(), on.disk.crash(seed)->files());
  }
}

TEST(SimulatedClone, DoesNotSeeWhatHappensToTheOther) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("xx"));
  write_text(*file, 0, granules("a"));
  const auto copy = on.disk.clone();
  const auto copied =
      copy->open_directory("d", false).value()->open_file("a", open_mode::read_write).value();

  write_text(*file, 0, granules("b"));
  ASSERT_TRUE(file->sync());
  ASSERT_TRUE(on.folder->remove("a"));
  ASSERT_TRUE(on.folder->sync());
  EXPECT_EQ(letters_of(content_of(*copied)), "ax");
  EXPECT_EQ(letters_of(text_in(*copy->crash(1, {.unsynced = survival::nothing}), "a")), "xx");

  write_text(*copied, granule, granules("c"));
  ASSERT_TRUE(copied->sync());
  EXPECT_EQ(letters_of(text_in(*copy, "a")), "ac");
  EXPECT_EQ(letters_of(content_of(*file)), "bx");
  EXPECT_EQ(text_in(on.disk, "a"), "(none)");
}

TEST(SimulatedClone, DoesNotMakeAnythingDurableOnTheOther) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("x"));
  write_text(*file, 0, granules("a"));
  const auto copy = on.disk.clone();
  const auto folder = copy->open_directory("d", false).value();
  ASSERT_TRUE(folder->open_file("a", open_mode::read_write).value()->sync());
  EXPECT_EQ(text_in(*copy->crash(1, {.unsynced = survival::nothing}), "a"), granules("a"));
  EXPECT_EQ(text_in(*on.disk.crash(1, {.unsynced = survival::nothing}), "a"), granules("x"));
}

TEST(SimulatedClone, TakesOverNeitherLocksNorFaultsNorHookNorCounts) {
  simulated_folder on;
  int hooked = 0;
  on.disk.on_call([&](const call&) { ++hooked; });
  const auto lock = on.folder->lock("lock").value();
  on.disk.fail_call(1, {.for_good = true});
  const auto copy = on.disk.clone();
  EXPECT_EQ(copy->calls(), 0U);
  const int before = hooked;
  const auto directory = copy->open_directory("d", true);
  ASSERT_TRUE(directory);
  EXPECT_TRUE((*directory)->lock("lock"));
  EXPECT_EQ(hooked, before);
}

TEST(SimulatedClone, KeepsTheCapacity) {
  simulated_folder on;
  on.disk.set_capacity(2 * granule);
  const auto file = on.create("a");
  ASSERT_TRUE(file->allocate(2 * granule));
  const auto copy = on.disk.clone();
  EXPECT_EQ(copy->used_bytes(), 2 * granule);
  const auto other =
      copy->open_directory("d", false).value()->open_file("b", open_mode::create_new).value();
  EXPECT_TRUE(is_disk_full(other->write_at(0, bytes_of("x")).error()));
}

/// Random changes on both sides of a clone, each compared with a plain model of its own.
RC_GTEST_PROP(SimulatedCloneProperty, IsIndependent, ()) {
  static constexpr std::size_t size = 3 * granule;
  simulated_folder on;
  std::string expected[2] = {std::string(size, '.'), ""};
  std::shared_ptr<file> files[2] = {on.create_durable("a", expected[0]), nullptr};
  std::unique_ptr<simulated_disk> copy;
  for (int step = 0; step < 12; ++step) {
    if (step == *rc::gen::inRange(2, 6) || (step == 6 && !copy)) {
      copy = on.disk.clone();
      files[1] =
          copy->open_directory("d", false).value()->open_file("a", open_mode::read_write).value();
      expected[1] = expected[0];
    }
    const auto side = copy ? *rc::gen::inRange<std::size_t>(0, 2) : 0;
    if (*rc::gen::inRange(0, 3) == 0) {
      RC_ASSERT(files[side]->sync().has_value());
    } else {
      const auto offset = *rc::gen::inRange<std::size_t>(0, size - 1);
      const std::string text(*rc::gen::inRange<std::size_t>(1, size - offset + 1),
                             static_cast<char>('a' + step));
      RC_ASSERT(files[side]->write_at(offset, bytes_of(text)).has_value());
      expected[side].replace(offset, text.size(), text);
    }
    RC_ASSERT(content_of(*files[0]) == expected[0]);
    if (copy) RC_ASSERT(content_of(*files[1]) == expected[1]);
  }
}

}  // namespace
}  // namespace mainstem::os::test
