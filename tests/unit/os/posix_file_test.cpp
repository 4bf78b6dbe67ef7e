// SPDX-License-Identifier: Apache-2.0
#include "os/posix_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "disk_support.h"
#include "process_support.h"

namespace mainstem::os::test {
namespace {

class PosixFile : public testing::Test {
 protected:
  PosixFile() { ::signal(SIGXFSZ, SIG_IGN); }

  std::shared_ptr<file> create(std::string_view name, posix_options options = {}) {
    posix_disk disk(options);
    const auto directory = disk.open_directory(folder_.path(), false).value();
    return directory->open_file(name, open_mode::create_new).value();
  }
  [[nodiscard]] struct stat status_of(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(::stat((folder_.path() + "/" + name).c_str(), &status), 0);
    return status;
  }

  temporary_folder folder_;
};

TEST_F(PosixFile, WritesUpToTheLimitAndReportsWhatStoppedIt) {
  const auto file = create("a");
  const std::string text(3000, 'x');
  {
    const lowered_limit limit(RLIMIT_FSIZE, 1000);
    const auto written = file->write_at(0, bytes_of(text));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error(), system_code(EFBIG));
    EXPECT_TRUE(is_disk_full(written.error()));
    EXPECT_EQ(written.error().info().detail,
              "cannot write 3000 bytes at 0 of " + folder_.path() + "/a");
    EXPECT_EQ(file->size().value(), 1000U);
  }
  EXPECT_TRUE(file->write_at(0, bytes_of(text)));
  EXPECT_EQ(content_of(*file), text);
}

TEST_F(PosixFile, ReportsAFullDiskFromAllocateAndResize) {
  for (const bool by_writing : {false, true}) {
    const auto file = create(by_writing ? "a" : "b", {.allocate_by_writing = by_writing});
    const lowered_limit limit(RLIMIT_FSIZE, 1000);
    EXPECT_EQ(file->allocate(100000).error(), system_code(EFBIG)) << by_writing;
    EXPECT_EQ(file->resize(100000).error(), system_code(EFBIG)) << by_writing;
    EXPECT_TRUE(file->resize(500));
  }
}

TEST_F(PosixFile, AllocatesBlocksAlsoInHoles) {
  for (const bool by_writing : {false, true}) {
    const std::string name = by_writing ? "a" : "b";
    const auto file = create(name, {.allocate_by_writing = by_writing});
    ASSERT_TRUE(file->resize(1U << 20U));
    write_text(*file, 300000, "data");
    ASSERT_TRUE(file->sync());
    EXPECT_LT(status_of(name).st_blocks * 512, 100000);
    ASSERT_TRUE(file->allocate((1U << 20U) + 1));
    ASSERT_TRUE(file->sync());
    EXPECT_GE(status_of(name).st_blocks * 512, 1 << 20);
    std::array<std::byte, 6> around{};
    EXPECT_EQ(file->read_at(299999, around).value(), around.size());
    EXPECT_EQ(text_of(around), std::string_view("\0data\0", 6));
  }
}

TEST_F(PosixFile, ReportsEachFailedCallInWords) {
  posix_file file(descriptor(), "lost", {});
  std::array<std::byte, 5> into{};
  const std::vector<std::pair<error, std::string>> failures = {
      {file.read_at(7, into).error(), "cannot read 5 bytes at 7 of lost"},
      {file.write_at(7, into).error(), "cannot write 5 bytes at 7 of lost"},
      {file.sync().error(), "cannot sync lost"},
      {file.size().error(), "cannot find the size of lost"},
      {file.resize(3).error(), "cannot set the size to 3 bytes of lost"},
      {file.allocate(3).error(), "cannot allocate 3 bytes of lost"},
      {file.map().error(), "cannot find the size of lost"},
  };
  for (const auto& [failure, words] : failures) {
    EXPECT_EQ(failure, system_code(EBADF)) << words;
    EXPECT_EQ(failure.info().detail, words);
    EXPECT_EQ(failure.info().path, "lost");
  }
  posix_file by_writing(descriptor(), "lost", {.allocate_by_writing = true});
  EXPECT_EQ(by_writing.allocate(3).error(), system_code(EBADF));
}

TEST_F(PosixFile, ReportsADeviceWithoutSpace) {
  posix_file file(descriptor(::open("/dev/full", O_RDWR | O_CLOEXEC)), "/dev/full", {});
  const auto written = file.write_at(0, bytes_of("abc"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error(), system_code(ENOSPC));
  EXPECT_TRUE(is_disk_full(written.error()));
}

TEST_F(PosixFile, ReportsWhatCannotBeSynced) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const descriptor reading(ends[0]);
  posix_file file(descriptor(ends[1]), "pipe", {});
  EXPECT_EQ(file.sync().error(), system_code(EINVAL));
}

TEST_F(PosixFile, ReportsWhatCannotBeMapped) {
  // A file that may be written but not read has a size, and cannot be mapped.
  const std::string path = folder_.path() + "/a";
  posix_file file(descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), path, {});
  write_text(file, 0, "abc");
  const auto mapped = file.map();
  ASSERT_FALSE(mapped);
  EXPECT_EQ(mapped.error(), system_code(EACCES));
  EXPECT_EQ(mapped.error().info().detail, "cannot map 3 bytes of " + path);
  std::array<std::byte, 3> into{};
  EXPECT_EQ(file.read_at(0, into).error(), system_code(EBADF));
}

TEST_F(PosixFile, IsMappedUntilTheMappingGoes) {
  const auto file = create("mapped-file");
  ASSERT_TRUE(file->allocate(4096));
  const auto is_mapped = [] {
    std::ifstream maps("/proc/self/maps");
    const std::string all{std::istreambuf_iterator<char>(maps), {}};
    return all.find("mapped-file") != std::string::npos;
  };
  auto mapping = file->map().value();
  EXPECT_TRUE(is_mapped());
  mapping.reset();
  EXPECT_FALSE(is_mapped());
}

TEST_F(PosixFile, OutlivesItsDiskAndDirectory) {
  const auto file = create("a");
  write_text(*file, 0, "x");
  EXPECT_TRUE(file->sync());
  EXPECT_EQ(content_of(*file), "x");
}

}  // namespace
}  // namespace mainstem::os::test
