// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "append/contest.h"
#include "common/json.h"
#include "common/statistics.h"

namespace mainstem::bench {

/// One figure that has to be reached.
struct goal {
  std::string text;
  bool at_most = true;  ///< Otherwise at least.
  double limit = 0;
  std::optional<spread> reached;  ///< Unset if those that it compares did not take part.
  [[nodiscard]] bool met() const {
    return reached && (at_most ? reached->median <= limit : reached->median >= limit);
  }
};

/// A table of one workload, for people.
void print_table(std::ostream& out, const contest_result& result);

/// What the results say about the goals.
[[nodiscard]] std::vector<goal> goals_of(const std::vector<contest_result>& results);
/// Says so if the figures should not be trusted.
void print_doubts(std::ostream& out, const std::vector<contest_result>& results);
void print_goals(std::ostream& out, const std::vector<goal>& goals);

[[nodiscard]] json_object to_json(const contest_options& options, const std::string& host,
                                  const std::vector<contest_result>& results);

}  // namespace mainstem::bench
