// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace mainstem::bench {

/// A new folder for one run, removed with all that is in it by the destructor.
class scratch_folder {
 public:
  /// @param parent where to make it; empty: beside the running program, in the build folder.
  /// Throws if the file system there lives in memory: its syncs cost nothing and would measure
  /// nothing.
  explicit scratch_folder(std::filesystem::path parent);
  ~scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace mainstem::bench
