// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mainstem::bench {

inline constexpr std::string_view event_type = "order-placed";
inline constexpr std::size_t name_bytes = 16;  ///< Of a stream's name.

/// Small and fast random numbers (SplitMix64), the same on every machine.
class random_source {
 public:
  explicit random_source(std::uint64_t seed) noexcept : state_(seed) {}
  [[nodiscard]] std::uint64_t next() noexcept;
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept;

 private:
  std::uint64_t state_;
};

/// One event that a store is asked to append.
struct planned_event {
  std::string_view stream;
  std::uint64_t version_before = 0;  ///< What the writer knows its stream to be at.
  std::span<const std::byte> payload;
};

/// Names of streams and payloads, made ahead so that making them is not measured.
class event_material {
 public:
  event_material(std::size_t streams, std::size_t payload_bytes);

  [[nodiscard]] std::size_t streams() const noexcept { return names_.size(); }
  [[nodiscard]] std::size_t payload_bytes() const noexcept { return payload_bytes_; }
  [[nodiscard]] std::string_view name(std::size_t stream) const noexcept { return names_[stream]; }
  /// One of many payloads. Random bytes, so that no store gains from compressing them, and few
  /// enough to stay in the cache, as a payload that was just made would.
  [[nodiscard]] std::span<const std::byte> payload(std::uint64_t choice) const noexcept;

 private:
  std::vector<std::string> names_;
  std::size_t payload_bytes_;
  std::vector<std::byte> bytes_;
};

/// What the writers of one store know of its streams.
/// Thread safety: writers that plan over different streams do not meet here.
struct stream_heads {
  explicit stream_heads(std::size_t streams) : versions(streams), drawn(streams) {}
  std::vector<std::uint32_t> versions;
  std::vector<std::uint8_t> drawn;  ///< 1 while the stream stands in a commit under way.
};

/// Draws commits for one writer, over the streams that are its own.
class event_plan {
 public:
  /// Writer number `writer` of `writers`; `seed` as well differs per writer.
  event_plan(const event_material& material, stream_heads& heads, std::size_t writer,
             std::size_t writers, std::uint64_t seed);

  /// Events for as many different streams in random order. There must be as many.
  /// Lifetime: until the next call.
  [[nodiscard]] std::span<const planned_event> draw(std::size_t events);
  /// Of the events drawn last, so many stand in the store now: the first ones. The others may be
  /// drawn again.
  void committed(std::size_t events);
  void committed() { committed(drawn_.size()); }

 private:
  const event_material* material_;
  stream_heads* heads_;
  std::size_t first_stream_;
  std::size_t stream_count_;
  random_source random_;
  std::vector<std::size_t> drawn_;
  std::string names_;  // In the cache when the store sees them, as a service's would be.
  std::vector<planned_event> events_;
};

}  // namespace mainstem::bench
