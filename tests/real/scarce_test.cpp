// SPDX-License-Identifier: Apache-2.0
// A disk that is full, or a limit on the size of files, at every position; then there is room
// again.
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "log_check.h"
#include "support/effort.h"
#include "work_folder.h"

namespace mainstem::real_test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::uint64_t commits = 90;
constexpr std::uint64_t page_bytes = 4'096;

/// How somebody comes from a full disk to one with room.
enum class way : std::uint8_t { goes_on, reopens_on_the_full_disk, is_killed };
constexpr way all_ways[] = {way::goes_on, way::reopens_on_the_full_disk, way::is_killed};

/// One store that meets a limit somewhere between its making and its ninetieth commit.
class scarce_store {
 public:
  scarce_store(fs::path path, preallocation how, std::function<void()> make_room)
      : path_(std::move(path)), options_(busy_options()), make_room_(std::move(make_room)) {
    options_.preallocation = how;
  }

  /// @return what is wrong; empty if nothing is.
  std::string live(way how) {
    if (how == way::is_killed) return live_and_die();
    {
      auto log = store::open(path_, options_);
      if (!log) {
        if (auto wrong = expect_full("opening", log.error()); !wrong.empty()) return wrong;
      } else {
        if (auto wrong = fill(*log); !wrong.empty()) return wrong;
        if (how == way::goes_on) {
          make_room_();
          return go_on(*log);
        }
        if (auto closed = log->close(); !closed) {
          if (auto wrong = expect_full("closing", closed.error()); !wrong.empty()) return wrong;
        }
        if (auto wrong = open_while_full(); !wrong.empty()) return wrong;
      }
    }
    return reopen_with_room();
  }
  [[nodiscard]] bool was_refused() const noexcept { return was_refused_; }

 private:
  std::string expect_full(const std::string& doing, const error& why) {
    was_refused_ = true;
    if (why == errc::disk_full && why == error_condition::capacity) return {};
    return doing + " says: " + why.message();
  }

  /// Appends until it is refused or there is enough.
  std::string fill(store& log) {
    int refused = 0;
    while (count_ < commits && refused < 3) {
      const auto done = log.append(next_commit(0, length_, audits_));
      if (!done) {
        if (auto wrong = expect_full("appending", done.error()); !wrong.empty()) return wrong;
        ++refused;
        continue;
      }
      if (done->committed() == nullptr) return "appending: " + done->message();
      took(*done->place());
    }
    if (log.info().failure) return "it is not over: " + log.info().failure->message();
    return check(log);
  }
  void took(const append_outcome::commit_place& place) {
    last_ = place.last_position.value();
    audits_ += is_audited(length_) ? 1U : 0U;
    length_ += commit_size(length_);
    ++count_;
  }

  std::string check(const store& log) {
    log_check found;
    if (auto wrong = found.check_all(log); !wrong.empty()) return wrong;
    if (found.last() == last_) return {};
    return std::to_string(last_) + " events were acknowledged, and " +
           std::to_string(found.last()) + " are there";
  }

  std::string open_while_full() {
    auto log = store::open(path_, options_);
    if (!log) return "opening on the full disk: " + log.error().message();
    if (log->recovery().damage) return "damaged: " + log->recovery().damage->message();
    if (auto wrong = check(*log); !wrong.empty()) return "opened on the full disk: " + wrong;
    return {};
  }

  /// With room it works again, without repair and without reopening.
  std::string go_on(store& log) {
    const auto until = std::chrono::steady_clock::now() + 20s;
    for (std::uint64_t more = 0; more < 3;) {
      const auto done = log.append(next_commit(0, length_, audits_));
      if (done && done->committed() != nullptr) {
        took(*done->place());
        ++more;
      } else if (std::chrono::steady_clock::now() > until) {
        return "with room: " + (done ? done->message() : done.error().message());
      }
    }
    if (auto wrong = check(log); !wrong.empty()) return "with room: " + wrong;
    if (auto closed = log.close(); !closed) return "closing with room: " + closed.error().message();
    return open_again();
  }

  std::string open_again() {
    auto log = store::open(path_, options_);
    if (!log) return "opening again: " + log.error().message();
    const auto& report = log->recovery();
    if (!report.clean || report.damage || report.index_rebuilt) return report.to_string();
    return check(*log);
  }

  std::string reopen_with_room() {
    make_room_();
    auto log = store::open(path_, options_);
    if (!log) return "reopening with room: " + log.error().message();
    if (log->recovery().damage) return "damaged: " + log->recovery().damage->message();
    if (auto wrong = check(*log); !wrong.empty()) return "reopened with room: " + wrong;
    return go_on(*log);
  }

  std::string live_and_die();
  void read_what_the_child_left(const std::string& said);

  fs::path path_;
  store_options options_;
  std::function<void()> make_room_;
  std::uint64_t length_ = 0;
  std::uint64_t audits_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t last_ = 0;
  bool was_refused_ = false;
};

std::string read_pipe(int from) {
  std::string all;
  char byte = 0;
  while (::read(from, &byte, 1) == 1) all += byte;
  return all;
}

