// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cerrno>
#include <set>

#include <gtest/gtest.h>

#include "simulated_support.h"

namespace mainstem::os::test {
namespace {

TEST(SimulatedFault, HitsTheNthCallFromNowOnOnce) {
  simulated_folder on;
  const auto file = on.create("a");
  on.disk.fail_call(3, {.error = EIO});
  EXPECT_TRUE(file->write_at(0, bytes_of("x")));
  EXPECT_TRUE(file->size());
  const auto failed = file->write_at(0, bytes_of("y"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error(), system_code(EIO));
  EXPECT_EQ(failed.error().info().detail, "cannot write 1 bytes at 0 of d/a");
  EXPECT_TRUE(file->write_at(1, bytes_of("z")));
  EXPECT_EQ(content_of(*file), "xz");
}

TEST(SimulatedFault, HitsEveryCallFromTheNthOnIfForGood) {
  simulated_folder on;
  const auto file = on.create("a");
  on.disk.fail_call(2, {.error = ENOSPC, .for_good = true});
  EXPECT_TRUE(file->write_at(0, bytes_of("x")));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(is_disk_full(file->write_at(0, bytes_of("y")).error()));
  EXPECT_EQ(on.folder->sync().error(), system_code(ENOSPC));
  on.disk.clear_faults();
  EXPECT_TRUE(on.folder->sync());
  EXPECT_EQ(content_of(*file), "x");
}

TEST(SimulatedFault, HitsOnlyTheKindAndPathThatItNames) {
  simulated_folder on;
  const auto first = on.create("first");
  const auto second = on.create("second");
  on.disk.fail_call(2, {.only = call_kind::sync, .path_contains = "second"});
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(first->sync());
    EXPECT_TRUE(second->write_at(0, bytes_of("x")));
  }
  EXPECT_TRUE(second->sync());
  EXPECT_FALSE(second->sync());
  EXPECT_TRUE(second->sync());
}

TEST(SimulatedFault, ReachesEveryKindOfCall) {
  simulated_folder on;
  const auto file = on.create("a");
  std::array<std::byte, 1> into{};
  const auto fails = [&](call_kind kind, auto&& act) {
    on.disk.fail_call(1, {.error = ENOMEM, .only = kind});
    const std::uint64_t before = on.disk.calls(kind);
    EXPECT_EQ(act().error(), system_code(ENOMEM)) << static_cast<int>(kind);
    EXPECT_EQ(on.disk.calls(kind), before + 1);
    EXPECT_TRUE(act()) << static_cast<int>(kind);
  };
  fails(call_kind::open_file, [&] { return on.folder->open_file("a", open_mode::read_only); });
  fails(call_kind::create_file, [&] { return on.folder->open_file("b", open_mode::create_new); });
  fails(call_kind::read, [&] { return file->read_at(0, into); });
  fails(call_kind::write, [&] { return file->write_at(0, bytes_of("x")); });
  fails(call_kind::sync, [&] { return file->sync(); });
  fails(call_kind::size, [&] { return file->size(); });
  fails(call_kind::resize, [&] { return file->resize(5); });
  fails(call_kind::allocate, [&] { return file->allocate(6); });
  fails(call_kind::map, [&] { return file->map(); });
  fails(call_kind::open_directory, [&] { return on.folder->open_directory("c", true); });
  fails(call_kind::make_directory, [&] { return on.folder->open_directory("e", true); });
  fails(call_kind::list, [&] { return on.folder->list(); });
  fails(call_kind::rename, [&, from = std::string("a"), to = std::string("z")]() mutable {
    auto renamed = on.folder->rename(from, to);
    if (renamed) std::swap(from, to);
    return renamed;
  });
  fails(call_kind::remove, [&] { return on.folder->remove("b"); });
  fails(call_kind::remove_directory, [&] { return on.folder->remove_tree("e"); });
  fails(call_kind::sync_directory, [&] { return on.folder->sync(); });
  fails(call_kind::lock, [&] { return on.folder->lock("lock"); });
  fails(call_kind::sync_directory, [&] { return on.disk.open_directory("d/c", true); });
}

TEST(SimulatedFault, LeavesHalfOfAWriteThatFailsHalfway) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("xx"));
  on.disk.fail_call(1, {.error = ENOSPC, .effect = fault_effect::fails_halfway});
  EXPECT_FALSE(file->write_at(0, bytes_of(granules("ab"))));
  EXPECT_EQ(letters_of(content_of(*file)), "ax");
}

