// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "disk_history.h"

namespace mainstem::real_test {

/// What a loss of power leaves: by path, the folders and the content of the files.
struct disk_image {
  std::vector<std::string> folders;
  std::map<std::string, std::string> files;

  [[nodiscard]] std::uint64_t fingerprint() const;
  /// Into a folder that is not there, or empty.
  void write(const std::filesystem::path& to) const;
};

/// What of the changes that are not durable survives.
enum class survival : std::uint8_t { nothing, everything, random };

/// Any of the images that a loss of power at this moment may leave. The same seed, the same image.
[[nodiscard]] disk_image draw_image(const disk_at& disk, survival wanted, std::uint64_t seed);

}  // namespace mainstem::real_test
