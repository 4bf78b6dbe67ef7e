// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <mainstem/error.h>

namespace mainstem::os {

/// What a failed call of the system is reported as: its code, and "cannot `attempt` `path`".
/// @param number an errno.
/// @param attempt what was tried, up to where the path follows: "write 300 bytes at 4096 of".
[[nodiscard]] error system_error(int number, std::string_view attempt, const std::string& path,
                                 std::optional<std::uint64_t> offset = std::nullopt);

/// "`verb` `bytes` bytes at `offset` of", and "`verb` `size_bytes` bytes of".
[[nodiscard]] std::string attempt_at(std::string_view verb, std::uint64_t bytes,
                                     std::uint64_t offset);
[[nodiscard]] std::string attempt_to(std::string_view verb, std::uint64_t size_bytes);

/// Errors: invalid_argument unless `name` is a single path component other than `.` and `..`.
[[nodiscard]] result<void> check_component(std::string_view name, const std::string& parent);

[[nodiscard]] std::string joined_path(const std::string& parent, std::string_view name);

}  // namespace mainstem::os
