// SPDX-License-Identifier: Apache-2.0
#include <set>

#include <gtest/gtest.h>

#include "simulated_support.h"

namespace mainstem::os::test {
namespace {

constexpr std::uint64_t many_seeds = 3000;

/// What `look` says about the disk after each of many crashes.
template <class Look>
std::set<std::string> outcomes(const simulated_disk& disk, Look&& look,
                               crash_options options = {}) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < many_seeds; ++seed)
    seen.insert(look(*disk.crash(seed, options)));
  return seen;
}

std::set<std::string> contents(const simulated_disk& disk, const std::string& name) {
  return outcomes(disk,
                  [&](const simulated_disk& after) { return letters_of(text_in(after, name)); });
}

std::set<std::string> names(const simulated_disk& disk) {
  return outcomes(disk, [](const simulated_disk& after) {
    std::string all;
    for (const auto& [path, bytes] : after.files())
      all += path.substr(2) + "=" + text_of(bytes) + " ";
    return all;
  });
}

using set = std::set<std::string>;

TEST(SimulatedCrash, LeavesEachCombinationOfTwoWrites) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("xx"));
  write_text(*file, 0, granules("a"));
  write_text(*file, granule, granules("b"));
  EXPECT_EQ(contents(on.disk, "a"), (set{"xx", "ax", "xb", "ab"}));
}

TEST(SimulatedCrash, TearsAWriteIntoAnySubsetOfItsGranules) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("xxx"));
  write_text(*file, 0, granules("abc"));
  EXPECT_EQ(contents(on.disk, "a"), (set{"xxx", "xxc", "xbx", "xbc", "axx", "axc", "abx", "abc"}));
}

TEST(SimulatedCrash, LeavesAnyOfSeveralWritesToOneGranule) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("x"));
  for (const auto* letter : {"a", "b", "c"}) write_text(*file, 0, granules(letter));
  EXPECT_EQ(contents(on.disk, "a"), (set{"x", "a", "b", "c"}));
}

TEST(SimulatedCrash, KeepsTheRestOfAGranuleThatIsWrittenInPart) {
  simulated_folder on;
  const auto file = on.create_durable("a", std::string(1000, 'x'));
  write_text(*file, 500, std::string(20, 'y'));
  std::string first(1000, 'x');
  std::string second = first;
  first.replace(500, 12, 12, 'y');
  second.replace(512, 8, 8, 'y');
  std::string both = first;
  both.replace(512, 8, 8, 'y');
  const auto seen =
      outcomes(on.disk, [](const simulated_disk& after) { return text_in(after, "a"); });
  EXPECT_EQ(seen, (set{std::string(1000, 'x'), first, second, both}));
}

TEST(SimulatedCrash, KeepsSizesApartFromBytes) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("x"));
  write_text(*file, granule, granules("ab"));
  EXPECT_EQ(contents(on.disk, "a"), (set{"x", "x00", "xa0", "x0b", "xab"}));
}

TEST(SimulatedCrash, LeavesAnyOfSeveralSizes) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("x"));
  ASSERT_TRUE(file->resize(2 * granule));
  ASSERT_TRUE(file->resize(3 * granule));
  EXPECT_EQ(contents(on.disk, "a"), (set{"x", "x0", "x00"}));
}

TEST(SimulatedCrash, MayLoseACutThatWasNotSynced) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("xy"));
  ASSERT_TRUE(file->resize(granule + 100));
  const set seen = contents(on.disk, "a");
  EXPECT_TRUE(seen.contains("xy"));
  EXPECT_TRUE(seen.contains("xy(100)"));
  ASSERT_TRUE(file->sync());
  EXPECT_EQ(contents(on.disk, "a"), (set{"xy(100)"}));
}

// What recovery does with a torn tail: cut, reserve again, sync. The tail must not come back.
TEST(SimulatedCrash, NeverBringsBackWhatWasCutAndSynced) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("xyz"));
  ASSERT_TRUE(file->resize(granule + 10));
  ASSERT_TRUE(file->allocate(3 * granule));
  EXPECT_GT(contents(on.disk, "a").size(), 1U);
  ASSERT_TRUE(file->sync());
  const std::string expected =
      granules("x") + std::string(10, 'y') + std::string(2 * granule - 10, '\0');
  EXPECT_EQ(outcomes(on.disk, [](const auto& after) { return text_in(after, "a"); }),
            (set{expected}));
}

TEST(SimulatedCrash, LosesAFileWhoseEntryWasNotSynced) {
  simulated_folder on;
  const auto file = on.create("a");
  write_text(*file, 0, "x");
  ASSERT_TRUE(file->sync());
  EXPECT_EQ(names(on.disk), (set{"", "a=x "}));
  ASSERT_TRUE(on.folder->sync());
  EXPECT_EQ(names(on.disk), (set{"a=x "}));
}

