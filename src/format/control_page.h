// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <mainstem/error.h>

#include "format/log_point.h"
#include "format/segment_header.h"

namespace mainstem::format {

/// What a writer tells other processes.
struct control_state {
  std::uint64_t sequence = 0;
  std::uint32_t epoch = 0;
  log_point durable;
  friend bool operator==(const control_state&, const control_state&) = default;
};

/// Fills a whole page, `into`, with this state in both slots.
void encode_control_page(const control_state& state, const store_identity& store,
                         std::span<std::byte> into);
/// Puts the state into its slot and its number into the wake word: all that changes.
void update_control_page(const control_state& state, const store_identity& store,
                         std::span<std::byte> page);

/// Errors: foreign_file (of another store), unsupported_format (of a newer version), corrupt_data.
[[nodiscard]] result<void> check_control_page(std::span<const std::byte> page,
                                              const store_identity& store);

/// The newest state that checks out; nothing if neither does. The page may be written meanwhile.
[[nodiscard]] std::optional<control_state> read_control_page(std::span<const std::byte> page,
                                                             const store_identity& store);

}  // namespace mainstem::format
