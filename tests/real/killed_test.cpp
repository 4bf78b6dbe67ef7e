// SPDX-License-Identifier: Apache-2.0
// A process that is killed may lose nothing of which it was told that it is done, wherever it was.
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>
#include <span>
#include <sstream>
#include <utility>

#include <fcntl.h>

#include <gtest/gtest.h>

#include "log_check.h"
#include "support/effort.h"
#include "traced_process.h"
#include "work_folder.h"

namespace mainstem::real_test {
namespace {

using namespace std::chrono_literals;

/// The writer, with what it says.
class writer_process {
 public:
  writer_process(const std::string& path, std::uint64_t writers) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    const std::string count = std::to_string(writers);
    id_ = ::fork();
    if (id_ == 0) {
      ::dup2(pipe[1], STDOUT_FILENO);
      ::execl(MAINSTEM_REAL_WRITER, MAINSTEM_REAL_WRITER, "write", path.c_str(), count.c_str(),
              "1000000", nullptr);
      ::_exit(127);
    }
    ::close(pipe[1]);
    output_ = pipe[0];
    if (id_ < 0) throw std::runtime_error("fork");
  }
  writer_process(const writer_process&) = delete;
  writer_process& operator=(const writer_process&) = delete;
  ~writer_process() {
    if (id_ > 0) kill();
    ::close(output_);
  }

