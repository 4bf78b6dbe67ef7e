// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "board.h"
#include "common/child_process.h"
#include "common/random.h"
#include "figures.h"
#include "options.h"
#include "work_files.h"

namespace checkout {

/// Starts the writer and the follower, kills them again and again, and lets the last ones come to
/// their end. It has no store of its own open meanwhile.
class supervisor {
 public:
  supervisor(const options& chosen, const work_folder& work, std::string store);

  /// Errors: failure, with what the process said; interrupted.
  [[nodiscard]] outcome<writing_figures> run();

 private:
  using clock = std::chrono::steady_clock;
  template <class Board>
  struct child {
    shared_object<Board> told;
    child_process process;
    bool ended = false;
  };
  using writer = child<writer_board>;
  using watcher = child<follower_board>;

  [[nodiscard]] outcome<void> start_writer();
  [[nodiscard]] outcome<void> start_follower();
  [[nodiscard]] outcome<void> kill_writer();
  [[nodiscard]] outcome<void> kill_follower();
  [[nodiscard]] outcome<void> finish_writer();
  [[nodiscard]] outcome<void> finish_follower();
  [[nodiscard]] clock::time_point moment_of(std::uint32_t kill);
  /// Waits until it holds. Errors: a process came to an end that should not; interrupted.
  [[nodiscard]] outcome<void> wait_until(const std::function<bool()>& holds);
  [[nodiscard]] outcome<void> look();
  void add_up(const writer_board& told);
  [[nodiscard]] std::vector<std::string> arguments_for(const std::string& verb,
                                                       std::uint32_t number) const;

  const options& chosen_;
  const work_folder& work_;
  std::string store_;
  random_numbers random_;
  clock::time_point begin_;
  std::optional<writer> writer_;
  std::optional<watcher> follower_;
  std::uint32_t writers_ = 0;
  std::uint32_t followers_ = 0;
  writing_figures figures_;
};

}  // namespace checkout
