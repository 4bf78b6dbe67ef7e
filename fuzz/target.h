// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

/// What the fuzz targets have in common. Each stands in a file of its own, NAME_target.cpp, and has
/// a row in targets.txt.
namespace mainstem::fuzz {

using byte_vector = std::vector<std::byte>;
using byte_span = std::span<const std::byte>;

struct target {
  const char* name;
  /// Takes any bytes. Ends the process if the library does what it must not do.
  void (*run)(byte_span input);
  /// Inputs to begin with, made by the library's own code.
  std::vector<byte_vector> (*seeds)();
};

/// A rule that must hold whatever the input is. If it does not, the process ends.
void require(bool holds, const char* rule);
/// The same of a call that must succeed; says why it did not.
template <class Result>
void require_success(const Result& done, const char* rule) {
  if (!done) require(false, (std::string(rule) + ": " + done.error().message()).c_str());
}

}  // namespace mainstem::fuzz