TEST(SimulatedFault, IsNotSeenIfItIsEintrUnlessFromASync) {
  simulated_folder on;
  const auto file = on.create("a");
  on.disk.fail_call(1, {.error = EINTR, .for_good = true});
  EXPECT_TRUE(file->write_at(0, bytes_of("x")));
  EXPECT_TRUE(file->allocate(600));
  EXPECT_EQ(content_of(*file).size(), 600U);
  EXPECT_EQ(file->sync().error(), system_code(EINTR));
  EXPECT_EQ(on.folder->sync().error(), system_code(EINTR));
}

// The kernel marks pages clean when it could not write them: the next fsync has nothing to do and
// says OK.
TEST(SimulatedFault, OfASyncLosesWhatALaterSyncClaimsToHave) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("xxx"));
  write_text(*file, 0, granules("ab"));
  on.disk.fail_call(1, {.only = call_kind::sync});
  EXPECT_FALSE(file->sync());
  EXPECT_EQ(letters_of(content_of(*file)), "abx");
  EXPECT_TRUE(file->sync());
  write_text(*file, 2 * granule, granules("c"));
  EXPECT_TRUE(file->sync());
  EXPECT_EQ(letters_of(content_of(*file)), "abc");
  EXPECT_EQ(letters_of(text_in(*on.disk.crash(1, {.unsynced = survival::nothing}), "a")), "xxc");
  // Some of it may have reached the disk before the failure.
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 500; ++seed)
    seen.insert(letters_of(text_in(*on.disk.crash(seed), "a")));
  EXPECT_EQ(seen, (std::set<std::string>{"xxc", "axc", "xbc", "abc"}));
}

TEST(SimulatedFault, OfASyncIsHealedByWritingAgain) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("xx"));
  write_text(*file, 0, granules("ab"));
  on.disk.fail_call(1, {.only = call_kind::sync});
  EXPECT_FALSE(file->sync());
  write_text(*file, 0, granules("c"));
  EXPECT_TRUE(file->sync());
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const std::string left = letters_of(text_in(*on.disk.crash(seed), "a"));
    EXPECT_TRUE(left == "cx" || left == "cb") << left;
  }
}

TEST(SimulatedFault, OfASyncLeavesTheSizeToTheNextOne) {
  simulated_folder on;
  const auto file = on.create_durable("a", "");
  write_text(*file, 0, granules("ab"));
  on.disk.fail_call(1, {.only = call_kind::sync});
  EXPECT_FALSE(file->sync());
  EXPECT_EQ(letters_of(text_in(*on.disk.crash(1, {.unsynced = survival::nothing}), "a")), "");
  EXPECT_TRUE(file->sync());
  EXPECT_EQ(letters_of(text_in(*on.disk.crash(1, {.unsynced = survival::nothing}), "a")), "00");
}

TEST(SimulatedFault, LetsASyncLie) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("x"));
  on.create("b");
  write_text(*file, 0, granules("y"));
  on.disk.fail_call(1, {.effect = fault_effect::lies, .for_good = true});
  EXPECT_TRUE(file->sync());
  EXPECT_TRUE(on.folder->sync());
  const auto after = on.disk.crash(1, {.unsynced = survival::nothing});
  EXPECT_EQ(letters_of(text_in(*after, "a")), "x");
  EXPECT_EQ(text_in(*after, "b"), "(none)");
  on.disk.clear_faults();
  EXPECT_TRUE(file->sync());
  EXPECT_EQ(letters_of(text_in(*on.disk.crash(1, {.unsynced = survival::nothing}), "a")), "y");
}

TEST(SimulatedFault, OfADirectorySyncLeavesTheEntriesToTheNextOne) {
  simulated_folder on;
  on.create("a");
  on.disk.fail_call(1, {.only = call_kind::sync_directory});
  EXPECT_EQ(on.folder->sync().error(), system_code(EIO));
  EXPECT_EQ(on.disk.unsynced_operations(), 1U);
  EXPECT_TRUE(on.folder->sync());
  EXPECT_EQ(on.disk.unsynced_operations(), 0U);
}

TEST(SimulatedCalls, AreCountedByKind) {
  simulated_folder on;
  const std::uint64_t before = on.disk.calls();
  const auto file = on.create("a");
  write_text(*file, 0, "x");
  write_text(*file, 0, "y");
  EXPECT_TRUE(file->sync());
  EXPECT_EQ(content_of(*file), "y");  // size and read
  EXPECT_EQ(on.disk.calls(), before + 6);
  EXPECT_EQ(on.disk.calls(call_kind::write), 2U);
  EXPECT_EQ(on.disk.calls(call_kind::sync), 1U);
  EXPECT_EQ(on.disk.calls(call_kind::lock), 0U);
}

