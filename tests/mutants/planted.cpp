// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "base/mutant.h"

// The tests, on a store with one planted bug: the one that MAINSTEM_PLANT names, or none.
namespace {

std::string_view planted() {
  static const char* const name = std::getenv("MAINSTEM_PLANT");
  return name == nullptr ? std::string_view() : std::string_view(name);
}

/// A bug in code that no test runs would prove nothing.
bool reached = false;

}  // namespace

bool mainstem::is_planted(const char* mutant) noexcept {
  static const std::string_view name = planted();
  if (name.empty() || name != mutant) return false;
  reached = true;
  return true;
}

int main(int argument_count, char** arguments) {
  testing::InitGoogleTest(&argument_count, arguments);
  const int status = RUN_ALL_TESTS();
  if (!planted().empty() && !reached) std::cout << "never reached: " << planted() << '\n';
  return status;
}
