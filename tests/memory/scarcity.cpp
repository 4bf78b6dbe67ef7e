// SPDX-License-Identifier: Apache-2.0
#include "scarcity.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace mainstem::memory_test {
namespace {

std::atomic<std::uint64_t> period{0};
std::atomic<std::uint64_t> calls{0};
std::atomic<std::uint64_t> failed{0};
thread_local bool exempt = false;

bool is_to_fail() noexcept {
  const std::uint64_t every = period.load(std::memory_order_relaxed);
  if (every == 0 || exempt) return false;
  if ((calls.fetch_add(1, std::memory_order_relaxed) + 1) % every != 0) return false;
  failed.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void* allocate(std::size_t size, std::size_t alignment) {
  void* memory = nullptr;
  if (!is_to_fail()) {
    memory = alignment <= alignof(std::max_align_t)
                 ? std::malloc(size == 0 ? 1 : size)
                 : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  }
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

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

using mainstem::memory_test::allocate;

// NOLINTBEGIN(misc-new-delete-overloads)
void* operator new(std::size_t size) { return allocate(size, 1); }
void* operator new[](std::size_t size) { return allocate(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
// NOLINTEND(misc-new-delete-overloads)
