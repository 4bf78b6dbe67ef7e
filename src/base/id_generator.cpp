// SPDX-License-Identifier: Apache-2.0
#include "base/id_generator.h"

#include <memory>

#include "base/bytes.h"

namespace mainstem {
namespace {

constexpr std::uint64_t low_mask = (std::uint64_t{1} << 62U) - 1;
constexpr std::uint64_t high_mask = 0xfffU;

}  // namespace

uuid id_generator::next() noexcept {
  const std::uint64_t now = clock_.unix_nanoseconds() / 1'000'000U;
  const std::lock_guard guard(mutex_);
  if (!started_ || now > milliseconds_) {
    start_millisecond(now);
  } else {
    count_up();
  }
  return assemble();
}

void id_generator::restart_in_child() noexcept {
  // It may have been held by a thread that does not exist in the child.
  std::construct_at(&mutex_);
  used_ = block_.size();
  started_ = false;
}

template <class Number>
Number id_generator::draw() noexcept {
  if (used_ + sizeof(Number) > block_.size()) {
    random_.fill(block_);
    used_ = 0;
  }
  const auto value = load<Number>(block_.data() + used_);
  used_ += sizeof(Number);
  return value;
}

void id_generator::start_millisecond(std::uint64_t milliseconds) noexcept {
  started_ = true;
  milliseconds_ = milliseconds;
  high_ = draw<std::uint64_t>() &
          (high_mask >> 1U);  // The top bit stays free for the counter to go up.
  low_ = draw<std::uint64_t>() & low_mask;
}

void id_generator::count_up() noexcept {
  low_ += std::uint64_t{1} + draw<std::uint32_t>();
  if (low_ <= low_mask) return;
  low_ &= low_mask;
  if (++high_ <= high_mask) return;
  high_ = 0;
  ++milliseconds_;
}

uuid id_generator::assemble() const noexcept {
  const std::uint64_t first = (milliseconds_ << 16U) | 0x7000U | high_;
  const std::uint64_t second = (std::uint64_t{2} << 62U) | low_;
  uuid::bytes_type bytes;
  store_at(bytes.data(), __builtin_bswap64(first));
  store_at(bytes.data() + 8, __builtin_bswap64(second));
  return uuid(bytes);
}

}  // namespace mainstem
