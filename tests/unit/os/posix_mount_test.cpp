// SPDX-License-Identifier: Apache-2.0
// File systems of another kind, mounted where nobody else sees them. Needs the right to mount.
#include <sched.h>
#include <sys/mount.h>

#include <cerrno>

#include <gtest/gtest.h>

#include "disk_support.h"
#include "os/posix_disk.h"
#include "process_support.h"

namespace mainstem::os::test {
namespace {

constexpr int may_not_mount = 77;

/// Runs `body` in a process that has a file system of its own at `path`.
int with_mount(const std::string& path, const char* type, const char* options,
               const std::function<int(directory&)>& body) {
  return wait_for(start_process([&] {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", path.c_str(), type, 0, options) != 0) {
      return may_not_mount;
    }
    return body(*posix_disk().open_directory(path, false).value());
  }));
}

// ramfs has no fallocate().
TEST(PosixMount, AllocatesByWritingWhereTheFileSystemCannotReserve) {
  const temporary_folder folder;
  const int status = with_mount(folder.path(), "ramfs", "", [](directory& on) {
    const auto file = on.open_file("a", open_mode::create_new).value();
    if (!file->write_at(0, bytes_of("kept"))) return 1;
    if (!file->allocate(100000)) return 2;
    if (file->size().value() != 100000) return 3;
    return content_of(*file) == "kept" + std::string(99996, '\0') ? 0 : 4;
  });
  if (status == may_not_mount) GTEST_SKIP() << "mounting is not allowed here";
  EXPECT_EQ(status, 0);
}

TEST(PosixMount, ReportsAFullDiskAndWorksOnceThereIsSpace) {
  const temporary_folder folder;
  const int status = with_mount(folder.path(), "tmpfs", "size=64k", [](directory& on) {
    auto file = on.open_file("a", open_mode::create_new).value();
    if (!file->allocate(40000)) return 1;
    const auto other = on.open_file("b", open_mode::create_new).value();
    const auto allocated = other->allocate(40000);
    if (allocated || allocated.error() != system_code(ENOSPC)) return 2;
    const std::string text(40000, 'x');
    const auto written = other->write_at(0, bytes_of(text));
    if (written || !is_disk_full(written.error())) return 3;
    // What was allocated can be written on the full disk, and a lock can be taken.
    if (!file->write_at(0, bytes_of(text))) return 4;
    if (!on.lock("lock")) return 5;
    if (!on.remove("a")) return 6;
    if (other->write_at(0, bytes_of(text))) return 7;  // The open handle still holds the space.
    file.reset();
    return other->write_at(0, bytes_of(text)) ? 0 : 8;
  });
  if (status == may_not_mount) GTEST_SKIP() << "mounting is not allowed here";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace mainstem::os::test
