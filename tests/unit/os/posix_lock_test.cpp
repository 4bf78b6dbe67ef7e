// SPDX-License-Identifier: Apache-2.0
#include "os/posix_lock.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <gtest/gtest.h>

#include "disk_support.h"
#include "os/lock_holder.h"
#include "os/posix_disk.h"
#include "process_support.h"

namespace mainstem::os::test {
namespace {

class PosixLock : public testing::Test {
 protected:
  PosixLock() : directory_(posix_disk().open_directory(folder_.path(), false).value()) {}
  /// What a process of its own would do, without what this one has open.
  [[nodiscard]] result<std::unique_ptr<file_lock>> take() const {
    return posix_disk().open_directory(folder_.path(), false).value()->lock("lock");
  }
  [[nodiscard]] std::string lock_file() const {
    std::ifstream in(folder_.path() + "/lock");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  temporary_folder folder_;
  std::shared_ptr<directory> directory_;
};

TEST_F(PosixLock, NamesThisProcessToAnotherOpenerInIt) {
  const auto lock = take().value();
  const auto second = take();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), errc::store_locked);
  EXPECT_NE(second.error().info().detail.find("in process " + std::to_string(::getpid()) + " on"),
            std::string::npos)
      << second.error().info().detail;
  const auto holder = parse_lock_file(lock_file());
  ASSERT_TRUE(holder) << lock_file();
  EXPECT_EQ(holder->pid, ::getpid());
}

// With a lock of the process, as fcntl(F_SETLK) makes, closing any descriptor of the file lets go
// of it.
TEST_F(PosixLock, IsNotLostWhenTheFileIsOpenedAndClosedElsewhere) {
  const auto lock = take().value();
  EXPECT_FALSE(take());
  directory_->open_file("lock", open_mode::read_write).value().reset();
  EXPECT_FALSE(take());
}

TEST_F(PosixLock, IsHeldByOneOfManyThreads) {
  std::atomic<int> taken{0};
  std::atomic<int> refused{0};
  std::atomic<int> waiting{8};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto lock = take();
      if (lock) {
        ++taken;
      } else if (lock.error() == errc::store_locked) {
        ++refused;
      }
      // Everybody has tried before anybody lets go.
      --waiting;
      while (waiting > 0) std::this_thread::yield();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(taken, 1);
  EXPECT_EQ(refused, 7);
}

TEST_F(PosixLock, NamesTheProcessThatHoldsItAndIsFreeWhenThatIsKilled) {
  signal_pipe ready;
  const pid_t child = start_process([&] {
    const auto lock = take();
    ready.send(lock ? 'y' : 'n');
    for (;;) ::pause();
    return 0;
  });
  ASSERT_EQ(ready.receive(), 'y');
  const auto refused = take();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), errc::store_locked);
  EXPECT_NE(refused.error().info().detail.find("in process " + std::to_string(child) + " on host "),
            std::string::npos)
      << refused.error().info().detail;

  ASSERT_EQ(::kill(child, SIGKILL), 0);
  EXPECT_EQ(wait_for(child), 128 + SIGKILL);
  const auto holder = parse_lock_file(lock_file());
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->pid, child) << "what is taken below is a stale file";
  const auto lock = take();
  ASSERT_TRUE(lock) << lock.error();
  EXPECT_EQ(parse_lock_file(lock_file())->pid, ::getpid());
}

// The lock belongs to the open file description, which fork() shares: a child that lived on would
// keep the store locked after its parent has died.
TEST_F(PosixLock, IsNotKeptByAForkedChildOfADeadHolder) {
  signal_pipe ready;
  signal_pipe end;
  const pid_t holder = start_process([&] {
    const auto lock = take();
    if (!lock) return 1;
    start_process([&] {
      end.close_writing();
      ready.send('c');
      return static_cast<int>(end.receive());  // Lives until the test closes the pipe.
    });
    for (;;) ::pause();
    return 0;
  });
  ASSERT_EQ(ready.receive(), 'c');
  EXPECT_FALSE(take());
  ASSERT_EQ(::kill(holder, SIGKILL), 0);
  wait_for(holder);
  const auto lock = take();
  EXPECT_TRUE(lock) << lock.error();
  end.close_writing();
  // The child, which belongs to nobody now, has ended when nobody can write any more.
  ready.close_writing();
  EXPECT_EQ(ready.receive(), '\0');
}

TEST_F(PosixLock, StaysWithTheParentWhateverAForkedChildDoes) {
  auto lock = take().value();
  const pid_t child = start_process([&] {
    if (take()) return 1;
    lock.reset();
    if (take()) return 2;
    // Takes the numbers that the closed copies had: the destructor of a stale object must not close
    // them.
    return 0;
  });
  EXPECT_EQ(wait_for(child), 0);
  EXPECT_FALSE(take());
  lock.reset();
  EXPECT_TRUE(take());
}

TEST_F(PosixLock, InAForkedChildDoesNotCloseWhatHasItsNumberNow) {
  auto lock = take().value();
  const pid_t child = start_process([&] {
    // The lowest free numbers, among them the one that the lock had.
    std::vector<std::shared_ptr<file>> files;
    for (int i = 0; i < 10; ++i) {
      files.push_back(
          directory_->open_file("f" + std::to_string(i), open_mode::create_new).value());
    }
    lock.reset();
    for (const auto& file : files) {
      if (!file->size()) return 1;
    }
    return 0;
  });
  EXPECT_EQ(wait_for(child), 0);
}

TEST_F(PosixLock, CanBeTakenByAForkedChildOnceTheParentLetsGo) {
  auto lock = take().value();
  signal_pipe released;
  const pid_t child = start_process([&] {
    if (released.receive() != 'r') return 1;
    const auto own = take();
    if (!own) return 2;
    lock.reset();  // The stale copy.
    return take() ? 3 : 0;
  });
  lock.reset();
  released.send('r');
  EXPECT_EQ(wait_for(child), 0);
}

// A forked child closes its copies of locks, but only when it gets a core. Until then, closing and
// opening a store again in the parent answered that the store was locked: now and then, under load.
TEST_F(PosixLock, IsGoneWhenItIsLetGoOfEvenWhileACopyOfItsDescriptorIsOpen) {
  auto lock = take().value();
  int copy = -1;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    if (std::filesystem::read_symlink(entry.path(), ignored) == folder_.path() + "/lock") {
      copy = ::dup(std::stoi(entry.path().filename()));
    }
  }
  ASSERT_GE(copy, 0);
  lock.reset();
  EXPECT_TRUE(take());
  ::close(copy);
}

TEST_F(PosixLock, IsTakenOnAFullDisk) {
  ::signal(SIGXFSZ, SIG_IGN);
  std::ofstream(folder_.path() + "/lock") << "host a\npid 1\nsince b\n";
  result<std::unique_ptr<file_lock>> lock = errc::overloaded;
  {
    const lowered_limit limit(RLIMIT_FSIZE, 0);
    lock = take();
  }
  ASSERT_TRUE(lock) << lock.error();
  const auto second = take();
  EXPECT_EQ(second.error(), errc::store_locked);
  EXPECT_EQ(second.error().info().detail.find("process 1 "), std::string::npos);
}

}  // namespace
}  // namespace mainstem::os::test
