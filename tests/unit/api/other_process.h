// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace mainstem::api::test {

/// A run of the program in process/, with its input and output at hand.
class other_process {
 public:
  explicit other_process(const std::vector<std::string>& arguments);
  other_process(const other_process&) = delete;
  other_process& operator=(const other_process&) = delete;
  /// Kills it if it still runs.
  ~other_process();

  [[nodiscard]] pid_t id() const noexcept { return id_; }
  /// The next line of its output without the end of line; empty at the end.
  [[nodiscard]] std::string read_line();
  /// SIGKILL, and waits until it is gone. What it had said before can still be read.
  void kill();
  /// Ends its input and waits: its exit status, or 128 and the signal.
  int finish();

 private:
  int wait();
  pid_t id_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string read_ahead_;
};

/// Runs `body` in a forked copy of this process, which ends with what it returns: that status, or
/// 128 and the signal. What the body expects in vain is printed, and is status 99.
[[nodiscard]] int in_forked_process(const std::function<int()>& body);

}  // namespace mainstem::api::test
