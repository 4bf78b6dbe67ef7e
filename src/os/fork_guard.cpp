// SPDX-License-Identifier: Apache-2.0
#include "os/fork_guard.h"

#include <pthread.h>

#include <atomic>

namespace mainstem::os {
namespace {

std::atomic<std::uint64_t> generation{0};

void raise_generation() noexcept { generation.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

std::uint64_t current_fork_generation() noexcept {
  static const int registered = ::pthread_atfork(nullptr, nullptr, &raise_generation);
  static_cast<void>(registered);
  return generation.load(std::memory_order_relaxed);
}

}  // namespace mainstem::os
