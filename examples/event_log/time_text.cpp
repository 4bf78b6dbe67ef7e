// SPDX-License-Identifier: Apache-2.0
#include "time_text.h"

#include <time.h>

#include <algorithm>

namespace event_log {

std::optional<std::int64_t> parse_time(const std::string& text, const std::string& format) {
  tm parts{};
  parts.tm_year = 70;
  parts.tm_mday = 1;
  const char* const end = strptime(text.c_str(), format.c_str(), &parts);
  if (end == nullptr || end != text.c_str() + text.size()) return std::nullopt;

  const int day = parts.tm_mday;
  const int month = parts.tm_mon;
  const std::int64_t offset = parts.tm_gmtoff;
  // strptime lets a leap second and the 31st of every month pass; timegm makes another day of them.
  parts.tm_sec = std::min(parts.tm_sec, 59);
  const std::int64_t seconds = timegm(&parts);
  if (parts.tm_mday != day || parts.tm_mon != month) return std::nullopt;
  return seconds - offset;
}

}  // namespace event_log
