// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/types.h>
#include <mainstem/uuid.h>

#include "index/environment.h"

namespace mainstem::index {

/// How far named consumers have come: an environment of its own, which cannot be made anew from the
/// log. Every change is synced before it is answered.
///
/// Thread safety: safe; several processes may share it. Errors of all: corrupt_checkpoints, and
/// those of the environment.
class consumer_checkpoints {
 public:
  /// Opens what is there for this store; begins it if the environment is empty.
  /// Errors: corrupt_checkpoints also if it belongs to another store.
  [[nodiscard]] static result<std::unique_ptr<consumer_checkpoints>> open(
      std::unique_ptr<environment> in, const uuid& store_id);

  [[nodiscard]] result<std::optional<position>> find(std::string_view consumer) const;
  /// On success: it is durable.
  [[nodiscard]] result<void> save(std::string_view consumer, position at);
  /// Fine if there is none. On success: it is durable.
  [[nodiscard]] result<void> forget(std::string_view consumer);

  struct entry {
    std::string consumer;
    position at;
  };
  /// By name.
  [[nodiscard]] result<std::vector<entry>> all() const;
  /// The highest of all that can be read: evidence.
  [[nodiscard]] position highest() const;

 private:
  explicit consumer_checkpoints(std::unique_ptr<environment> in) noexcept : in_(std::move(in)) {}
  [[nodiscard]] result<void> check_owner(const uuid& store_id);
  template <class Change>
  [[nodiscard]] result<void> change(Change&& change);

  std::unique_ptr<environment> in_;
};

/// What an environment's corrupt_index means here.
[[nodiscard]] error as_checkpoint_error(const error& failure);

}  // namespace mainstem::index
