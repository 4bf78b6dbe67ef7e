// SPDX-License-Identifier: Apache-2.0
// make_seeds FOLDER: writes what each target begins with into FOLDER/NAME.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "target.h"

namespace mainstem::fuzz {

// X(frame), X(header) ..., one for each row of targets.txt; CMake writes it.
#define X(name) extern const target name##_target;
#include "target_names.inc"
#undef X

namespace {

#define X(name) &name##_target,
constexpr const target* all_targets[] = {
#include "target_names.inc"
};
#undef X

bool write_seeds(const target& of, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  int number = 0;
  for (const byte_vector& seed : of.seeds()) {
    std::ofstream file(folder / ("seed-" + std::to_string(++number)), std::ios::binary);
    file.write(reinterpret_cast<const char*>(seed.data()),
               static_cast<std::streamsize>(seed.size()));
    file.close();
    if (!file) return false;
  }
  return number != 0;
}

}  // namespace
}  // namespace mainstem::fuzz

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: make_seeds FOLDER\n", stderr);
    return 2;
  }
  for (const auto* const target : mainstem::fuzz::all_targets) {
    if (mainstem::fuzz::write_seeds(*target, std::filesystem::path(arguments[1]) / target->name))
      continue;
    std::fprintf(stderr, "make_seeds: the seeds of %s could not be written\n", target->name);
    return 1;
  }
}
