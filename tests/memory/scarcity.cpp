// SPDX-License-Identifier: Apache-2.0
#include "scarcity.h"

#include <atomic>

#include "support/replaced_allocation.h"

namespace mainstem::memory_test {
namespace {

std::atomic<std::uint64_t> period{0};
std::atomic<std::uint64_t> calls{0};
std::atomic<std::uint64_t> failed{0};
thread_local bool exempt = false;

}  // namespace

scarcity::scarcity(std::uint64_t every) noexcept {
  calls = 0;
  period = every;
}
scarcity::~scarcity() { period = 0; }
std::uint64_t scarcity::failures() noexcept { return failed; }

has_memory::has_memory(bool always) noexcept : before_(std::exchange(exempt, always)) {}
has_memory::~has_memory() { exempt = before_; }

}  // namespace mainstem::memory_test

bool mainstem::test_support::allocation_is_to_fail() noexcept {
  using namespace memory_test;
  const std::uint64_t every = period.load(std::memory_order_relaxed);
  if (every == 0 || exempt) return false;
  if ((calls.fetch_add(1, std::memory_order_relaxed) + 1) % every != 0) return false;
  failed.fetch_add(1, std::memory_order_relaxed);
  return true;
}
