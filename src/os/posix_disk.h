// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/file.h"

namespace mainstem::os {

struct posix_options {
  /// Makes allocate() write zeros even where the file system could reserve space without.
  bool allocate_by_writing = false;
};

/// The file systems of this machine.
///
/// Thread safety: safe. Directories too; files as file says.
class posix_disk final : public disk {
 public:
  explicit posix_disk(posix_options options = {}) noexcept : options_(options) {}

  [[nodiscard]] result<std::shared_ptr<directory>> open_directory(const std::string& path,
                                                                  bool create) override;

 private:
  posix_options options_;
};

}  // namespace mainstem::os
