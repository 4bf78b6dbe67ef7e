// SPDX-License-Identifier: Apache-2.0
#include "common/progress_line.h"

#include <unistd.h>

#include <cstdio>

namespace examples {

progress_line::progress_line() : shown_(::isatty(STDERR_FILENO) == 1) {}

progress_line::~progress_line() { say(""); }

void progress_line::say(const std::string& text) {
  if (!shown_) return;
  std::fprintf(stderr, "\r\033[K%s", text.c_str());
  std::fflush(stderr);
  last_ = std::chrono::steady_clock::now();
}

void progress_line::count(std::uint64_t done, std::uint64_t of, std::uint32_t kills) {
  if (!shown_ || std::chrono::steady_clock::now() - last_ < std::chrono::milliseconds(200)) return;
  say(grouped(done) + " of " + grouped(of) + " events, the writer was killed " +
      std::to_string(kills) + " times");
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

}  // namespace examples
