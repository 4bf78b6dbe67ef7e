// SPDX-License-Identifier: Apache-2.0
// Stands in for fsync() and fdatasync(), to see what is synced and to let it fail.
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "disk_support.h"
#include "os/posix_disk.h"

namespace mainstem::os::test {
namespace {

struct sync_record {
  bool recording = false;
  int error = 0;  ///< What syncing fails with, if not 0.
  std::vector<std::string> calls;
};

sync_record& record() {
  static sync_record instance;
  return instance;
}

int stand_in(const char* function, long number, int handle) {
  sync_record& to = record();
  if (!to.recording) return static_cast<int>(::syscall(number, handle));
  std::error_code ignored;
  const auto path =
      std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(handle), ignored);
  to.calls.push_back(std::string(function) + " " + path.string());
  if (to.error == 0) return static_cast<int>(::syscall(number, handle));
  errno = to.error;
  return -1;
}

}  // namespace
}  // namespace mainstem::os::test

extern "C" int fsync(int handle) {
  return mainstem::os::test::stand_in("fsync", SYS_fsync, handle);
}
extern "C" int fdatasync(int handle) {
  return mainstem::os::test::stand_in("fdatasync", SYS_fdatasync, handle);
}

namespace mainstem::os::test {
namespace {

class PosixSync : public testing::Test {
 protected:
  PosixSync() : directory_(posix_disk().open_directory(folder_.path(), false).value()) {
    record() = {.recording = true};
  }
  ~PosixSync() override { record() = {}; }
  using lines = std::vector<std::string>;

  temporary_folder folder_;
  std::shared_ptr<directory> directory_;
};

TEST_F(PosixSync, IsTheRightCallForFilesAndDirectories) {
  const auto file = directory_->open_file("a", open_mode::create_new).value();
  EXPECT_TRUE(file->sync());
  EXPECT_TRUE(directory_->sync());
  EXPECT_EQ(record().calls,
            (lines{"fdatasync " + folder_.path() + "/a", "fsync " + folder_.path()}));
}

// After a failed sync the kernel may have marked the pages clean: a second try would say OK about
// bytes that are lost.
TEST_F(PosixSync, IsNeverTriedAgain) {
  const auto file = directory_->open_file("a", open_mode::create_new).value();
  for (const int number : {EIO, EINTR, ENOSPC}) {
    record() = {.recording = true, .error = number};
    EXPECT_EQ(file->sync().error(), system_code(number));
    EXPECT_EQ(record().calls.size(), 1U);
    EXPECT_EQ(directory_->sync().error(), system_code(number));
    EXPECT_EQ(record().calls.size(), 2U);
  }
}

TEST_F(PosixSync, ReachesEveryParentThatChanged) {
  ASSERT_TRUE(posix_disk().open_directory(folder_.path() + "/x/y/z", true));
  EXPECT_EQ(record().calls, (lines{"fsync " + folder_.path(), "fsync " + folder_.path() + "/x",
                                   "fsync " + folder_.path() + "/x/y"}));
}

TEST_F(PosixSync, ReachesTheParentOfAFolderThatWasThereAlready) {
  std::filesystem::create_directory(folder_.path() + "/x");
  ASSERT_TRUE(posix_disk().open_directory(folder_.path() + "/x", false));
  EXPECT_TRUE(record().calls.empty());
  ASSERT_TRUE(posix_disk().open_directory(folder_.path() + "/x", true));
  EXPECT_EQ(record().calls, lines{"fsync " + folder_.path()});
}

TEST_F(PosixSync, OfAParentIsReportedIfItFails) {
  record() = {.recording = true, .error = EIO};
  const auto made = posix_disk().open_directory(folder_.path() + "/x", true);
  EXPECT_EQ(made.error(), system_code(EIO));
  EXPECT_EQ(made.error().info().detail, "cannot create the folder " + folder_.path() + "/x");
  const auto present = posix_disk().open_directory(folder_.path() + "/x", true);
  EXPECT_EQ(present.error(), system_code(EIO));
  EXPECT_EQ(present.error().info().detail,
            "cannot sync the parent of the folder " + folder_.path() + "/x");
}

}  // namespace
}  // namespace mainstem::os::test
