// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string_view>

#include <mainstem/types.h>

#include "format/log_point.h"

namespace mainstem::index {

/// Where an event's record stands: segment number in the upper half, offset / 8 in the lower.
class event_address {
 public:
  constexpr event_address() noexcept = default;
  constexpr event_address(std::uint32_t segment, std::uint64_t offset_bytes) noexcept
      : packed_((std::uint64_t{segment} << 32U) | (offset_bytes / 8U)) {}
  [[nodiscard]] static constexpr event_address from_packed(std::uint64_t packed) noexcept {
    event_address address;
    address.packed_ = packed;
    return address;
  }
  [[nodiscard]] constexpr std::uint32_t segment() const noexcept {
    return static_cast<std::uint32_t>(packed_ >> 32U);
  }
  [[nodiscard]] constexpr std::uint64_t offset_bytes() const noexcept {
    return (packed_ & 0xffffffffU) * 8U;
  }
  [[nodiscard]] constexpr std::uint64_t packed() const noexcept { return packed_; }
  /// It leads nowhere: the loss of the event was accepted.
  [[nodiscard]] constexpr bool is_gap() const noexcept { return segment() == 0; }
  friend constexpr auto operator<=>(event_address, event_address) noexcept = default;

 private:
  std::uint64_t packed_ = 0;
};

using format::log_point;

struct stream_head {
  std::uint64_t number = 0;      ///< The stream's number, in order of first appearance, from 1.
  version last_version{};        ///< As of the last flush.
  position last_position{};      ///< Of the stream's last event, as of the last flush.
  std::uint32_t last_flush = 0;  ///< The newest flush that has events of this stream.
  friend bool operator==(const stream_head&, const stream_head&) = default;
};

struct indexed_event {
  event_address address;
  std::uint32_t id_hash = 0;
};

/// The events of one stream in one flush.
struct stream_chunk {
  std::string_view stream;
  version first_version;
  position last_position;
  /// With versions first_version, first_version + 1, ...; not empty.
  std::span<const indexed_event> events;
};

struct found_event {
  mainstem::version version;
  event_address address;
};

struct index_options {
  /// How many runs of one tier are merged into one of the next. At least 2.
  std::uint32_t merge_fanout = 8;
  /// Most events in one row; longer runs of a stream are split. At least 1. With 166, two full rows
  /// fill a page of 4 KiB; with more than that, LMDB gives each row pages of its own.
  std::uint32_t events_per_row = 166;
  /// The store's, for hashing names.
  std::uint64_t secret = 0;
};

}  // namespace mainstem::index
