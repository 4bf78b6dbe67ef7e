// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "simulated_support.h"

namespace mainstem::os::test {
namespace {

TEST(SimulatedDamage, FlipsOneBitOfWhatIsReadableAndDurable) {
  simulated_folder on;
  const auto file = on.create_durable("a", "abc");
  const auto mapping = file->map().value();
  ASSERT_TRUE(on.disk.flip_bit("d/a", 9));
  EXPECT_EQ(content_of(*file), "a`c");
  EXPECT_EQ(text_of(mapping->bytes()), "a`c");
  EXPECT_EQ(text_in(*on.disk.crash(1), "a"), "a`c");
  EXPECT_FALSE(on.disk.flip_bit("d/a", 24));
  EXPECT_FALSE(on.disk.flip_bit("d/none", 0));
  EXPECT_FALSE(on.disk.flip_bit("d", 0));
}

TEST(SimulatedDamage, MakesTheFileDurableFirst) {
  simulated_folder on;
  const auto file = on.create_durable("a", "abc");
  write_text(*file, 0, "xyz");
  on.disk.fail_call(1, {.only = call_kind::sync});
  EXPECT_FALSE(file->sync());
  write_text(*file, 3, "more");
  ASSERT_TRUE(on.disk.overwrite("d/a", 1, bytes_of("--")));
  EXPECT_EQ(on.disk.unsynced_operations(), 0U);
  EXPECT_EQ(text_in(*on.disk.crash(1), "a"), "x--more");
}

TEST(SimulatedDamage, OverwritesBeyondTheEnd) {
  simulated_folder on;
  on.create_durable("a", "abc");
  ASSERT_TRUE(on.disk.overwrite("d/a", 5, bytes_of("xy")));
  EXPECT_EQ(text_in(*on.disk.crash(1), "a"), std::string("abc\0\0xy", 7));
  EXPECT_FALSE(on.disk.overwrite("d/none", 0, bytes_of("x")));
}

TEST(SimulatedDamage, TruncatesAndGrows) {
  simulated_folder on;
  const auto file = on.create_durable("a", "abcdef");
  ASSERT_TRUE(on.disk.truncate("d/a", 2));
  EXPECT_EQ(content_of(*file), "ab");
  ASSERT_TRUE(on.disk.truncate("d/a", 4));
  EXPECT_EQ(text_in(*on.disk.crash(1), "a"), std::string("ab\0\0", 4));
  EXPECT_FALSE(on.disk.truncate("none/a", 2));
}

TEST(SimulatedDamage, RemovesAndPutsFiles) {
  simulated_folder on;
  on.create_durable("a", "abc");
  ASSERT_TRUE(on.disk.remove("d/a"));
  EXPECT_FALSE(on.disk.remove("d/a"));
  EXPECT_FALSE(on.disk.remove("d"));
  EXPECT_TRUE(on.disk.crash(1)->files().empty());
  ASSERT_TRUE(on.disk.put("d/b", bytes_of("junk")));
  ASSERT_TRUE(on.disk.put("/d/b", bytes_of("new")));
  EXPECT_EQ(text_in(*on.disk.crash(1), "b"), "new");
  EXPECT_FALSE(on.disk.put("none/b", bytes_of("x")));
  EXPECT_FALSE(on.disk.put("d", bytes_of("x")));
  EXPECT_FALSE(on.disk.put("", bytes_of("x")));
  EXPECT_EQ(on.folder->list().value(), std::vector<std::string>{"b"});
}

TEST(SimulatedDamage, IsNotCountedAsCalls) {
  simulated_folder on;
  on.create_durable("a", "abc");
  const std::uint64_t before = on.disk.calls();
  on.disk.on_call([](const call&) { ADD_FAILURE() << "hooked"; });
  ASSERT_TRUE(on.disk.flip_bit("d/a", 0));
  ASSERT_TRUE(on.disk.truncate("d/a", 1));
  ASSERT_TRUE(on.disk.remove("d/a"));
  EXPECT_EQ(on.disk.calls(), before);
}

TEST(SimulatedFiles, AreListedWithPathsAndContents) {
  simulated_disk disk;
  const auto deep = disk.open_directory("/x/y", true).value();
  write_text(*deep->open_file("a", open_mode::create_new).value(), 0, "1");
  write_text(
      *disk.open_directory("x", false).value()->open_file("b", open_mode::create_new).value(), 0,
      "2");
  const auto files = disk.files();
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(text_of(files.at("x/y/a")), "1");
  EXPECT_EQ(text_of(files.at("x/b")), "2");
}

TEST(SimulatedFiles, HaveAFingerprintThatTellsContentsAndNamesApart) {
  simulated_folder on;
  on.create_durable("a", "1");
  const std::uint64_t first = on.disk.fingerprint();
  ASSERT_TRUE(on.disk.overwrite("d/a", 0, bytes_of("2")));
  const std::uint64_t second = on.disk.fingerprint();
  ASSERT_TRUE(on.folder->rename("a", "b"));
  const std::uint64_t third = on.disk.fingerprint();
  EXPECT_NE(first, second);
  EXPECT_NE(second, third);
  ASSERT_TRUE(on.folder->rename("b", "a"));
  ASSERT_TRUE(on.disk.overwrite("d/a", 0, bytes_of("1")));
  EXPECT_EQ(on.disk.fingerprint(), first);
}

}  // namespace
}  // namespace mainstem::os::test
