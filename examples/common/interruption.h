// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace examples {

/// From now on SIGINT and SIGTERM only set what interrupted() answers.
void catch_interruptions();
[[nodiscard]] bool interrupted() noexcept;

}  // namespace examples