std::string scarce_store::live_and_die() {
  int pipe[2];
  if (::pipe(pipe) != 0) return "pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string wrong;
    {
      auto log = store::open(path_, options_);
      wrong = log ? fill(*log) : expect_full("opening", log.error());
      const std::string said = std::to_string(length_) + " " + std::to_string(audits_) + " " +
                               std::to_string(count_) + " " + std::to_string(last_) + " " +
                               (was_refused_ ? "1 " : "0 ") + wrong;
      if (::write(pipe[1], said.data(), said.size()) < 0) ::_exit(3);
      ::kill(::getpid(), SIGKILL);
    }
  }
  ::close(pipe[1]);
  std::istringstream said(read_pipe(pipe[0]));
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFSIGNALED(status)) return "the child did not end as it should";
  said >> length_ >> audits_ >> count_ >> last_ >> was_refused_;
  std::string wrong;
  if (std::getline(said >> std::ws, wrong) && !wrong.empty()) return wrong;
  if (last_ > 0) {
    // At least for reading, and nothing that is seen is wrong.
    auto log = store::open(path_, options_);
    if (!log) return "opening on the full disk after a kill: " + log.error().message();
    if (log->recovery().damage) return "damaged: " + log->recovery().damage->message();
    log_check found;
    if (auto bad = found.check_all(*log); !bad.empty()) return "after a kill: " + bad;
    if (!log->info().failure && found.last() != last_) return "after a kill: events are missing";
  }
  return reopen_with_room();
}

constexpr preallocation all_preallocations[] = {preallocation::zero_fill, preallocation::reserve};

const char* name_of(way how) {
  switch (how) {
    case way::goes_on: return "goes on";
    case way::reopens_on_the_full_disk: return "reopens on the full disk";
    case way::is_killed: return "is killed";
  }
  return "";
}

/// A file system of so many pages in a mount namespace of this process.
class SmallDisk : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(top_);
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 || !mount_pages(16)) {
      GTEST_SKIP() << "mounting is not allowed here";
    }
  }
  void TearDown() override { unmount(); }
  bool mount_pages(std::uint64_t pages) {
    unmount();
    const std::string options = "size=" + std::to_string(pages * page_bytes);
    is_mounted_ = ::mount("none", top_.c_str(), "tmpfs", 0, options.c_str()) == 0;
    return is_mounted_;
  }
  void make_room() {
    EXPECT_EQ(::mount("none", top_.c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0)
        << std::strerror(errno);
  }
  void unmount() {
    if (is_mounted_) ::umount2(top_.c_str(), MNT_DETACH);
    is_mounted_ = false;
  }
  [[nodiscard]] std::uint64_t used_pages() const {
    struct statvfs status {};
    EXPECT_EQ(::statvfs(top_.c_str(), &status), 0);
    return (status.f_blocks - status.f_bfree) * status.f_frsize / page_bytes;
  }
  work_folder folder_;
  fs::path top_ = folder_ / "disk";
  bool is_mounted_ = false;
};

TEST_F(SmallDisk, MayBeFullAtAnyPage) {
  mount_pages(4'096);
  ASSERT_EQ(scarce_store(top_ / "store", preallocation::zero_fill, [] {}).live(way::goes_on), "");
  const std::uint64_t most = used_pages();
  const std::uint64_t step = test_support::is_sanitized ? 13 : 1;
  std::uint64_t positions = 0;
  std::uint64_t refused = 0;
  for (std::uint64_t pages = 1; pages <= most + 4; pages += step) {
    for (const way how : all_ways) {
      for (const preallocation filled : all_preallocations) {
        ASSERT_TRUE(mount_pages(pages));
        scarce_store store(top_ / "store", filled, [this] { make_room(); });
        ASSERT_EQ(store.live(how), "")
            << "on " << pages << " of " << most << " pages it " << name_of(how);
        ++positions;
        refused += store.was_refused() ? 1U : 0U;
      }
    }
  }
  EXPECT_GT(refused * 2, positions) << "most of them are too small";
  std::cout << positions << " full disks, " << refused << " of them refused something\n";
}

/// While this object lives no file of this process becomes larger.
class file_size_limit {
 public:
  file_size_limit() { ::getrlimit(RLIMIT_FSIZE, &before_); }
  file_size_limit(const file_size_limit&) = delete;
  file_size_limit& operator=(const file_size_limit&) = delete;
  ~file_size_limit() { lift(); }
  void set(std::uint64_t bytes) const {
    const rlimit limit{bytes, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  void lift() const { EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before_), 0); }

 private:
  rlimit before_{};
};

// EFBIG is answered only to those who ignore SIGXFSZ.
TEST(FileSizeLimit, IsAFullDiskAtAnySize) {
  ::signal(SIGXFSZ, SIG_IGN);
  const std::uint64_t step = test_support::is_sanitized ? 11 : 1;
  std::uint64_t refused = 0;
  for (std::uint64_t pages = 0; pages <= 40; pages += step) {
    for (const way how : all_ways) {
      for (const preallocation filled : all_preallocations) {
        work_folder folder;
        const file_size_limit limit;
        scarce_store store(folder / "store", filled, [&limit] { limit.lift(); });
        limit.set(pages * page_bytes);
        const std::string wrong = store.live(how);
        limit.lift();
        ASSERT_EQ(wrong, "") << "with files of at most " << pages << " pages it " << name_of(how);
        refused += store.was_refused() ? 1U : 0U;
      }
    }
  }
  EXPECT_GT(refused, 0U);
  std::cout << refused << " limits refused something\n";
}

// Whoever does not ignore the signal is killed by it, which is a kill like any other.
TEST(FileSizeLimit, KillsWhoDoesNotIgnoreTheSignalAndLosesNothing) {
  work_folder folder;
  const fs::path path = folder / "store";
  store::open(path, busy_options()).value().close().value();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_DFL);
    auto log = store::open(path, busy_options()).value();
    const file_size_limit limit;
    limit.set(40'000);
    log_check check;
    while (append_next(log, check, 0).empty()) continue;
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ) << status;
  auto log = store::open(path, busy_options());
  ASSERT_TRUE(log) << log.error();
  EXPECT_FALSE(log->recovery().damage);
  log_check check;
  EXPECT_EQ(check.check_all(*log), "");
  EXPECT_EQ(append_next(*log, check, 0), "");
}

}  // namespace
}  // namespace mainstem::real_test
