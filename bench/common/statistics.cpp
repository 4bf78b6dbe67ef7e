// SPDX-License-Identifier: Apache-2.0
#include "common/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iomanip>
#include <ostream>

namespace mainstem::bench {

spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {.median = median, .lowest = values.front(), .highest = values.back()};
}

std::ostream& operator<<(std::ostream& out, const spread& of) {
  return out << std::setw(8) << of.median << " [" << of.lowest << " to " << of.highest << "]";
}

double percentile(const std::vector<double>& sorted, double part) {
  const auto last = static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(std::ceil(part * last))];
}

}  // namespace mainstem::bench