  /// Reads what it says until then.
  void read_until(std::chrono::steady_clock::time_point end) {
    for (;;) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      pollfd ready{output_, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) return;
      if (!read_some()) return;
    }
  }
  /// Until it has said something of which this is the beginning.
  void read_until_said(std::string_view beginning) {
    while (said_.find(beginning) == std::string::npos && read_some()) continue;
  }
  /// @return what it ended with: 128 and the signal, if that is what ended it.
  int kill() {
    ::kill(id_, SIGKILL);
    int status = 0;
    ::waitpid(id_, &status, 0);
    id_ = -1;
    while (read_some()) continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  [[nodiscard]] const std::string& said() const noexcept { return said_; }

 private:
  bool read_some() {
    std::array<char, 65'536> bytes{};
    const auto count = ::read(output_, bytes.data(), bytes.size());
    if (count > 0) said_.append(bytes.data(), static_cast<std::size_t>(count));
    return count > 0;
  }
  pid_t id_ = -1;
  int output_ = -1;
  std::string said_;
};

/// A process that follows the store while its writers are killed. So LMDB's table of readers and
/// its lock live on, with what a dead writer held.
class follower_process {
 public:
  explicit follower_process(const std::string& path) {
    if (::pipe2(to_.data(), O_CLOEXEC) != 0 || ::pipe2(from_.data(), O_CLOEXEC) != 0)
      throw std::runtime_error("pipe2");
    id_ = ::fork();
    if (id_ < 0) throw std::runtime_error("fork");
    if (id_ > 0) return;
    ::close(to_[1]);  // Or else it would not hear that its parent is gone.
    const std::string wrong = follow(path);
    ::_exit(::write(from_[1], wrong.data(), wrong.size()) < 0 ? 1 : 0);
  }
  follower_process(const follower_process&) = delete;
  follower_process& operator=(const follower_process&) = delete;
  ~follower_process() {
    for (const int end : {to_[0], to_[1], from_[0], from_[1]}) ::close(end);
    if (id_ > 0) ::kill(id_, SIGKILL);
    if (id_ > 0) ::waitpid(id_, nullptr, 0);
  }
  /// @return what was wrong with what it saw up to the last event; empty if nothing was.
  std::string finish(std::uint64_t last) {
    if (::write(to_[1], &last, sizeof last) != sizeof last) return "it is gone";
    int status = 0;
    ::waitpid(std::exchange(id_, -1), &status, 0);
    std::array<char, 4'096> wrong{};
    ::close(std::exchange(from_[1], -1));
    const auto size = ::read(from_[0], wrong.data(), wrong.size());
    if (status != 0) return "it ended with " + std::to_string(status);
    return {wrong.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

 private:
  std::string follow(const std::string& path) const {
    auto log = store::open_read_only(path, busy_options());
    if (!log) return log.error().message();
    auto following = log->subscribe().value();
    log_check seen;
    std::uint64_t last = 0;  // Nobody has said yet where it ends.
    while (last == 0 || seen.last() < last) {
      const auto batch = following.next(20ms);
      if (!batch && batch.error() != errc::timed_out) return batch.error().message();
      for (const auto& event : batch ? batch->events() : std::span<const event_view>()) {
        if (auto wrong = seen.take(event); !wrong.empty()) return wrong;
      }
      pollfd ready{to_[0], POLLIN, 0};
      if (last == 0 && ::poll(&ready, 1, 0) > 0 &&
          ::read(to_[0], &last, sizeof last) != sizeof last) {
        return "nobody wants to know";
      }
    }
    return {};
  }
  std::array<int, 2> to_{-1, -1};
  std::array<int, 2> from_{-1, -1};
  pid_t id_ = -1;
};

std::vector<acknowledgement> acknowledgements_in(const std::string& said) {
  std::istringstream in(said);
  std::vector<acknowledgement> all;
  for (std::string line; std::getline(in, line);) {
    if (const auto told = acknowledgement::parse(line)) all.push_back(*told);
  }
  return all;
}

std::string check(const log_check& log, const std::vector<acknowledgement>& all) {
  for (const auto& told : all) {
    if (auto wrong = log.check(told); !wrong.empty()) return wrong;
  }
  return {};
}

std::uint64_t seed() {
  const char* const given = std::getenv("MAINSTEM_REAL_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 20'261'128;
}

// Some are killed before they have said anything, most within 30 ms after. Every round goes on with
// the store of the one before; some read what is new in it, the last one reads everything. In the
// second half a follower looks on.
TEST(KilledProcess, LosesNothingInFiveHundredKills) {
  const std::uint64_t rounds = test_support::is_sanitized ? 25 : 500 * test_support::long_factor();
  work_folder folder;
  const std::string path = folder / "store";
  std::mt19937_64 random(seed());
  std::vector<acknowledgement> all;
  log_check seen;
  std::optional<follower_process> follower;
  std::uint64_t rounds_with_news = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round) +
                 "; MAINSTEM_REAL_SEED=" + std::to_string(seed()));
    if (round == rounds / 2) follower.emplace(path);
    writer_process writer(path, 1 + random() % 4);
    if (random() % 20 == 0) {
      writer.read_until(std::chrono::steady_clock::now() +
                        std::chrono::microseconds(random() % 9'000));
    } else {
      writer.read_until_said("synced");
      writer.read_until(std::chrono::steady_clock::now() +
                        std::chrono::microseconds(random() % 30'000));
    }
    ASSERT_EQ(writer.kill(), 128 + SIGKILL) << "it ended by itself; it had said " << writer.said();
    const auto told = acknowledgements_in(writer.said());
    rounds_with_news += told.empty() ? 0U : 1U;
    all.insert(all.end(), told.begin(), told.end());
    if (round % 4 != 3) continue;  // The next writer recovers it.
    const auto log = store::open(path, busy_options());
    ASSERT_TRUE(log) << log.error();
    ASSERT_FALSE(log->recovery().damage) << *log->recovery().damage;
    ASSERT_FALSE(log->recovery().index_rebuilt) << "the index is as good as it was";
    ASSERT_EQ(seen.read_on(*log), "");
    ASSERT_EQ(seen.check_commits(), "");
  }
  const auto log = store::open(path, busy_options());
  ASSERT_TRUE(log) << log.error();
  log_check whole;
  EXPECT_EQ(whole.check_all(*log), "");
  EXPECT_EQ(check(whole, all), "");
  EXPECT_EQ(follower->finish(whole.last()), "");
  // A sanitized writer takes long to begin, and the rounds are few.
  EXPECT_GE(rounds_with_news * 10, rounds * (test_support::is_sanitized ? 7 : 9));
  std::cout << rounds << " processes killed, " << rounds_with_news << " of them with news, "
            << all.size() << " acknowledged appends checked, " << whole.last() << " events\n";
}

/// Kills everything at the n-th call of all threads.
class kill_at final : public call_watch {
 public:
  explicit kill_at(std::uint64_t n) : call_watch(disk_calls()), left_(n) {}
  [[nodiscard]] bool is_done() const noexcept { return left_ == 0; }

 private:
  verdict before(const traced_call&) override {
    if (left_ > 0 && --left_ == 0) return verdict::kill_everything;
    return verdict::go_on;
  }
  std::uint64_t left_;
};

std::string check_killed(const std::string& path, const std::vector<acknowledgement>& told,
                         std::uint64_t n) {
  log_check check;
  {
    auto log = store::open(path, busy_options());
    if (!log) return log.error().message();
    if (log->recovery().damage) return log->recovery().damage->message();
    if (auto wrong = check.check_all(*log); !wrong.empty()) return wrong;
    if (auto wrong = real_test::check(check, told); !wrong.empty()) return wrong;
    if (auto wrong = append_next(*log, check, n % 2); !wrong.empty()) return wrong;
    if (auto closed = log->close(); !closed) return closed.error().message();
  }
  return {};
}

/// Kills two writers, who make a store and append a hundred times each, at their n-th call, for
/// each n from 1.
class killed_everywhere {
 public:
  explicit killed_everywhere(std::uint64_t step) : step_(step) {}
  void run();

  std::uint64_t killed = 0;
  std::uint64_t calls = 0;
  std::uint64_t acknowledged = 0;

 private:
  bool kill_at_call(std::uint64_t n);

  std::uint64_t step_;
  work_folder folder_;
};

/// @returns false if there are not that many calls.
bool killed_everywhere::kill_at_call(std::uint64_t n) {
  const std::string path = folder_ / "store";
  std::filesystem::remove_all(path);
  kill_at watch(n);
  std::string said;
  const int status = watch.run({MAINSTEM_REAL_WRITER, "write", path, "2", "100"}, said);
  EXPECT_EQ(status, watch.is_done() ? 128 + SIGKILL : 0);
  if (!watch.is_done()) return false;
  const auto told = acknowledgements_in(said);
  EXPECT_EQ(check_killed(path, told, n), "") << "killed at call " << n;
  ++killed;
  acknowledged += told.size();
  return true;
}

void killed_everywhere::run() {
  std::uint64_t n = 1;
  // Give or take a few in the background.
  for (int through = 0; through < 3 && !testing::Test::HasFailure(); n += step_)
    through += kill_at_call(n) ? 0 : 1;
  calls += n;
  EXPECT_GE(n, 3U * 2 * 100) << "every append takes at least a write, a sync and an answer";
}

// Between two of these calls nothing that outlives a process changes, but for what LMDB writes to
// its table of readers, which is mapped.
TEST(KilledProcess, LosesNothingAtAnySystemCall) {
  killed_everywhere all(test_support::is_sanitized ? 97 : 1);
  try {
    // Each time the writers meet in other ways.
    for (std::uint64_t round = 0; round < test_support::long_factor() && !HasFailure(); ++round)
      all.run();
  } catch (const cannot_trace& reason) {
    GTEST_SKIP() << reason.what();
  }
  EXPECT_GT(all.acknowledged, all.killed) << "most are killed in the middle of it";
  std::cout << all.killed << " of " << all.calls << " system calls were the last one, "
            << all.acknowledged << " acknowledged appends checked\n";
}

}  // namespace
}  // namespace mainstem::real_test