TEST(SimulatedCrash, MayLeaveAnEmptyFileWhoseEntryAloneWasSynced) {
  simulated_folder on;
  const auto file = on.create("a");
  write_text(*file, 0, "x");
  ASSERT_TRUE(on.folder->sync());
  EXPECT_EQ(names(on.disk), (set{"a= ", std::string("a=\0 ", 4), "a=x "}));
}

TEST(SimulatedCrash, LosesEntriesIndependently) {
  simulated_folder on;
  on.create_durable("old", "o");
  on.create("a");
  on.create("b");
  ASSERT_TRUE(on.folder->remove("old"));
  set expected;
  for (const auto* a : {"", "a= "}) {
    for (const auto* b : {"", "b= "}) {
      for (const auto* old : {"", "old=o "}) expected.insert(std::string(a) + b + old);
    }
  }
  EXPECT_EQ(names(on.disk), expected);
}

TEST(SimulatedCrash, LeavesARenamedFileUnderOneOfItsNames) {
  simulated_folder on;
  on.create_durable("a", "x");
  ASSERT_TRUE(on.folder->rename("a", "b"));
  EXPECT_EQ(names(on.disk), (set{"a=x ", "b=x "}));
}

TEST(SimulatedCrash, LeavesTheOldOrTheNewFileUnderANameThatIsReplaced) {
  simulated_folder on;
  on.create_durable("manifest", "old");
  const auto next = on.create("next");
  write_text(*next, 0, "new");
  ASSERT_TRUE(next->sync());
  ASSERT_TRUE(on.folder->rename("next", "manifest"));
  EXPECT_EQ(names(on.disk), (set{"manifest=old ", "manifest=old next=new ", "manifest=new "}));
}

TEST(SimulatedCrash, MayReplaceAFileByOneThatWasNotSynced) {
  simulated_folder on;
  on.create_durable("manifest", "old");
  const auto next = on.create("next");
  write_text(*next, 0, "new");
  ASSERT_TRUE(on.folder->rename("next", "manifest"));
  EXPECT_TRUE(names(on.disk).contains("manifest= "));
}

TEST(SimulatedCrash, RespectsTheOrderOfOperationsOnOneName) {
  simulated_folder on;
  on.create_durable("a", "1");
  ASSERT_TRUE(on.folder->remove("a"));
  const auto again = on.create("a");
  write_text(*again, 0, "2");
  ASSERT_TRUE(again->sync());
  ASSERT_TRUE(on.folder->rename("a", "b"));
  EXPECT_EQ(names(on.disk), (set{"a=1 ", "", "a=2 ", "b=2 "}));
}

TEST(SimulatedCrash, RespectsTheOrderOfRenamesToOneName) {
  simulated_folder on;
  on.create_durable("a", "1");
  on.create_durable("x", "2");
  ASSERT_TRUE(on.folder->rename("x", "b"));
  ASSERT_TRUE(on.folder->rename("a", "b"));
  EXPECT_EQ(names(on.disk), (set{"a=1 x=2 ", "a=1 b=2 ", "b=1 "}));
}

// Syncing one directory must not forget what an unsynced removal in another may bring back.
TEST(SimulatedCrash, MayBringBackAFileWhenAnotherDirectoryWasSynced) {
  simulated_folder on;
  on.create_durable("a", "1");
  const auto other = on.disk.open_directory("other", true).value();
  ASSERT_TRUE(on.folder->remove("a"));
  ASSERT_TRUE(other->sync());
  EXPECT_EQ(names(on.disk), (set{"", "a=1 "}));
}

TEST(SimulatedCrash, LosesOrKeepsLargeWritesWhole) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules(std::string(200, 'x')));
  write_text(*file, 0, granules(std::string(100, 'a')));
  write_text(*file, 100 * granule, granules(std::string(100, 'b')));
  const set seen = contents(on.disk, "a");
  for (const char first : {'x', 'a'}) {
    for (const char second : {'x', 'b'}) {
      EXPECT_TRUE(seen.contains(std::string(100, first) + std::string(100, second)));
    }
  }
  EXPECT_GT(seen.size(), many_seeds / 4);
}

TEST(SimulatedCrash, LosesAFolderWithAllThatIsInIt) {
  simulated_folder on;
  const auto inside = on.folder->open_directory("inside", true).value();
  write_text(*inside->open_file("a", open_mode::create_new).value(), 0, "x");
  ASSERT_TRUE(inside->open_file("a", open_mode::read_only).value()->sync());
  ASSERT_TRUE(inside->sync());
  EXPECT_EQ(names(on.disk), (set{"", "inside/a=x "}));
  ASSERT_TRUE(on.folder->sync());
  EXPECT_EQ(names(on.disk), (set{"inside/a=x "}));
}

