// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "command_figures.h"
#include "common/shared_object.h"
#include "common_names.h"

namespace checkout {

enum class process_state : std::uint32_t { starting, opening, working, closing, finished, failed };

/// What a process says when it fails. Read it once its state says so.
struct last_words {
  std::array<char, 2048> text{};
  void say(const std::string& why) { why.copy(text.data(), text.size() - 1); }
};

/// What one writer process and the supervisor tell each other.
struct writer_board {
  std::atomic<process_state> state{process_state::starting};
  std::atomic<bool> stop{false};  ///< From the supervisor: no order is begun any more.
  std::atomic<std::uint64_t> opened_at_nanoseconds{0};  ///< Of the machine's steady clock.
  std::atomic<std::uint64_t> recovery_nanoseconds{0};
  command_figures commands;
  last_words message;
};

/// What the follower and the supervisor tell each other.
struct follower_board {
  std::atomic<process_state> state{process_state::starting};
  /// From the supervisor: the end of the log, once it is known.
  std::atomic<std::uint64_t> end{~std::uint64_t{0}};
  last_words message;
};

using shared_writer_board = shared_object<writer_board>;
using shared_follower_board = shared_object<follower_board>;

}  // namespace checkout
