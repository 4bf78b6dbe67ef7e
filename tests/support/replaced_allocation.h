// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace mainstem::test_support {

/// Asked before each allocation of a program that has replaced_allocation.cpp among its sources.
/// The program defines it; it may not allocate.
[[nodiscard]] bool allocation_is_to_fail() noexcept;

}  // namespace mainstem::test_support
