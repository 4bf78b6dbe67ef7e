// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <mainstem/store.h>

#include "writing_plan.h"

namespace mainstem::real_test {

/// Reads a store that follows the plan, and says what is wrong with it. An empty answer: nothing.
class log_check {
 public:
  /// Reads on from where it was, and compares every event byte for byte with the plan: dense
  /// positions, dense versions, nothing twice, nothing that was never submitted.
  [[nodiscard]] std::string read_on(const store& log);
  /// The same for the next event, whoever gives it.
  [[nodiscard]] std::string take(const event_view& event);
  /// Every commit that was read is whole.
  [[nodiscard]] std::string check_commits() const;
  /// The streams, which the index leads to, are what was read by position.
  [[nodiscard]] std::string check_streams(const store& log) const;
  /// What a writer was told is among what was read, and where it was said to be.
  [[nodiscard]] std::string check(const acknowledgement& told) const;
  /// All of that: of a store that was just opened.
  [[nodiscard]] std::string check_all(const store& log);

  [[nodiscard]] std::uint64_t last() const noexcept { return places_.size(); }
  [[nodiscard]] std::uint64_t length(const std::string& stream) const;

 private:
  struct place {
    std::map<std::string, std::uint64_t>::const_iterator stream;
    std::uint64_t version = 0;
  };
  std::vector<place> places_;                     ///< By position.
  std::map<std::string, std::uint64_t> lengths_;  ///< Never erased from: places point at them.
};

/// Appends the writer's next commit, synced, and reads it back.
[[nodiscard]] std::string append_next(store& log, log_check& check, std::uint64_t writer);

}  // namespace mainstem::real_test
