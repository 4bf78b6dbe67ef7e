// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mainstem/types.h>
#include <mainstem/uuid.h>

#include "domain/commands.h"

namespace checkout {

// One stream for each aggregate: what stands before the `-` is its category.
[[nodiscard]] mainstem::stream_name stream_of(order_number order);
[[nodiscard]] mainstem::stream_name stream_of(item_number item);
[[nodiscard]] mainstem::stream_name stream_of(customer_number customer);

/// The number behind the first `-` of a stream's name; 0 if there is none.
[[nodiscard]] std::uint64_t number_in(std::string_view stream) noexcept;

/// The id of a command, and of each event that it comes to: an id is unique within its stream, and
/// a command has one event in each. The same in every process, so that a command that is submitted
/// again is recognised.
[[nodiscard]] mainstem::event_id id_of(const command& wanted);

}  // namespace checkout
