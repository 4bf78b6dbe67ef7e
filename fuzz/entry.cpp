// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "target.h"

// Compiled once for each target, which MAINSTEM_FUZZ_TARGET names.
namespace mainstem::fuzz {
extern const target MAINSTEM_FUZZ_TARGET;
}

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it by this name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mainstem::fuzz::MAINSTEM_FUZZ_TARGET.run({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
