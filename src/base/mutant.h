// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A planted bug, which the tests have to catch: tests/mutants.txt says what each does, and which
/// test catches it. In the library this is false, and nothing of the bug is compiled; tests/mutants
/// compiles the files that have one a second time. Only in .cpp files.
#ifdef MAINSTEM_PLANT_MUTANTS
namespace mainstem {
[[nodiscard]] bool is_planted(const char* mutant) noexcept;
}
#define MAINSTEM_MUTANT(name) ::mainstem::is_planted(#name)
#else
#define MAINSTEM_MUTANT(name) false
#endif
