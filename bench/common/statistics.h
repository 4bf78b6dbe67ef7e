// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <vector>

namespace mainstem::bench {

/// A figure over several rounds.
struct spread {
  double median = 0;
  double lowest = 0;
  double highest = 0;
  /// From lowest to highest, in parts of the median.
  [[nodiscard]] double width() const noexcept {
    return median > 0 ? (highest - lowest) / median : 0;
  }
};

/// `median [lowest to highest]`, the median in a column of eight.
std::ostream& operator<<(std::ostream& out, const spread& of);

/// @param values at least one.
[[nodiscard]] spread spread_of(std::vector<double> values);

/// @param sorted ascending, at least one.
/// @param part 0 to 1.
[[nodiscard]] double percentile(const std::vector<double>& sorted, double part);

}  // namespace mainstem::bench
