// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include <mainstem/error.h>

#include "index/environment.h"
#include "index/index_rows.h"
#include "index/index_types.h"
#include "index/known_numbers.h"

namespace mainstem::index {

/// Writes what stream_index::flush() is given as one new run, and the state that follows from it.
/// @param known of no more use if the transaction is not committed.
[[nodiscard]] result<void> write_flush(write_transaction& in, index_state state,
                                       const log_point& to, std::span<const stream_chunk> chunks,
                                       const index_options& options, known_numbers& known);

}  // namespace mainstem::index
