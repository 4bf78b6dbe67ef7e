// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace mainstem::test_support {

/// What was found to be wrong. Collected, and not asserted on the spot, so that the suites can also
/// be run against stores that are broken on purpose.
class findings {
 public:
  void add(std::string what) {
    if (all_.size() < most_kept) all_.push_back(std::move(what));
  }
  [[nodiscard]] bool any() const noexcept { return !all_.empty(); }
  [[nodiscard]] const std::vector<std::string>& all() const noexcept { return all_; }
  [[nodiscard]] std::string text() const {
    std::string joined;
    for (const auto& one : all_) joined += one + "\n";
    return joined;
  }

 private:
  static constexpr std::size_t most_kept = 20;
  std::vector<std::string> all_;
};

}  // namespace mainstem::test_support
