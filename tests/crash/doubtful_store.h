// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "engine/store_core.h"
#include "support/findings.h"
#include "support/store_model.h"

namespace mainstem::test_support {

/// Uses an open store whose index may be wrong: what it answers has to be right, and what it
/// refuses has to be refused for damage. The log is whole, and so nothing of it may be missing.
class doubtful_store {
 public:
  /// @param last the last event that the log has; the model may have more.
  doubtful_store(engine::store_core& core, const store_model& model, std::uint64_t last,
                 findings& wrong)
      : core_(core), model_(model), last_(last), wrong_(wrong) {}

  /// Everything, by position and by stream.
  void read();
  /// Brings the index up to date, and appends to each stream. The model has nothing beyond `last`.
  void go_on();

  /// Answers that were errors.
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }
  /// Of the index, once it has everything.
  [[nodiscard]] std::optional<std::uint64_t> digest() const noexcept { return digest_; }

 private:
  void read_log();
  void read_stream(const std::string& name);
  void look_at_stream(const std::string& name);
  [[nodiscard]] bool bring_up_to_date();
  void append_to_each();

  engine::store_core& core_;
  const store_model& model_;
  std::uint64_t last_;
  findings& wrong_;
  std::uint64_t refused_ = 0;
  std::optional<std::uint64_t> digest_;
};

}  // namespace mainstem::test_support
