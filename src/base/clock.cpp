// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace mainstem {
namespace {

class system_clock_of_process final : public clock_source {
 public:
  std::uint64_t unix_nanoseconds() noexcept override {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count();
    return count < 0 ? 0 : static_cast<std::uint64_t>(count);
  }
  std::chrono::nanoseconds monotonic() noexcept override {
    return std::chrono::steady_clock::now().time_since_epoch();
  }
};

class random_of_kernel final : public random_source {
 public:
  void fill(std::span<std::byte> into) noexcept override {
    while (!into.empty()) {
      const ssize_t got = ::getrandom(into.data(), into.size(), 0);
      if (got > 0) {
        into = into.subspan(static_cast<std::size_t>(got));
      } else if (errno != EINTR) {
        // Bytes that can be guessed would make the store's secret worthless: there is no fallback.
        std::fputs("mainstem: the kernel gives no random bytes\n", stderr);
        std::abort();
      }
    }
  }
};

}  // namespace

clock_source& system_clock_source() noexcept {
  static system_clock_of_process instance;
  return instance;
}

random_source& system_random_source() noexcept {
  static random_of_kernel instance;
  return instance;
}

}  // namespace mainstem
