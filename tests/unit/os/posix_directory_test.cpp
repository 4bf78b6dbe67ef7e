// SPDX-License-Identifier: Apache-2.0
#include "os/posix_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "disk_support.h"
#include "process_support.h"

namespace mainstem::os::test {
namespace {

class PosixDirectory : public testing::Test {
 protected:
  PosixDirectory() : directory_(disk_.open_directory(folder_.path(), false).value()) {}
  [[nodiscard]] std::string in_folder(const std::string& name) const {
    return folder_.path() + "/" + name;
  }

  temporary_folder folder_;
  posix_disk disk_;
  std::shared_ptr<directory> directory_;
};

/// Whoever root becomes for a while, to see what others may not do.
class without_rights {
 public:
  without_rights() {
    if (::geteuid() == 0) {
      EXPECT_EQ(::seteuid(65534), 0);
    }
  }
  without_rights(const without_rights&) = delete;
  without_rights& operator=(const without_rights&) = delete;
  ~without_rights() {
    if (::getuid() == 0) {
      EXPECT_EQ(::seteuid(0), 0);
    }
  }
};

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST_F(PosixDirectory, ReportsAMissingFolder) {
  const auto opened = disk_.open_directory(in_folder("none"), false);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(), system_code(ENOENT));
  EXPECT_EQ(opened.error().info().detail, "cannot open the folder " + in_folder("none"));
  EXPECT_EQ(disk_.open_directory("", true).error(), system_code(ENOENT));
}

TEST_F(PosixDirectory, ReportsMissingRights) {
  const auto closed = directory_->open_directory("closed", true).value();
  ASSERT_TRUE(closed->open_file("a", open_mode::create_new));
  ASSERT_EQ(::chmod(in_folder("closed").c_str(), 0500), 0);
  ASSERT_EQ(::chmod(in_folder("closed/a").c_str(), 0400), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0711), 0);
  const without_rights other;
  EXPECT_EQ(closed->open_file("b", open_mode::create_new).error(), system_code(EACCES));
  EXPECT_EQ(closed->open_file("a", open_mode::read_write).error(), system_code(EACCES));
  EXPECT_EQ(closed->rename("a", "b").error(), system_code(EACCES));
  EXPECT_EQ(closed->remove("a").error(), system_code(EACCES));
  EXPECT_EQ(closed->open_directory("c", true).error(), system_code(EACCES));
  EXPECT_EQ(closed->lock("lock").error(), system_code(EACCES));
  EXPECT_EQ(disk_.open_directory(in_folder("closed/x/y"), true).error(), system_code(EACCES));
  const auto removed = directory_->remove_tree("closed");
  EXPECT_EQ(removed.error(), system_code(EACCES));
  EXPECT_EQ(removed.error().info().detail, "cannot remove the folder " + in_folder("closed"));
}

TEST_F(PosixDirectory, OpensAFolderWhoseParentMayNotBeRead) {
  ASSERT_TRUE(directory_->open_directory("outer", true).value()->open_directory("mine", true));
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(in_folder("outer/mine").c_str(), 65534, 65534), 0);
    ASSERT_EQ(::chmod(folder_.path().c_str(), 0711), 0);
  }
  ASSERT_EQ(::chmod(in_folder("outer").c_str(), 0311), 0);
  {
    const without_rights other;
    const auto opened = disk_.open_directory(in_folder("outer/mine"), true);
    EXPECT_TRUE(opened) << opened.error();
  }
  ASSERT_EQ(::chmod(in_folder("outer").c_str(), 0700), 0);
}

TEST_F(PosixDirectory, ReportsThatThereAreNoDescriptorsLeft) {
  ASSERT_TRUE(directory_->open_file("a", open_mode::create_new));
  // UBSan needs a descriptor when it sees a type for the first time, that of an error's category
  // for one.
  EXPECT_EQ(directory_->open_file("none", open_mode::read_only).error(), system_code(ENOENT));
  const std::size_t before = open_descriptors();
  {
    const lowered_limit limit(RLIMIT_NOFILE, 0);
    EXPECT_EQ(directory_->open_file("a", open_mode::read_only).error(), system_code(EMFILE));
    EXPECT_EQ(directory_->open_file("b", open_mode::create_new).error(), system_code(EMFILE));
    EXPECT_EQ(directory_->open_directory("c", true).error(), system_code(EMFILE));
    EXPECT_EQ(directory_->list().error(), system_code(EMFILE));
    EXPECT_EQ(directory_->lock("lock").error(), system_code(EMFILE));
    EXPECT_EQ(directory_->remove_tree("c").error(), system_code(EMFILE));
    EXPECT_EQ(disk_.open_directory(folder_.path(), true).error(), system_code(EMFILE));
  }
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(directory_->lock("lock"));
}