TEST(SimulatedCalls, RunTheHookBeforeEachChangeWithTheDiskAsItWas) {
  simulated_folder on;
  const auto file = on.create_durable("a", "old");
  std::vector<std::string> seen;
  on.disk.on_call([&](const call& about) {
    const auto before = on.disk.clone();
    seen.push_back(std::to_string(static_cast<int>(about.kind)) + " " + std::string(about.path) +
                   " " + std::to_string(about.offset) + "+" + std::to_string(about.bytes) + " " +
                   text_in(*before, "a") + " " + std::to_string(before->unsynced_operations()));
  });
  write_text(*file, 1, "NEW");
  EXPECT_EQ(content_of(*file), "oNEW");
  EXPECT_TRUE(file->sync());
  EXPECT_TRUE(on.folder->remove("a"));
  on.disk.on_call({});
  EXPECT_TRUE(on.folder->sync());
  const auto kind = [](call_kind k) { return std::to_string(static_cast<int>(k)); };
  EXPECT_EQ(seen, (std::vector<std::string>{
                      kind(call_kind::write) + " d/a 1+3 old 0",
                      kind(call_kind::sync) + " d/a 0+0 oNEW 2",
                      kind(call_kind::remove) + " d/a 0+0 oNEW 0",
                  }));
}

TEST(SimulatedCalls, FailIfTheHookArmsAFault) {
  simulated_folder on;
  const auto file = on.create("a");
  on.disk.on_call([&](const call& about) {
    if (about.kind == call_kind::sync) on.disk.fail_call(1, {});
  });
  EXPECT_TRUE(file->write_at(0, bytes_of("x")));
  EXPECT_EQ(file->sync().error(), system_code(EIO));
}

TEST(SimulatedCapacity, FailsAllocationsButNoWritesToWhatIsAllocated) {
  simulated_folder on;
  on.disk.set_capacity(4 * granule);
  const auto file = on.create("a");
  ASSERT_TRUE(file->allocate(3 * granule));
  const auto other = on.create("b");
  const auto failed = other->allocate(2 * granule);
  EXPECT_EQ(failed.error(), system_code(ENOSPC));
  EXPECT_EQ(failed.error().info().detail, "cannot allocate 1024 bytes of d/b");
  EXPECT_EQ(other->size().value(), 0U);
  ASSERT_TRUE(other->write_at(0, bytes_of(granules("b"))));
  EXPECT_TRUE(file->write_at(0, bytes_of(granules("aaa"))));
  EXPECT_EQ(on.disk.used_bytes(), 4 * granule);
}

TEST(SimulatedCapacity, CutsTheWriteThatHasNoSpace) {
  simulated_folder on;
  on.disk.set_capacity(2 * granule);
  const auto file = on.create("a");
  EXPECT_TRUE(is_disk_full(file->write_at(0, bytes_of(granules("abc"))).error()));
  EXPECT_EQ(letters_of(content_of(*file)), "ab");
}

TEST(SimulatedCapacity, IsWonBackByCuttingRemovingAndReplacing) {
  simulated_folder on;
  on.disk.set_capacity(4 * granule);
  const auto file = on.create("a");
  ASSERT_TRUE(file->allocate(4 * granule));
  ASSERT_TRUE(file->resize(granule + 1));
  EXPECT_EQ(on.disk.used_bytes(), 2 * granule);
  const auto other = on.create("b");
  EXPECT_TRUE(other->allocate(2 * granule));
  ASSERT_TRUE(on.folder->rename("b", "a"));
  EXPECT_EQ(on.disk.used_bytes(), 2 * granule);
  ASSERT_TRUE(on.folder->remove("a"));
  EXPECT_EQ(on.disk.used_bytes(), 0U);
}

TEST(SimulatedCapacity, IsNotUsedUpByHoles) {
  simulated_folder on;
  on.disk.set_capacity(granule);
  const auto file = on.create("a");
  EXPECT_TRUE(file->resize(100 * granule));
  EXPECT_EQ(on.disk.used_bytes(), 0U);
  EXPECT_TRUE(file->write_at(50 * granule, bytes_of("x")));
  EXPECT_FALSE(file->write_at(0, bytes_of("x")));
  EXPECT_TRUE(file->write_at(50 * granule + 9, bytes_of("y")));
}

TEST(SimulatedCapacity, LetsALockBeTakenOnAFullDisk) {
  simulated_folder on;
  on.disk.set_capacity(0);
  const auto lock = on.folder->lock("lock");
  ASSERT_TRUE(lock);
  EXPECT_EQ(text_in(on.disk, "lock"), "");
  EXPECT_EQ(on.folder->lock("lock").error(), errc::store_locked);
}

}  // namespace
}  // namespace mainstem::os::test
