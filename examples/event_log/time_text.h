// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace event_log {

/// Reads a time as strptime does, in UTC if it does not name a zone: seconds since 1970. Nothing if
/// the format does not match the whole text, or if there is no such day.
[[nodiscard]] std::optional<std::int64_t> parse_time(const std::string& text,
                                                     const std::string& format);

}  // namespace event_log
