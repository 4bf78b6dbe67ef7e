// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <mainstem/verify.h>

#include "log/log_verifier.h"

namespace mainstem::log {

/// What to do about damage to the log.
inline constexpr std::string_view put_back =
    ": put the file back from a copy, restore a backup, or let repair make a new store of all that "
    "is good";

/// Something that looks wrong, until it is known whether it had been durable.
struct suspect {
  finding what;
  std::uint64_t expected = 0;  ///< The position that should follow.
  bool certain = false;        ///< Damage, whatever the evidence says.
  bool open = false;           ///< Nothing behind it has been found yet.
  std::uint64_t torn_bytes = 0;
  log_totals before;
};

/// Says which positions a finding is about.
void set_positions(finding& of, std::uint64_t first, std::uint64_t last);

/// What is known when everything was read; or when what had been durable was.
struct judged_log {
  log_totals totals;
  std::vector<suspect> suspects;
  std::uint64_t expected = 0;
  std::uint64_t evidence = 0;
  std::uint64_t end_offset = 0;
  std::string path;
};

/// Tells damage from a torn end, by what is known to have been durable.
[[nodiscard]] log_verification::part judge(judged_log state);

}  // namespace mainstem::log
