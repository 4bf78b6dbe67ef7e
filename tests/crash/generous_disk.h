// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/file.h"

namespace mainstem::test_support {

/// Passes every call on, and has memory for it: a simulated disk stands for a kernel, which does
/// not take its memory from the program.
///
/// Lifetime: `real` outlives it.
class generous_disk final : public os::disk {
 public:
  explicit generous_disk(os::disk& real) noexcept : real_(real) {}
  result<std::shared_ptr<os::directory>> open_directory(const std::string& path,
                                                        bool create) override;

 private:
  os::disk& real_;
};

}  // namespace mainstem::test_support
