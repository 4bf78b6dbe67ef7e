// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/uuid.h>

#include "base/bytes.h"
#include "index/environment.h"
#include "index/index_types.h"

/// The rows of the index, to bytes and back. A value begins with a checksum over the rest of it
/// that is seeded with its table and key, so that a value in the wrong place fails like a damaged
/// one. Decoding answers corrupt_index, and checks every size before it reads.
namespace mainstem::index {

inline constexpr std::uint32_t layout_version = 1;
/// Stream numbers and versions have 48 bits in keys.
inline constexpr std::uint64_t largest_48_bits = (std::uint64_t{1} << 48U) - 1U;

/// What the index says of itself: one row.
struct index_state {
  uuid store_id;
  std::uint64_t generation = 0;  ///< Grows with every change of the runs.
  std::uint64_t streams = 0;     ///< Numbers 1 to this one are in use.
  std::uint32_t flushes = 0;     ///< The number of the newest flush.
  std::uint32_t last_run = 0;    ///< The highest run number that was ever given out.
  log_point flushed{};
};

/// A run holds what the flushes from `low_flush` to `high_flush` brought.
struct run_record {
  std::uint32_t run = 0;
  std::uint32_t low_flush = 0;
  std::uint32_t high_flush = 0;
  std::uint32_t tier = 0;  ///< 0: as flushed, in table::entries; higher ones are in table::merged.
  std::uint64_t events = 0;
  [[nodiscard]] table home() const noexcept { return tier == 0 ? table::entries : table::merged; }
};

/// A merge under way: what a crash would otherwise forget.
struct merge_record {
  enum class phase : std::uint32_t { building = 1, deleting = 2 };
  phase doing = phase::building;
  run_record output;                 ///< With the events that it has so far.
  std::uint64_t next_stream = 0;     ///< Building goes on here,
  std::uint64_t next_version = 0;    ///< with this version of it (0: its first),
  std::uint32_t previous_flush = 0;  ///< whose rows point back to this flush.
  std::vector<run_record>
      inputs;  ///< In the order of their flushes. Deleting: what is still there.
};

/// The key of a row of entries. Bytewise order is the order of the members.
struct entry_place {
  std::uint32_t run = 0;
  std::uint64_t stream = 0;
  std::uint64_t first_version = 0;
  friend auto operator<=>(const entry_place&, const entry_place&) = default;
};

/// The value of a row of entries, in place.
class entry_view {
 public:
  [[nodiscard]] std::uint32_t previous_flush() const noexcept { return previous_flush_; }
  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
  [[nodiscard]] event_address address(std::size_t at) const noexcept {
    return event_address::from_packed(load<std::uint64_t>(addresses_ + 8 * at));
  }
  [[nodiscard]] std::uint32_t id_hash(std::size_t at) const noexcept {
    return load<std::uint32_t>(addresses_ + 8 * std::size_t{count_} + 4 * at);
  }

 private:
  friend result<entry_view> decode_entry(table, bytes_view, bytes_view);
  std::uint32_t previous_flush_ = 0;
  std::uint32_t count_ = 0;
  const std::byte* addresses_ = nullptr;
};

using head_key_bytes = std::array<std::byte, 6>;
using run_key_bytes = std::array<std::byte, 4>;
using entry_key_bytes = std::array<std::byte, 16>;
using value_bytes = std::vector<std::byte>;

[[nodiscard]] bytes_view state_key() noexcept;
[[nodiscard]] bytes_view merge_key() noexcept;
[[nodiscard]] head_key_bytes head_key(std::uint64_t stream) noexcept;
[[nodiscard]] run_key_bytes run_key(std::uint32_t run) noexcept;
[[nodiscard]] entry_key_bytes entry_key(const entry_place& place) noexcept;
/// Nothing if the size is wrong.
[[nodiscard]] std::optional<entry_place> parse_entry_key(bytes_view key) noexcept;

/// Each replaces what `into` holds.
void encode_state(const index_state& state, value_bytes& into);
void encode_merge(const merge_record& merge, value_bytes& into);
void encode_name(std::string_view stream, std::uint64_t number, value_bytes& into);
void encode_head(const stream_head& head, value_bytes& into);
void encode_run(const run_record& run, value_bytes& into);
void encode_entry(table home, const entry_place& place, std::uint32_t previous_flush,
                  std::span<const indexed_event> events, value_bytes& into);

[[nodiscard]] result<index_state> decode_state(bytes_view value);
[[nodiscard]] result<merge_record> decode_merge(bytes_view value);
/// Answers the stream's number.
[[nodiscard]] result<std::uint64_t> decode_name(bytes_view key, bytes_view value);
[[nodiscard]] result<stream_head> decode_head(std::uint64_t number, bytes_view value);
[[nodiscard]] result<run_record> decode_run(bytes_view key, bytes_view value);
[[nodiscard]] result<entry_view> decode_entry(table home, bytes_view key, bytes_view value);

/// errc::corrupt_index with these words.
[[nodiscard]] error corrupt(std::string_view what);

}  // namespace mainstem::index
