// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// For the templates of mainstem/async.h and the library: not for direct use.
namespace mainstem::detail {

/// Asks for the cache line that holds this address, to be read soon; any address will do.
///
/// GCC takes a function that does nothing but prefetch for one without effects, and drops the calls
/// of it. The empty statement is an effect to it, and costs nothing.
inline void prefetch(const void* at) noexcept {
  __builtin_prefetch(at);
  asm volatile("" : : "r"(at));
}

/// The same for all of them.
inline void prefetch(const void* at, std::size_t bytes) noexcept {
  constexpr std::size_t line = 64;
  for (std::size_t offset = 0; offset < bytes; offset += line)
    prefetch(static_cast<const char*>(at) + offset);
}

}  // namespace mainstem::detail
