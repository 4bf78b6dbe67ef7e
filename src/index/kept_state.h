// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/types.h>
#include <mainstem/uuid.h>

#include "index/environment.h"

namespace mainstem::index {

/// What cannot be made anew from the log: how far named consumers have come, and the schemas of
/// events. An environment of its own. Every change is synced before it is answered.
///
/// Thread safety: safe; several processes may share it. Errors of all: corrupt_state, and
/// those of the environment.
class kept_state {
 public:
  /// Opens what is there for this store; begins it if the environment is empty.
  /// Errors: corrupt_state also if it belongs to another store.
  [[nodiscard]] static result<std::unique_ptr<kept_state>> open(std::unique_ptr<environment> in,
                                                                const uuid& store_id);

  [[nodiscard]] result<std::optional<position>> checkpoint(std::string_view consumer) const;
  /// On success: it is durable.
  [[nodiscard]] result<void> save_checkpoint(std::string_view consumer, position at);
  /// Fine if there is none. On success: it is durable.
  [[nodiscard]] result<void> forget_checkpoint(std::string_view consumer);

  struct consumer_row {
    std::string consumer;
    position at;
  };
  /// By name.
  [[nodiscard]] result<std::vector<consumer_row>> checkpoints() const;
  /// The highest of all that can be read: evidence.
  [[nodiscard]] position highest_checkpoint() const;

  /// The schema of an event type's version, in bytes that are not looked into.
  struct schema_row {
    std::string type;
    std::uint32_t version = 1;
    std::vector<std::byte> bytes;
    friend bool operator==(const schema_row&, const schema_row&) = default;
  };
  /// By type and version.
  [[nodiscard]] result<std::vector<schema_row>> schemas() const;
  /// Is told all that are there, and says whether others may take their place.
  using schema_judge = std::function<result<void>(std::vector<schema_row> before)>;
  /// Exactly these, in the place of all that was there. On success: they are durable.
  [[nodiscard]] result<void> replace_all(std::span<const consumer_row> consumers,
                                         std::span<const schema_row> schemas);
  /// All of them or none, each in the place of the one before it. Nobody changes anything between
  /// the judgement and the change. On success: they are durable.
  /// Errors: also those of `judge`.
  [[nodiscard]] result<void> save_schemas(std::span<const schema_row> schemas,
                                          const schema_judge& judge);

 private:
  explicit kept_state(std::unique_ptr<environment> in) noexcept : in_(std::move(in)) {}
  [[nodiscard]] result<void> check_owner(const uuid& store_id);
  [[nodiscard]] result<void> check_absence(std::string_view consumer) const;
  template <class Change>
  [[nodiscard]] result<void> change(Change&& change);

  std::unique_ptr<environment> in_;
};

/// What an environment's corrupt_index means here. It names the folder, if nothing better is named.
[[nodiscard]] error as_state_error(const error& failure, const std::string& folder);

}  // namespace mainstem::index
