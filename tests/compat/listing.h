// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <mainstem/event.h>

namespace mainstem::compat {

/// All that an event is, in a line: position, stream, version, id, type, codec, nanoseconds, tags
/// (with commas between them), metadata (hexadecimal), payload's size and XXH3. `-` is nothing.
[[nodiscard]] std::string line_of(const event_view& event);

}  // namespace mainstem::compat
