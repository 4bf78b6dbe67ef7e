// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "command_figures.h"
#include "common_names.h"

namespace checkout {

/// What the writer processes did, all together.
struct writing_figures {
  std::uint64_t processes = 0;
  std::uint64_t kills = 0;
  std::chrono::nanoseconds working{};  ///< With the store open, all processes together.
  std::chrono::nanoseconds longest_recovery{};
  std::uint64_t follower_kills = 0;
  std::unique_ptr<command_figures> commands = std::make_unique<command_figures>();

  [[nodiscard]] double commits_per_second() const {
    const double seconds = std::chrono::duration<double>(working).count();
    return seconds > 0 ? static_cast<double>(commands->commits) / seconds : 0;
  }
};

/// What reading the whole log showed.
struct verification_figures {
  std::uint64_t events = 0;
  std::uint64_t orders = 0;
  std::uint64_t shipped = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t sold = 0;            ///< Pieces.
  std::uint64_t out_of_order = 0;    ///< Events that do not stand at the next position or version.
  std::uint64_t oversold = 0;        ///< Events that promise or ship more than there is.
  std::uint64_t rules_broken = 0;    ///< Events that the rules do not allow, or that stand alone.
  std::uint64_t acknowledged = 0;    ///< Commits.
  std::uint64_t lost = 0;            ///< Acknowledged, and not there exactly as it was said.
  std::uint64_t followed = 0;        ///< Events that the follower saw, each once and in order.
  bool follower_agrees = false;      ///< It saw these events at these positions, and sold as much.
  bool closed_cleanly = false;       ///< The store was found so.
  std::vector<std::string> remarks;  ///< The first things that were wrong, in words.

  [[nodiscard]] std::uint64_t unfinished() const { return orders - shipped - cancelled; }
  [[nodiscard]] bool all_well() const {
    return unfinished() == 0 && out_of_order == 0 && oversold == 0 && rules_broken == 0 &&
           lost == 0 && follower_agrees && closed_cleanly;
  }
};

}  // namespace checkout
