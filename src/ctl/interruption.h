// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

namespace mainstem::ctl {

/// SIGINT and SIGTERM ask what is running to stop; a second one ends the program.
void begin_watching_signals();
[[nodiscard]] bool was_interrupted() noexcept;

/// Shows how far something has come, if there is a terminal; asks it to stop after a signal.
class progress_line {
 public:
  explicit progress_line(std::string what) : what_(std::move(what)) {}
  ~progress_line();
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;

  void show(std::uint64_t done, std::uint64_t total);
  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

 private:
  std::string what_;
  std::stop_source stop_;
  bool is_shown_ = false;
};

}  // namespace mainstem::ctl
