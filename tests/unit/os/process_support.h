// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>

#include <gtest/gtest.h>

namespace mainstem::os::test {

/// Lowers a limit of this process, until it goes out of scope.
class lowered_limit {
 public:
  lowered_limit(__rlimit_resource_t resource, rlim_t value) : resource_(resource) {
    EXPECT_EQ(::getrlimit(resource_, &before_), 0);
    const rlimit lowered{.rlim_cur = value, .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(resource_, &lowered), 0);
  }
  lowered_limit(const lowered_limit&) = delete;
  lowered_limit& operator=(const lowered_limit&) = delete;
  ~lowered_limit() { ::setrlimit(resource_, &before_); }

 private:
  __rlimit_resource_t resource_;
  rlimit before_{};
};

/// Two ends of a pipe: one byte at a time from process to process. Reading ends when all writers
/// have.
class signal_pipe {
 public:
  signal_pipe() { EXPECT_EQ(::pipe(ends_.data()), 0); }
  signal_pipe(const signal_pipe&) = delete;
  signal_pipe& operator=(const signal_pipe&) = delete;
  ~signal_pipe() {
    close_end(0);
    close_end(1);
  }
  void send(char what) { EXPECT_EQ(::write(ends_[1], &what, 1), 1); }
  /// 0 at the end.
  [[nodiscard]] char receive() {
    char what = 0;
    return ::read(ends_[0], &what, 1) == 1 ? what : '\0';
  }
  void close_reading() { close_end(0); }
  void close_writing() { close_end(1); }

 private:
  void close_end(std::size_t index) {
    if (ends_[index] >= 0) ::close(ends_[index]);
    ends_[index] = -1;
  }
  std::array<int, 2> ends_{-1, -1};
};

/// Runs `body` in a forked process, which ends with what it returns.
inline pid_t start_process(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  EXPECT_GT(child, 0);
  return child;
}

/// The exit status; 128 and the signal if it was killed.
inline int wait_for(pid_t child) {
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace mainstem::os::test
