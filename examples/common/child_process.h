// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/problem.h"

namespace examples {

/// How a process ended: by itself with a status, or by a signal.
struct process_end {
  int status = 0;
  int signal = 0;
};

/// This program, started again with other arguments. It does not outlive this one.
class child_process {
 public:
  /// `name` is what the process is listed as.
  [[nodiscard]] static outcome<child_process> start(const std::string& name,
                                                    const std::vector<std::string>& arguments);
  child_process(child_process&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), end_(other.end_) {}
  child_process& operator=(child_process&&) = delete;
  /// Kills it if it is still there.
  ~child_process();

  /// How it ended; nothing while it runs.
  [[nodiscard]] std::optional<process_end> ended();
  /// SIGKILL, and waits for its end. If it had ended by itself before, the answer says so.
  process_end kill();

 private:
  explicit child_process(pid_t pid) noexcept : pid_(pid) {}
  void collect(int status) noexcept;
  pid_t pid_;
  std::optional<process_end> end_;
};

}  // namespace examples
