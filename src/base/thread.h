// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace mainstem {

/// Gives the calling thread the name that debuggers and `top -H` show.
/// @param name at most 15 characters.
void name_thread(const char* name) noexcept;

/// From now on, when there are more threads than cores, the calling thread gets about a tenth of
/// what the others get (nice +10). Where the system does not let it, nothing happens.
void lower_thread_priority() noexcept;

}  // namespace mainstem