TEST_F(PosixDirectory, LeavesNoDescriptorBehind) {
  const std::size_t before = open_descriptors();
  {
    const auto file = directory_->open_file("a", open_mode::create_new).value();
    const auto inside = disk_.open_directory(in_folder("x/y/z"), true).value();
    const auto lock = inside->lock("lock").value();
    EXPECT_EQ(inside->lock("lock").error(), errc::store_locked);
    EXPECT_EQ(directory_->open_file("x", open_mode::read_only).error(), system_code(EISDIR));
    EXPECT_EQ(directory_->list().value().size(), 2U);
    ASSERT_TRUE(directory_->remove_tree("x"));
    EXPECT_GT(open_descriptors(), before);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(PosixDirectory, OpensEverythingSoThatExecClosesIt) {
  const auto file = directory_->open_file("a", open_mode::create_new).value();
  const auto inside = directory_->open_directory("b", true).value();
  const auto lock = directory_->lock("lock").value();
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    const auto target = std::filesystem::read_symlink(entry.path(), ignored).string();
    if (!target.starts_with(folder_.path())) continue;
    ++found;
    EXPECT_TRUE(::fcntl(std::stoi(entry.path().filename()), F_GETFD) & FD_CLOEXEC) << target;
  }
  EXPECT_EQ(found, 4);
}

TEST_F(PosixDirectory, ReportsNamesThatAreTooLong) {
  const std::string name(256, 'n');
  EXPECT_EQ(directory_->open_file(name, open_mode::create_new).error(), system_code(ENAMETOOLONG));
  EXPECT_EQ(directory_->open_directory(name, true).error(), system_code(ENAMETOOLONG));
  ASSERT_TRUE(directory_->open_file("a", open_mode::create_new));
  const auto renamed = directory_->rename("a", name);
  EXPECT_EQ(renamed.error(), system_code(ENAMETOOLONG));
  EXPECT_EQ(renamed.error().info().detail,
            "cannot rename to " + name + " what is now " + in_folder("a"));
}

// Opening a FIFO waits for its other end, which would hang whoever opens a store with one in it.
TEST_F(PosixDirectory, RefusesAFifoWithoutWaiting) {
  ASSERT_EQ(::mkfifo(in_folder("fifo").c_str(), 0600), 0);
  EXPECT_EQ(directory_->open_file("fifo", open_mode::read_only).error(), system_code(EINVAL));
  EXPECT_EQ(directory_->open_file("fifo", open_mode::read_write).error(), system_code(EINVAL));
  EXPECT_EQ(directory_->lock("fifo").error(), system_code(EINVAL));
}

TEST_F(PosixDirectory, StaysTheSameWhenItsPathChanges) {
  const auto inside = directory_->open_directory("before", true).value();
  ASSERT_TRUE(directory_->rename("before", "after"));
  ASSERT_TRUE(inside->open_file("a", open_mode::create_new));
  EXPECT_TRUE(std::filesystem::exists(in_folder("after/a")));
}

TEST_F(PosixDirectory, ReportsWorkInAFolderThatIsGone) {
  const auto inside = directory_->open_directory("gone", true).value();
  ASSERT_TRUE(directory_->remove_tree("gone"));
  EXPECT_EQ(inside->open_file("a", open_mode::create_new).error(), system_code(ENOENT));
  EXPECT_EQ(inside->open_directory("a", true).error(), system_code(ENOENT));
  EXPECT_EQ(inside->lock("lock").error(), system_code(ENOENT));
}

TEST_F(PosixDirectory, RemovesSymbolicLinksInATreeWithoutFollowingThem) {
  std::ofstream(in_folder("kept")) << "kept";
  ASSERT_TRUE(
      directory_->open_directory("outside", true).value()->open_file("a", open_mode::create_new));
  ASSERT_TRUE(directory_->open_directory("tree", true));
  std::filesystem::create_symlink(in_folder("kept"), in_folder("tree/file"));
  std::filesystem::create_directory_symlink(in_folder("outside"), in_folder("tree/folder"));
  ASSERT_TRUE(directory_->remove_tree("tree"));
  EXPECT_TRUE(std::filesystem::exists(in_folder("kept")));
  EXPECT_TRUE(std::filesystem::exists(in_folder("outside/a")));
  EXPECT_FALSE(std::filesystem::exists(in_folder("tree")));
}

TEST_F(PosixDirectory, RemovesNoTreeBehindASymbolicLink) {
  ASSERT_TRUE(directory_->open_directory("outside", true));
  std::ofstream(in_folder("outside/a")) << "kept";
  std::filesystem::create_directory_symlink(in_folder("outside"), in_folder("link"));
  EXPECT_EQ(directory_->remove_tree("link").error(), system_code(ENOTDIR));
  EXPECT_TRUE(std::filesystem::exists(in_folder("outside/a")));
}

TEST_F(PosixDirectory, OpensPathsRelativeToWhereTheProcessIs) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  const auto opened = disk_.open_directory("x/y", true);
  const auto again = disk_.open_directory("x/../x/./y", true);
  std::filesystem::current_path(before);
  EXPECT_TRUE(opened) << opened.error();
  EXPECT_TRUE(again) << again.error();
  EXPECT_TRUE(std::filesystem::is_directory(in_folder("x/y")));
}

TEST_F(PosixDirectory, ReportsAFailedSync) {
  posix_directory lost(descriptor(), "lost", {});
  const auto synced = lost.sync();
  EXPECT_EQ(synced.error(), system_code(EBADF));
  EXPECT_EQ(synced.error().info().detail, "cannot sync the folder lost");
}

}  // namespace
}  // namespace mainstem::os::test
