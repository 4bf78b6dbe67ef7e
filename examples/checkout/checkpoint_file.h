// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "common/problem.h"
#include "common_names.h"
#include "sales_view.h"

namespace checkout {

/// Keeps what a follower has made of the log together with the position that it was made up to, so
/// that one cannot be there without the other. Survives the end of the process, not of the machine:
/// then the file is deleted, and the follower begins anew.
class checkpoint_file {
 public:
  /// An empty path: nothing is kept.
  explicit checkpoint_file(std::string path) : path_(std::move(path)) {}
  /// A view of nothing if there is no file yet. Errors: failure, if it cannot be read.
  [[nodiscard]] outcome<sales_view> load() const;
  /// Replaces the file as a whole.
  [[nodiscard]] outcome<void> save(const sales_view& view) const;

 private:
  std::string path_;
};

}  // namespace checkout
