// SPDX-License-Identifier: Apache-2.0
// What the interface promises, tried on every implementation.
#include <array>
#include <cerrno>
#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "disk_support.h"
#include "os/posix_disk.h"
#include "os/simulated_disk.h"

namespace mainstem::os::test {
namespace {

enum class kind { posix, posix_by_writing, simulated };

class DiskContract : public testing::TestWithParam<kind> {
 protected:
  DiskContract() {
    switch (GetParam()) {
      case kind::posix: disk_ = std::make_unique<posix_disk>(); break;
      case kind::posix_by_writing:
        disk_ = std::make_unique<posix_disk>(posix_options{.allocate_by_writing = true});
        break;
      case kind::simulated: disk_ = std::make_unique<simulated_disk>(); break;
    }
    root_ = GetParam() == kind::simulated ? "store" : folder_.path() + "/store";
    directory_ = disk_->open_directory(root_, true).value();
  }

  std::shared_ptr<file> create(std::string_view name) {
    return directory_->open_file(name, open_mode::create_new).value();
  }

  temporary_folder folder_;
  std::unique_ptr<disk> disk_;
  std::string root_;
  std::shared_ptr<directory> directory_;
};

INSTANTIATE_TEST_SUITE_P(All, DiskContract,
                         testing::Values(kind::posix, kind::posix_by_writing, kind::simulated),
                         [](const auto& tested) -> std::string {
                           switch (tested.param) {
                             case kind::posix: return "Posix";
                             case kind::posix_by_writing: return "PosixByWriting";
                             case kind::simulated: return "Simulated";
                           }
                           return "";
                         });

TEST_P(DiskContract, ReadsWhatWasWrittenInParts) {
  const auto file = create("a");
  const std::array parts{bytes_of("one "), bytes_of(""), bytes_of("two "), bytes_of("three")};
  ASSERT_TRUE(file->write_at(3, parts));
  EXPECT_EQ(content_of(*file), std::string(3, '\0') + "one two three");
}

TEST_P(DiskContract, WritesMorePartsThanTheSystemTakesAtOnce) {
  const auto file = create("a");
  std::vector<std::span<const std::byte>> parts;
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    static constexpr std::string_view texts[] = {"a", "", "bcd", "ef"};
    parts.push_back(bytes_of(texts[i % 4]));
    expected += texts[i % 4];
  }
  ASSERT_TRUE(file->write_at(0, parts));
  EXPECT_EQ(content_of(*file), expected);
}

TEST_P(DiskContract, ReadsLessAtTheEndAndNothingBehindIt) {
  const auto file = create("a");
  write_text(*file, 0, "0123456789");
  std::array<std::byte, 8> into{};
  EXPECT_EQ(file->read_at(6, into).value(), 4U);
  EXPECT_EQ(file->read_at(10, into).value(), 0U);
  EXPECT_EQ(file->read_at(std::numeric_limits<std::uint64_t>::max(), into).value(), 0U);
}

TEST_P(DiskContract, WritesNothingWithoutMakingTheFileLonger) {
  const auto file = create("a");
  ASSERT_TRUE(file->write_at(100, std::span<const std::byte>()));
  EXPECT_EQ(file->size().value(), 0U);
}

TEST_P(DiskContract, RefusesOffsetsThatNoFileHas) {
  const auto file = create("a");
  const auto written =
      file->write_at(std::numeric_limits<std::uint64_t>::max() - 1, bytes_of("ab"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error(), system_code(EFBIG));
  EXPECT_TRUE(is_disk_full(written.error()));
  EXPECT_EQ(file->resize(std::uint64_t{1} << 63U).error(), system_code(EFBIG));
  EXPECT_EQ(file->allocate(std::uint64_t{1} << 63U).error(), system_code(EFBIG));
  EXPECT_EQ(file->size().value(), 0U);
}

TEST_P(DiskContract, NamesBytesOffsetAndPathOfAFailedWrite) {
  create("a");
  const auto file = directory_->open_file("a", open_mode::read_only).value();
  const auto written = file->write_at(4096, bytes_of("abc"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error(), system_code(EBADF));
  EXPECT_EQ(written.error().info().detail, "cannot write 3 bytes at 4096 of " + root_ + "/a");
  EXPECT_EQ(written.error().info().path, root_ + "/a");
  EXPECT_EQ(written.error().info().offset, 4096U);
}

TEST_P(DiskContract, ChangesNothingThroughAFileOpenedForReading) {
  write_text(*create("a"), 0, "kept");
  const auto file = directory_->open_file("a", open_mode::read_only).value();
  EXPECT_FALSE(file->write_at(0, bytes_of("lost")));
  EXPECT_EQ(file->resize(0).error(), system_code(EINVAL));
  EXPECT_EQ(file->allocate(4096).error(), system_code(EBADF));
  EXPECT_EQ(content_of(*file), "kept");
}

TEST_P(DiskContract, CutsAndGrowsWithZeros) {
  const auto file = create("a");
  write_text(*file, 0, std::string(2000, 'x'));
  ASSERT_TRUE(file->resize(700));
  ASSERT_TRUE(file->resize(2000));
  EXPECT_EQ(content_of(*file), std::string(700, 'x') + std::string(1300, '\0'));
}

TEST_P(DiskContract, AllocatesWithoutTouchingWhatIsThere) {
  const auto file = create("a");
  write_text(*file, 0, "head");
  ASSERT_TRUE(file->resize(9000));
  write_text(*file, 9000, "tail");
  ASSERT_TRUE(file->allocate(20000));
  EXPECT_EQ(content_of(*file),
            "head" + std::string(8996, '\0') + "tail" + std::string(20000 - 9004, '\0'));
}

TEST_P(DiskContract, AllocatesNeverLessThanThereIs) {
  const auto file = create("a");
  write_text(*file, 0, std::string(5000, 'x'));
  ASSERT_TRUE(file->allocate(100));
  ASSERT_TRUE(file->allocate(0));
  EXPECT_EQ(file->size().value(), 5000U);
}

TEST_P(DiskContract, ShowsLaterWritesInAMapping) {
  const auto file = create("a");
  ASSERT_TRUE(file->allocate(8192));
  const auto mapping = file->map().value();
  ASSERT_EQ(mapping->bytes().size(), 8192U);
  write_text(*file, 4095, "seen");
  EXPECT_EQ(text_of(mapping->bytes().subspan(4095, 4)), "seen");
}

TEST_P(DiskContract, ShowsLaterWritesInAMappingThatTheFileOutgrew) {
  const auto file = create("a");
  write_text(*file, 0, "small");
  const auto mapping = file->map().value();
  write_text(*file, 100000, "large");
  write_text(*file, 0, "SMALL");
  EXPECT_EQ(text_of(mapping->bytes()), "SMALL");
}

TEST_P(DiskContract, KeepsAMappingLongerThanItsFile) {
  auto file = create("a");
  write_text(*file, 0, "still there");
  const auto mapping = file->map().value();
  file.reset();
  ASSERT_TRUE(directory_->remove("a"));
  ASSERT_TRUE(directory_->sync());
  EXPECT_EQ(text_of(mapping->bytes()), "still there");
}

TEST_P(DiskContract, MapsAnEmptyFileAsNothing) {
  EXPECT_TRUE(create("a")->map().value()->bytes().empty());
}

TEST_P(DiskContract, SharesOneFileBetweenItsHandles) {
  const auto first = create("a");
  const auto second = directory_->open_file("a", open_mode::read_write).value();
  write_text(*first, 0, "ab");
  write_text(*second, 1, "cd");
  EXPECT_EQ(content_of(*first), "acd");
  EXPECT_TRUE(second->sync());
}

TEST_P(DiskContract, OpensOnlyWhatIsThereAndCreatesOnlyWhatIsNot) {
  EXPECT_EQ(directory_->open_file("a", open_mode::read_write).error(), system_code(ENOENT));
  EXPECT_EQ(directory_->open_file("a", open_mode::read_only).error(), system_code(ENOENT));
  const auto file = create("a");
  EXPECT_EQ(file->path(), root_ + "/a");
  const auto again = directory_->open_file("a", open_mode::create_new);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error(), system_code(EEXIST));
  EXPECT_EQ(again.error().info().path, root_ + "/a");
  EXPECT_EQ(again.error().info().detail, "cannot create " + root_ + "/a");
}

TEST_P(DiskContract, TellsFilesFromDirectories) {
  create("file");
  ASSERT_TRUE(directory_->open_directory("folder", true));
  EXPECT_EQ(directory_->open_file("folder", open_mode::read_only).error(), system_code(EISDIR));
  EXPECT_EQ(directory_->open_file("folder", open_mode::read_write).error(), system_code(EISDIR));
  EXPECT_EQ(directory_->open_directory("file", true).error(), system_code(ENOTDIR));
  EXPECT_EQ(directory_->open_directory("none", false).error(), system_code(ENOENT));
  EXPECT_EQ(directory_->remove("folder").error(), system_code(EISDIR));
  EXPECT_EQ(disk_->open_directory(root_ + "/file/below", true).error(), system_code(ENOTDIR));
}

TEST_P(DiskContract, RefusesNamesThatLeadElsewhere) {
  create("a");
  using namespace std::string_view_literals;
  for (const std::string_view name : {""sv, "."sv, ".."sv, "a/b"sv, "/a"sv, "a\0b"sv}) {
    EXPECT_EQ(directory_->open_file(name, open_mode::create_new).error(), errc::invalid_argument);
    EXPECT_EQ(directory_->open_directory(name, true).error(), errc::invalid_argument);
    EXPECT_EQ(directory_->rename("a", name).error(), errc::invalid_argument);
    EXPECT_EQ(directory_->rename(name, "a").error(), errc::invalid_argument);
    EXPECT_EQ(directory_->remove(name).error(), errc::invalid_argument);
    EXPECT_EQ(directory_->remove_tree(name).error(), errc::invalid_argument);
    EXPECT_EQ(directory_->lock(name).error(), errc::invalid_argument);
  }
  EXPECT_EQ(directory_->list().value(), std::vector<std::string>{"a"});
}

TEST_P(DiskContract, ListsNamesInOrder) {
  for (const auto* name : {"b", "a", "c10", "c9"}) create(name);
  ASSERT_TRUE(directory_->open_directory("d", true));
  EXPECT_EQ(directory_->list().value(), (std::vector<std::string>{"a", "b", "c10", "c9", "d"}));
  EXPECT_EQ(directory_->list().value().size(), 5U);
}

TEST_P(DiskContract, RenamesOverWhatIsThere) {
  write_text(*create("new"), 0, "new");
  write_text(*create("old"), 0, "old");
  ASSERT_TRUE(directory_->rename("new", "old"));
  EXPECT_EQ(directory_->list().value(), std::vector<std::string>{"old"});
  EXPECT_EQ(content_of(*directory_->open_file("old", open_mode::read_only).value()), "new");
  ASSERT_TRUE(directory_->rename("old", "old"));
  EXPECT_EQ(directory_->list().value(), std::vector<std::string>{"old"});
}

TEST_P(DiskContract, RefusesRenamesThatDoNotFit) {
  create("file");
  ASSERT_TRUE(directory_->open_directory("folder", true));
  const auto full = directory_->open_directory("full", true).value();
  ASSERT_TRUE(full->open_file("inside", open_mode::create_new));
  EXPECT_EQ(directory_->rename("none", "other").error(), system_code(ENOENT));
  EXPECT_EQ(directory_->rename("file", "folder").error(), system_code(EISDIR));
  EXPECT_EQ(directory_->rename("folder", "file").error(), system_code(ENOTDIR));
  EXPECT_EQ(directory_->rename("folder", "full").error(), system_code(ENOTEMPTY));
  EXPECT_TRUE(directory_->rename("full", "folder"));
  EXPECT_EQ(directory_->list().value(), (std::vector<std::string>{"file", "folder"}));
}

TEST_P(DiskContract, RemovesFiles) {
  create("a");
  ASSERT_TRUE(directory_->remove("a"));
  const auto again = directory_->remove("a");
  EXPECT_EQ(again.error(), system_code(ENOENT));
  EXPECT_EQ(again.error().info().detail, "cannot remove " + root_ + "/a");
  EXPECT_TRUE(directory_->sync());
}

TEST_P(DiskContract, RemovesATree) {
  const auto model = directory_->open_directory("model", true).value();
  const auto nested = model->open_directory("nested", true).value();
  write_text(*nested->open_file("deep", open_mode::create_new).value(), 0, "x");
  ASSERT_TRUE(model->open_file("flat", open_mode::create_new));
  create("beside");
  ASSERT_TRUE(directory_->remove_tree("model"));
  EXPECT_EQ(directory_->list().value(), std::vector<std::string>{"beside"});
  EXPECT_TRUE(directory_->remove_tree("model"));
  EXPECT_EQ(directory_->remove_tree("beside").error(), system_code(ENOTDIR));
}

TEST_P(DiskContract, MakesParents) {
  EXPECT_EQ(disk_->open_directory(root_ + "/x/y", false).error(), system_code(ENOENT));
  const auto made = disk_->open_directory(root_ + "/x//y/", true);
  ASSERT_TRUE(made) << made.error();
  ASSERT_TRUE((*made)->open_file("a", open_mode::create_new));
  const auto again = disk_->open_directory(root_ + "/x/y", true).value();
  EXPECT_EQ(again->list().value(), std::vector<std::string>{"a"});
}

TEST_P(DiskContract, RefusesASecondLockAndNamesTheHolder) {
  auto lock = directory_->lock("lock").value();
  for (int i = 0; i < 2; ++i) {
    const auto second = directory_->lock("lock");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error(), errc::store_locked);
    EXPECT_EQ(second.error().info().path, root_ + "/lock");
    const std::string& detail = second.error().info().detail;
    EXPECT_NE(detail.find("in process "), std::string::npos) << detail;
    EXPECT_NE(detail.find(" on host "), std::string::npos) << detail;
    EXPECT_NE(detail.find(" since 2"), std::string::npos) << detail;
  }
  lock.reset();
  EXPECT_TRUE(directory_->lock("lock"));
}

TEST_P(DiskContract, TakesALockWhoseFileHoldsGarbage) {
  write_text(*create("lock"), 0, std::string(3000, '\x1b'));
  const auto lock = directory_->lock("lock");
  ASSERT_TRUE(lock) << lock.error();
  const auto text = content_of(*directory_->open_file("lock", open_mode::read_only).value());
  EXPECT_TRUE(text.starts_with("host ")) << text;
  EXPECT_LT(text.size(), 400U);
}

TEST_P(DiskContract, RefusesALockedFileWithGarbageWithoutShowingIt) {
  const auto lock = directory_->lock("lock").value();
  const auto file = directory_->open_file("lock", open_mode::read_write).value();
  write_text(*file, 0, std::string(3000, '\x1b'));
  const auto second = directory_->lock("lock");
  EXPECT_EQ(second.error(), errc::store_locked);
  EXPECT_EQ(second.error().info().detail.find('\x1b'), std::string::npos);
  ASSERT_TRUE(file->resize(0));
  EXPECT_EQ(directory_->lock("lock").error(), errc::store_locked);
}

TEST_P(DiskContract, LocksDifferentFilesApart) {
  const auto one = directory_->lock("one");
  const auto two = directory_->lock("two");
  EXPECT_TRUE(one);
  EXPECT_TRUE(two);
}

TEST(IsDiskFull, KnowsTheThreeWaysInWhichADiskIsFull) {
  for (const int number : {ENOSPC, EDQUOT, EFBIG}) {
    EXPECT_TRUE(is_disk_full(error(system_code(number)))) << number;
  }
  EXPECT_FALSE(is_disk_full(error(system_code(EIO))));
  EXPECT_FALSE(is_disk_full(error()));
  // The same number in another category means something else.
  EXPECT_FALSE(is_disk_full(error(make_error_code(static_cast<errc>(ENOSPC)))));
}

TEST(IsDamage, TellsWhatIsWrongOnTheDiskFromWhatTheProcessLacks) {
  for (const int number : {EIO, ENODATA, EBADMSG, EUCLEAN, EILSEQ, EREMOTEIO, ENOENT, ENOTDIR,
                           EISDIR, ELOOP, ENXIO, EINVAL}) {
    EXPECT_TRUE(is_damage(error(system_code(number)))) << number;
  }
  for (const int number : {EMFILE, ENFILE, ENOMEM, EACCES, EPERM, EROFS, EAGAIN, ENOLCK, ENOSPC,
                           EDQUOT, EFBIG, ECANCELED, EINTR}) {
    EXPECT_FALSE(is_damage(error(system_code(number)))) << number;
  }
  for (const errc code :
       {errc::corrupt_data, errc::missing_segment, errc::corrupt_manifest, errc::corrupt_index,
        errc::corrupt_state, errc::foreign_file, errc::store_damaged}) {
    EXPECT_TRUE(is_damage(code)) << code;
  }
  for (const errc code : {errc::out_of_memory, errc::overloaded, errc::disk_full,
                          errc::store_locked, errc::unsupported_format, errc::store_not_found}) {
    EXPECT_FALSE(is_damage(code)) << code;
  }
  EXPECT_FALSE(is_damage(error()));
}

}  // namespace
}  // namespace mainstem::os::test
