// SPDX-License-Identifier: Apache-2.0
// What the operating system refuses: descriptors, writing, access; and two who want the same store.
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "log_check.h"
#include "support/effort.h"
#include "work_folder.h"

namespace mainstem::real_test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

bool is_system(const error& why, int number) {
  return why.code() == boost::system::error_code(number, boost::system::system_category()) ||
         why.code() == boost::system::error_code(number, boost::system::generic_category());
}

void write_plan(store& log, std::uint64_t commits) {
  log_check check;
  ASSERT_EQ(check.read_on(log), "");
  for (std::uint64_t i = 0; i < commits; ++i) ASSERT_EQ(append_next(log, check, 0), "");
}

/// Runs the body in a process of its own. What it expects in vain is status 99.
template <class Body>
int in_a_child(const Body& body) {
  std::cout.flush();
  const pid_t child = ::fork();
  if (child == 0) {
    int status = 98;
    try {
      body();
      status = testing::Test::HasFailure() ? 99 : 0;
    } catch (const std::exception& failure) {
      std::cerr << failure.what() << '\n';
    }
    std::cout.flush();
    ::_exit(status);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void allow_descriptors(rlim_t count) {
  rlimit limit{};
  EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = std::min(count, limit.rlim_max);
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

rlim_t descriptors_in_use() {
  const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(next);
  return static_cast<rlim_t>(next);
}

/// Appends with so many more descriptors than are open. @return how many commits went in.
std::uint64_t write_with_few(const fs::path& path, rlim_t more, log_check& check) {
  allow_descriptors(descriptors_in_use() + more);
  auto log = store::open(path, busy_options());
  if (!log) {
    allow_descriptors(1'024);
    EXPECT_TRUE(is_system(log.error(), EMFILE)) << more << ": " << log.error();
    return 0;
  }
  std::uint64_t count = 0;
  std::string wrong;
  while (count < 120 && wrong.empty()) {
    wrong = append_next(*log, check, 0);
    count += wrong.empty() ? 1U : 0U;
  }
  allow_descriptors(1'024);
  if (!wrong.empty()) {
    EXPECT_NE(wrong.find(std::strerror(EMFILE)), std::string::npos) << more << ": " << wrong;
  }
  EXPECT_FALSE(log->info().failure) << more << ": " << *log->info().failure;
  // With descriptors again it goes on as if nothing had been.
  log_check all;
  EXPECT_EQ(all.check_all(*log), "") << more;
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (!(wrong = append_next(*log, all, 0)).empty() && std::chrono::steady_clock::now() < until)
    continue;
  EXPECT_EQ(wrong, "") << more;
  EXPECT_TRUE(log->close()) << more;
  return count;
}

/// UBSan makes a pipe to find out whether an address may be read, and takes it that it may not.
constexpr const char* why_not = "sanitizers need descriptors themselves";

TEST(Descriptors, MayRunOutAtAnyOpening) {
  if (test_support::is_sanitized) GTEST_SKIP() << why_not;
  rlim_t enough = 0;
  for (rlim_t more = 0; more < 64 && enough == 0; ++more) {
    work_folder folder;
    log_check check;
    const std::uint64_t count = write_with_few(folder / "store", more, check);
    auto log = store::open(folder / "store", busy_options());
    ASSERT_TRUE(log) << more << ": " << log.error();
    EXPECT_FALSE(log->recovery().damage) << more;
    log_check again;
    EXPECT_EQ(again.check_all(*log), "") << more;
    EXPECT_GE(again.last(), count);
    if (count > 0) {
      EXPECT_TRUE(log->recovery().clean) << more << ": " << log->recovery();
      EXPECT_FALSE(log->recovery().index_rebuilt) << more << ": " << log->recovery();
    }
    if (HasFailure()) return;
    if (count == 120) enough = more;
  }
  EXPECT_GT(enough, 3U);
  std::cout << "a store needs " << enough << " descriptors at most\n";
}

TEST(Descriptors, ThatAreMissingAreNoReasonToThrowTheIndexAway) {
  if (test_support::is_sanitized) GTEST_SKIP() << why_not;
  work_folder folder;
  {
    auto log = store::open(folder / "store", busy_options()).value();
    write_plan(log, 100);
    EXPECT_TRUE(log.close());
  }
  int refused = 0;
  for (rlim_t more = 0; more < 30; ++more) {
    allow_descriptors(descriptors_in_use() + more);
    auto log = store::open(folder / "store", busy_options());
    allow_descriptors(1'024);
    if (!log) {
      EXPECT_TRUE(is_system(log.error(), EMFILE)) << more << ": " << log.error();
      ++refused;
      continue;
    }
    EXPECT_FALSE(log->recovery().index_rebuilt) << more << ": " << log->recovery();
    EXPECT_FALSE(log->recovery().damage) << more;
    log_check check;
    EXPECT_EQ(check.check_all(*log), "") << more;
    EXPECT_TRUE(log->close()) << more;
  }
  EXPECT_GT(refused, 3);
}

TEST(ReadOnlyMount, IsAClearErrorAndCanBeRead) {
  work_folder folder;
  const fs::path top = folder / "disk";
  fs::create_directory(top);
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("none", top.c_str(), "tmpfs", 0, "size=16m") != 0) {
    GTEST_SKIP() << "mounting is not allowed here";
  }
  {
    auto log = store::open(top / "store", busy_options()).value();
    write_plan(log, 100);
    EXPECT_TRUE(log.close());
  }
  ASSERT_EQ(::mount("none", top.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr), 0);
  const auto refused = store::open(top / "store", busy_options());
  ASSERT_FALSE(refused);
  EXPECT_TRUE(is_system(refused.error(), EROFS)) << refused.error();
  EXPECT_FALSE(store::open(top / "new", busy_options()));
  {
    auto follower = store::open_read_only(top / "store", busy_options());
    ASSERT_TRUE(follower) << follower.error();
    log_check check;
    EXPECT_EQ(check.check_all(*follower), "");
    EXPECT_GE(check.last(), 100U);
  }
  ASSERT_EQ(::mount("none", top.c_str(), "tmpfs", MS_REMOUNT, nullptr), 0);
  auto log = store::open(top / "store", busy_options());
  ASSERT_TRUE(log) << log.error();
  EXPECT_TRUE(log->recovery().clean) << log->recovery();
  EXPECT_FALSE(log->recovery().index_rebuilt) << log->recovery();
  log_check check;
  EXPECT_EQ(check.check_all(*log), "");
  EXPECT_EQ(append_next(*log, check, 0), "");
  log->close().value();
  ::umount2(top.c_str(), MNT_DETACH);
}

/// What nobody (the user) is told about a store of somebody else.
template <class Body>
void as_nobody(const Body& body) {
  EXPECT_EQ(in_a_child([&] {
              if (::geteuid() == 0) {
                ASSERT_EQ(::setgid(65'534), 0);
                ASSERT_EQ(::setuid(65'534), 0);
              }
              body();
            }),
            0);
}

TEST(Permissions, ThatAreMissingAreAClearError) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make what others may not read";
  work_folder folder;
  fs::permissions(folder.path(), fs::perms::all);
  const fs::path path = folder / "store";
  {
    auto log = store::open(path, busy_options()).value();
    write_plan(log, 100);
    EXPECT_TRUE(log.close());
  }
  as_nobody([&] {
    // May be looked into, and not changed.
    const auto refused = store::open(path, busy_options());
    ASSERT_FALSE(refused);
    EXPECT_TRUE(is_system(refused.error(), EACCES)) << refused.error();
    EXPECT_NE(refused.error().message().find(path.string()), std::string::npos);
    auto follower = store::open_read_only(path, busy_options());
    if (follower) {
      log_check check;
      EXPECT_EQ(check.check_all(*follower), "");
    } else {
      EXPECT_TRUE(is_system(follower.error(), EACCES)) << follower.error();
    }
  });
  fs::permissions(path, fs::perms::owner_all);
  as_nobody([&] {
    const auto refused = store::open(path, busy_options());
    ASSERT_FALSE(refused);
    EXPECT_TRUE(is_system(refused.error(), EACCES)) << refused.error();
    const auto unseen = store::open_read_only(path, busy_options());
    ASSERT_FALSE(unseen);
    EXPECT_TRUE(is_system(unseen.error(), EACCES)) << unseen.error();
  });
  auto log = store::open(path, busy_options()).value();
  EXPECT_TRUE(log.recovery().clean) << log.recovery();
  EXPECT_FALSE(log.recovery().index_rebuilt) << log.recovery();
}

// Eight processes want to make the same store at the same moment.
TEST(TwoOpeners, OneOfManyGetsTheStoreAndTheOthersHarmNothing) {
  for (int round = 0; round < 10; ++round) {
    work_folder folder;
    const std::string path = folder / "store";
    std::vector<pid_t> openers;
    int pipe[2];
    ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
    for (int i = 0; i < 8; ++i) {
      openers.push_back(::fork());
      if (openers.back() != 0) continue;
      ::dup2(pipe[1], STDOUT_FILENO);
      ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
      ::execl(MAINSTEM_REAL_WRITER, MAINSTEM_REAL_WRITER, "write", path.c_str(), "2", "1000000",
              nullptr);
      ::_exit(127);
    }
    ::close(pipe[1]);
    // Seven go by themselves; the one that is left writes for ever.
    int refused = 0;
    while (refused < 7) {
      int status = 0;
      const pid_t gone = ::waitpid(-1, &status, 0);
      ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 6) << status;
      std::erase(openers, gone);
      ++refused;
    }
    char first = 0;
    ASSERT_EQ(::read(pipe[0], &first, 1), 1);
    ::kill(openers.front(), SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(openers.front(), &status, 0), openers.front());
    EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself";
    ::close(pipe[0]);
    auto log = store::open(path, busy_options());
    ASSERT_TRUE(log) << log.error();
    log_check check;
    EXPECT_EQ(check.check_all(*log), "");
  }
}

// Threads append, locks are held, pages of LMDB are half written: and then somebody forks.
TEST(Fork, InTheMiddleOfAppendsGivesTheChildNothing) {
  work_folder folder;
  auto log = store::open(folder / "store", busy_options()).value();
  std::atomic<bool> stop = false;
  std::vector<std::jthread> writers;
  std::atomic<std::uint64_t> appended = 0;
  for (std::uint64_t writer = 0; writer < 2; ++writer) {
    writers.emplace_back([&log, &stop, &appended, writer] {
      std::uint64_t length = 0;
      std::uint64_t audits = 0;
      while (!stop) {
        if (!log.append(next_commit(writer, length, audits)).value().committed()) return;
        audits += is_audited(length) ? 1U : 0U;
        length += commit_size(length);
        ++appended;
      }
    });
  }
  int forks = test_support::is_sanitized ? 10 : 100;
  for (; forks > 0; --forks) {
    const auto before = appended.load();
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);  // Should it wait for a lock that nobody will ever let go of.
      const auto done = log.append(stream_name("child"), any, {event_of("child", 1)});
      ::_exit(!done && done.error() == errc::forked_process ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    while (appended == before && !HasFailure()) std::this_thread::yield();
  }
  stop = true;
  writers.clear();
  EXPECT_TRUE(log.close());
  auto again = store::open(folder / "store", busy_options()).value();
  EXPECT_TRUE(again.recovery().clean) << again.recovery();
  log_check check;
  EXPECT_EQ(check.check_all(again), "");
}

}  // namespace
}  // namespace mainstem::real_test
