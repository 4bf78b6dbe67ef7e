// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace mainstem::format {

/// What keeps a text from being a traceparent as W3C Trace Context (level 1, section 3.2) defines
/// it, in words; empty if it is one. Of versions above 00 what is defined of them today is checked,
/// and what follows it must be set off by a dash.
[[nodiscard]] std::string traceparent_flaw(std::string_view text);

}  // namespace mainstem::format
