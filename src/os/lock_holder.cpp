// SPDX-License-Identifier: Apache-2.0
#include "os/lock_holder.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace mainstem::os {
namespace {

/// Takes the line "key value" from the front of `text`.
std::optional<std::string_view> take_line(std::string_view& text, std::string_view key) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  if (line.size() < key.size() + 2 || !line.starts_with(key) || line[key.size()] != ' ') {
    return std::nullopt;
  }
  line.remove_prefix(key.size() + 1);
  // It is shown to people: what a damaged file holds must not reach their terminal.
  const bool printable =
      std::all_of(line.begin(), line.end(), [](char c) { return c > ' ' && c < 0x7f; });
  return printable ? std::optional(line) : std::nullopt;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  std::string host(name.data());
  std::replace_if(
      host.begin(), host.end(), [](char c) { return c <= ' ' || c >= 0x7f; }, '?');
  return host.empty() ? "unknown" : host;
}

std::string utc_now() {
  const time_t now = ::time(nullptr);
  tm parts{};
  std::array<char, 32> text{};
  if (::gmtime_r(&now, &parts) == nullptr) return "unknown";
  const std::size_t size = ::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

}  // namespace

std::string lock_file_text(const lock_holder& holder) {
  return "host " + holder.host + "\npid " + std::to_string(holder.pid) + "\nsince " +
         holder.start_time + "\n";
}

std::optional<lock_holder> parse_lock_file(std::string_view text) {
  const auto host = take_line(text, "host");
  if (!host) return std::nullopt;
  const auto pid = take_line(text, "pid");
  if (!pid) return std::nullopt;
  const auto since = take_line(text, "since");
  if (!since) return std::nullopt;

  lock_holder holder{.host = std::string(*host), .pid = 0, .start_time = std::string(*since)};
  const auto parsed = std::from_chars(pid->data(), pid->data() + pid->size(), holder.pid);
  if (parsed.ec != std::errc() || parsed.ptr != pid->data() + pid->size() || holder.pid <= 0) {
    return std::nullopt;
  }
  return holder;
}

error locked_error(const std::string& path, std::string_view text) {
  std::string detail = "the store is open for writing ";
  if (const auto holder = parse_lock_file(text)) {
    detail += "in process " + std::to_string(holder->pid) + " on host " + holder->host + " since " +
              holder->start_time + "; close it there first";
  } else {
    detail += "elsewhere (the lock file does not say where); close it there first";
  }
  return {errc::store_locked, error_info{.detail = std::move(detail), .path = path}};
}

lock_holder this_process() {
  return {.host = host_name(), .pid = ::getpid(), .start_time = utc_now()};
}

}  // namespace mainstem::os
