// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <mainstem/store_options.h>

#include "engine/surroundings.h"

namespace mainstem::detail {

/// The disk, the clock and LMDB of the machine that this runs on.
/// Lifetime: what it refers to lives as long as the process.
[[nodiscard]] engine::surroundings real_surroundings(
    std::uint32_t index_readers = store_options{}.index_readers);

}  // namespace mainstem::detail
