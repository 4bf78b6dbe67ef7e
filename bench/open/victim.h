// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "open/child.h"

namespace mainstem::bench {

/// What a child said after opening.
struct opened_report {
  double seconds = 0;
  std::uint64_t last_position = 0;
  std::uint64_t events_replayed = 0;
  std::uint64_t events_rewritten = 0;
  std::uint64_t bytes_cut = 0;
  bool clean = false;
  bool index_rebuilt = false;
  bool damaged = false;
};

/// What a child said after filling.
struct filled_report {
  double seconds = 0;
  std::uint64_t events = 0;
  std::uint64_t bytes_to_calls = 0;  ///< These three: see written_bytes.
  std::uint64_t bytes_dirtied = 0;
  std::uint64_t bytes_to_disk = 0;
  std::uint64_t log_bytes = 0;
  std::uint64_t index_bytes = 0;
  std::uint64_t index_flushes = 0;
};

/// A fresh process of this program that appends until it is killed.
class victim {
 public:
  explicit victim(const child_task& task);
  ~victim();
  victim(const victim&) = delete;
  victim& operator=(const victim&) = delete;

  // Each waits for the line and throws if the child says anything else, or ends.
  [[nodiscard]] opened_report wait_until_opened();
  [[nodiscard]] filled_report wait_until_filled();

  /// Lets it append for so long, then kills it with SIGKILL.
  /// Returns the last position that it saw acknowledged; 0 if none.
  [[nodiscard]] std::uint64_t kill_after(std::chrono::duration<double> delay);

 private:
  struct file_closer {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  [[nodiscard]] std::optional<std::string> next_line();
  [[nodiscard]] std::string expect_line(const std::string& first_word);
  void end() noexcept;

  pid_t process_ = -1;
  std::unique_ptr<std::FILE, file_closer> output_;
};

}  // namespace mainstem::bench