TEST(SimulatedCrash, SyncsTheParentsOfFoldersThatAPathNeeded) {
  simulated_disk disk;
  const auto deep = disk.open_directory("x/y/z", true).value();
  ASSERT_TRUE(deep->open_file("a", open_mode::create_new));
  ASSERT_TRUE(deep->sync());
  EXPECT_EQ(disk.unsynced_operations(), 0U);
  EXPECT_TRUE(
      disk.crash(1)->open_directory("x/y/z", false).value()->open_file("a", open_mode::read_only));
}

// A process that was killed between making the folder and syncing its parent leaves a folder that
// may be lost. Whoever opens it next finds it there, and must not build on it.
TEST(SimulatedCrash, SyncsTheParentOfAFolderThatWasThereAlready) {
  simulated_folder on;
  ASSERT_TRUE(on.folder->open_directory("store", true));
  EXPECT_EQ(on.disk.unsynced_operations(), 1U);
  ASSERT_TRUE(on.disk.open_directory("d/store", false));
  EXPECT_EQ(on.disk.unsynced_operations(), 1U);
  ASSERT_TRUE(on.disk.open_directory("d/store", true));
  EXPECT_EQ(on.disk.unsynced_operations(), 0U);
}

TEST(SimulatedCrash, MayLeaveATreeHalfRemoved) {
  simulated_folder on;
  const auto inside = on.folder->open_directory("t", true).value();
  ASSERT_TRUE(inside->open_file("a", open_mode::create_new));
  ASSERT_TRUE(inside->open_file("b", open_mode::create_new));
  ASSERT_TRUE(inside->sync());
  ASSERT_TRUE(on.folder->sync());
  ASSERT_TRUE(on.folder->remove_tree("t"));
  EXPECT_EQ(names(on.disk), (set{"", "t/a= t/b= ", "t/a= ", "t/b= "}));
}

TEST(SimulatedCrash, LeavesNothingUnsyncedAndDoesNotChangeItsDisk) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("xx"));
  write_text(*file, 0, granules("ab"));
  on.create("b");
  const std::size_t unsynced = on.disk.unsynced_operations();
  const auto before = on.disk.files();
  EXPECT_EQ(unsynced, 2U);
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const auto after = on.disk.crash(seed);
    EXPECT_EQ(after->unsynced_operations(), 0U);
    EXPECT_EQ(after->crash(seed + 1)->files(), after->files());
  }
  EXPECT_EQ(on.disk.unsynced_operations(), unsynced);
  EXPECT_EQ(on.disk.files(), before);
}

TEST(SimulatedCrash, DependsOnItsSeedAlone) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("xxxxxxxx"));
  write_text(*file, 0, granules("abcdefgh"));
  on.create("b");
  std::set<std::uint64_t> different;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto first = on.disk.crash(seed);
    const auto second = on.disk.clone()->crash(seed);
    EXPECT_EQ(first->files(), second->files());
    EXPECT_EQ(first->fingerprint(), second->fingerprint());
    different.insert(first->fingerprint());
  }
  EXPECT_GT(different.size(), 50U);
}

TEST(SimulatedCrash, LeavesNothingOrEverythingWhereThatIsAskedFor) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("xx"));
  write_text(*file, 0, granules("abc"));
  on.create("b");
  const auto nothing = on.disk.crash(7, {.unsynced = survival::nothing});
  EXPECT_EQ(letters_of(text_in(*nothing, "a")), "xx");
  EXPECT_EQ(text_in(*nothing, "b"), "(none)");
  EXPECT_EQ(on.disk.crash(7, {.unsynced = survival::everything})->files(), on.disk.files());
}

TEST(SimulatedCrash, ShowsStaleBytesOnlyWhereAFileGrewAndIfAsked) {
  simulated_folder on;
  on.create_durable("other", granules("o"));
  const auto file = on.create_durable("a", granules("x"));
  write_text(*file, granule, granules("y"));
  const set with =
      outcomes(on.disk, [](const auto& after) { return letters_of(text_in(after, "a")); },
               {.stale_bytes = true});
  // Bytes of another file, older bytes of the same, garbage.
  EXPECT_EQ(with, (set{"x", "x0", "xy", "xo", "xx", "x?"}));
  EXPECT_EQ(contents(on.disk, "a"), (set{"x", "x0", "xy"}));
}

TEST(SimulatedCrash, TakesNoLockOver) {
  simulated_folder on;
  const auto lock = on.folder->lock("lock").value();
  EXPECT_FALSE(on.folder->lock("lock"));
  const auto after = on.disk.crash(1);
  EXPECT_TRUE(after->open_directory("d", false).value()->lock("lock"));
  EXPECT_FALSE(on.folder->lock("lock"));
}

}  // namespace
}  // namespace mainstem::os::test
