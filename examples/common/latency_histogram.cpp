// SPDX-License-Identifier: Apache-2.0
#include "common/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace examples {

// Values below `steps` have a bucket each. Above, every power of two is cut into `steps` buckets.
std::size_t latency_histogram::bucket_of(std::uint64_t value) noexcept {
  if (value < steps) return static_cast<std::size_t>(value);
  const auto shift = static_cast<std::size_t>(std::bit_width(value)) - 1 - steps_bits;
  return shift * steps + static_cast<std::size_t>(value >> shift);
}

std::uint64_t latency_histogram::last_value_of(std::size_t bucket) noexcept {
  if (bucket < 2 * steps) return bucket;
  const std::size_t shift = bucket / steps - 1;
  const std::uint64_t step = bucket - shift * steps;
  return ((step + 1) << shift) - 1;
}

void latency_histogram::record(std::chrono::nanoseconds duration) noexcept {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
  buckets_[bucket_of(value)].fetch_add(1, std::memory_order_relaxed);
}

void latency_histogram::add(const latency_histogram& other) noexcept {
  for (std::size_t i = 0; i < bucket_count; ++i)
    if (const auto more = other.buckets_[i].load(std::memory_order_relaxed); more != 0)
      buckets_[i].fetch_add(more, std::memory_order_relaxed);
}

std::uint64_t latency_histogram::count() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& bucket : buckets_) sum += bucket.load(std::memory_order_relaxed);
  return sum;
}

std::chrono::nanoseconds latency_histogram::quantile(double fraction) const noexcept {
  const std::uint64_t all = count();
  if (all == 0) return {};
  const auto rank = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(fraction * static_cast<double>(all))));
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < bucket_count; ++i) {
    below += buckets_[i].load(std::memory_order_relaxed);
    if (below >= rank) return std::chrono::nanoseconds(last_value_of(i));
  }
  return {};
}

}  // namespace examples
