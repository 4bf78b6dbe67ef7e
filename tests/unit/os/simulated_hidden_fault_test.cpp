// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cerrno>

#include <gtest/gtest.h>

#include "simulated_support.h"

// Faults that no call reports, and limits of the file system.
namespace mainstem::os::test {
namespace {

std::string left_in(const simulated_disk& disk, const std::string& name, survival unsynced) {
  return letters_of(text_in(*disk.crash(1, {.unsynced = unsynced}), name));
}

TEST(SimulatedHiddenFault, FlipsABitOfOneReadAndLeavesTheFileAlone) {
  simulated_folder on;
  const auto file = on.create_durable("a", "aaaa");
  on.disk.fail_call(1, {.effect = fault_effect::flips_a_bit, .only = call_kind::read, .bit = 9});
  EXPECT_EQ(content_of(*file), "acaa");
  EXPECT_EQ(content_of(*file), "aaaa");
  EXPECT_EQ(text_in(on.disk, "a"), "aaaa");
}

TEST(SimulatedHiddenFault, FlipsABitOfAWriteForGood) {
  simulated_folder on;
  const auto file = on.create("a");
  on.disk.fail_call(1, {.effect = fault_effect::flips_a_bit, .only = call_kind::write, .bit = 33});
  const std::array<std::span<const std::byte>, 2> parts{bytes_of("aa"), bytes_of("aa")};
  ASSERT_TRUE(file->write_at(0, parts));
  EXPECT_EQ(content_of(*file), "caaa") << "bit 33 of 32 is bit 1";
  ASSERT_TRUE(file->sync());
  ASSERT_TRUE(on.folder->sync());
  EXPECT_EQ(text_in(*on.disk.crash(1), "a"), "caaa");
}

TEST(SimulatedHiddenFault, LosesAWriteThatCanBeReadUntilThePowerIsLost) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("xx"));
  on.disk.fail_call(1, {.effect = fault_effect::is_lost, .only = call_kind::write});
  write_text(*file, 0, granules("y"));
  EXPECT_TRUE(file->sync());
  EXPECT_EQ(letters_of(content_of(*file)), "yx");
  EXPECT_EQ(letters_of(text_in(*on.disk.clone(), "a")), "yx");
  EXPECT_EQ(left_in(on.disk, "a", survival::everything), "xx");
  for (std::uint64_t seed = 0; seed < 50; ++seed)
    EXPECT_EQ(letters_of(text_in(*on.disk.crash(seed), "a")), "xx") << seed;
  // The page is written as a whole when anything in it is.
  write_text(*file, 1, "y");
  EXPECT_TRUE(file->sync());
  EXPECT_EQ(left_in(on.disk, "a", survival::nothing), "yx");
}

TEST(SimulatedHiddenFault, SurvivesAFailedSyncAsALostWrite) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("x"));
  on.disk.fail_call(1, {.effect = fault_effect::is_lost, .only = call_kind::write});
  write_text(*file, 0, granules("y"));
  on.disk.fail_call(1, {.only = call_kind::sync});
  EXPECT_FALSE(file->sync());
  EXPECT_TRUE(file->sync());
  EXPECT_EQ(left_in(on.disk, "a", survival::everything), "x");
}

TEST(SimulatedHiddenFault, LeadsAWriteAstrayInItsFile) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("wxyz"));
  on.disk.fail_call(
      1, {.effect = fault_effect::goes_astray, .only = call_kind::write, .to_offset = 2 * granule});
  write_text(*file, 0, granules("N"));
  EXPECT_TRUE(file->sync());
  EXPECT_EQ(letters_of(content_of(*file)), "Nxyz") << "this process has it in its cache";
  EXPECT_EQ(left_in(on.disk, "a", survival::nothing), "wxNz");
  EXPECT_EQ(letters_of(text_in(*on.disk.clone(), "a")), "NxNz");
}

TEST(SimulatedHiddenFault, LeadsAWriteAstrayIntoAnotherFile) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("wx"));
  const auto other = on.create_durable("b", granules("yz"));
  on.disk.fail_call(1, {.effect = fault_effect::goes_astray,
                        .only = call_kind::write,
                        .to_path = "d/b",
                        .to_offset = granule});
  write_text(*file, 0, granules("N"));
  EXPECT_TRUE(file->sync());
  EXPECT_TRUE(other->sync());
  EXPECT_EQ(left_in(on.disk, "a", survival::nothing), "wx");
  EXPECT_EQ(left_in(on.disk, "b", survival::nothing), "yN");
}

TEST(SimulatedHiddenFault, LosesAWriteThatGoesAstrayBehindTheEnd) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("w"));
  on.disk.fail_call(1, {.effect = fault_effect::goes_astray, .to_path = "d/none"});
  write_text(*file, 0, granules("N"));
  on.disk.fail_call(1, {.effect = fault_effect::goes_astray, .to_offset = 9 * granule});
  write_text(*file, 0, granules("M"));
  EXPECT_TRUE(file->sync());
  EXPECT_EQ(left_in(on.disk, "a", survival::everything), "w");
}

TEST(SimulatedLimits, OneOpenFileTooManyIsEmfile) {
  simulated_folder on;  // One directory.
  auto file = on.create("a");
  on.disk.set_most_open(2);
  EXPECT_EQ(on.folder->open_file("a", open_mode::read_only).error(), system_code(EMFILE));
  EXPECT_EQ(on.folder->open_file("b", open_mode::create_new).error(), system_code(EMFILE));
  EXPECT_EQ(on.folder->open_directory("c", true).error(), system_code(EMFILE));
  EXPECT_EQ(text_in(on.disk, "b"), "(none)");
  file.reset();
  EXPECT_TRUE(on.folder->open_file("a", open_mode::read_only));
  on.disk.set_most_open(std::nullopt);
  const auto all = std::array{on.folder->open_file("a", open_mode::read_only),
                              on.folder->open_file("a", open_mode::read_only)};
  EXPECT_TRUE(all[0] && all[1]);
}

TEST(SimulatedLimits, ReadOnlyFileSystemRefusesEveryChange) {
  simulated_folder on;
  const auto file = on.create_durable("a", "old");
  on.disk.set_read_only(true);
  const auto before = on.disk.fingerprint();
  EXPECT_EQ(file->write_at(0, bytes_of("new")).error(), system_code(EROFS));
  EXPECT_EQ(file->resize(1).error(), system_code(EROFS));
  EXPECT_EQ(file->allocate(1000).error(), system_code(EROFS));
  EXPECT_EQ(on.folder->open_file("a", open_mode::read_write).error(), system_code(EROFS));
  EXPECT_EQ(on.folder->open_file("b", open_mode::create_new).error(), system_code(EROFS));
  EXPECT_EQ(on.folder->open_directory("c", true).error(), system_code(EROFS));
  EXPECT_EQ(on.folder->rename("a", "b").error(), system_code(EROFS));
  EXPECT_EQ(on.folder->remove("a").error(), system_code(EROFS));
  EXPECT_EQ(on.folder->lock("lock").error(), system_code(EROFS));
  EXPECT_EQ(on.disk.fingerprint(), before);
  EXPECT_EQ(content_of(*file), "old");
  EXPECT_TRUE(on.folder->open_file("a", open_mode::read_only));
  on.disk.set_read_only(false);
  EXPECT_TRUE(file->write_at(0, bytes_of("new")));
}

}  // namespace
}  // namespace mainstem::os::test
