// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <mainstem/export.h>

/// The version of these headers, by semantic versioning: below 1.0 each minor version may change
/// the API and the ABI. The build reads it from here, and nowhere else is it written down.
#define MAINSTEM_VERSION_MAJOR 0
#define MAINSTEM_VERSION_MINOR 1
#define MAINSTEM_VERSION_PATCH 0

/// The three in one number that grows with every version, for `#if MAINSTEM_VERSION >= 1002000`:
/// three decimal digits each for minor and patch.
#define MAINSTEM_VERSION \
  (MAINSTEM_VERSION_MAJOR * 1000000 + MAINSTEM_VERSION_MINOR * 1000 + MAINSTEM_VERSION_PATCH)

#define MAINSTEM_TEXT_OF(number) #number
#define MAINSTEM_DOTTED(major, minor, patch) \
  MAINSTEM_TEXT_OF(major) "." MAINSTEM_TEXT_OF(minor) "." MAINSTEM_TEXT_OF(patch)

namespace mainstem {

/// The version of the headers that this program was compiled with, as text and as
/// MAINSTEM_VERSION.
inline constexpr std::string_view header_version =
    MAINSTEM_DOTTED(MAINSTEM_VERSION_MAJOR, MAINSTEM_VERSION_MINOR, MAINSTEM_VERSION_PATCH);
inline constexpr int header_version_number = MAINSTEM_VERSION;

/// The version of the library that this program runs with. It differs from header_version if a
/// shared library has been exchanged for another. Another patch is sound; the loader takes no other
/// minor version, which is part of the name by which it looks for the library.
///
/// Lifetime: as long as the library is loaded.
/// Thread safety: safe.
[[nodiscard]] MAINSTEM_API std::string_view library_version() noexcept;
/// The same in the form of MAINSTEM_VERSION.
[[nodiscard]] MAINSTEM_API int library_version_number() noexcept;

}  // namespace mainstem

#undef MAINSTEM_DOTTED
#undef MAINSTEM_TEXT_OF
