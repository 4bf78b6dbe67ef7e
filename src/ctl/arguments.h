// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "ctl/report.h"

namespace mainstem::ctl {

struct info_arguments {
  std::string store;
};
struct verify_arguments {
  std::string store;
  bool log_only = false;
  std::optional<std::uint64_t> to;
};

struct dump_arguments {
  std::string store;
  std::optional<std::uint32_t> segment;
  std::optional<std::uint64_t> frame;
  std::optional<std::uint64_t> event;
  std::size_t most_bytes = 4096;
};
struct backup_arguments {
  std::string store;
  std::string target;
  bool hard_links = false;
};
struct restore_arguments {
  std::string backup;
  std::string target;
  std::optional<std::uint64_t> highest_known;
};
struct repair_arguments {
  std::string store;
  std::string target;
};

struct arguments {
  output as = output::text;
  std::variant<info_arguments, verify_arguments, dump_arguments, backup_arguments,
               restore_arguments, repair_arguments>
      verb;
};

/// What the call asks for, also if the rest of it cannot be understood.
[[nodiscard]] output output_of(int count, const char* const* values) noexcept;

/// What was asked for; or the status to end with, after help or a complaint.
[[nodiscard]] std::variant<arguments, exit_status> parse(int count, const char* const* values);

[[nodiscard]] exit_status run(const info_arguments& what, output as);
[[nodiscard]] exit_status run(const verify_arguments& what, output as);
[[nodiscard]] exit_status run(const dump_arguments& what, output as);
[[nodiscard]] exit_status run(const backup_arguments& what, output as);
[[nodiscard]] exit_status run(const restore_arguments& what, output as);
[[nodiscard]] exit_status run(const repair_arguments& what, output as);

}  // namespace mainstem::ctl
