// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <mainstem/store_options.h>

#include "engine/store_core.h"
#include "index/environment.h"
#include "input.h"
#include "support/simulated_machine.h"

namespace mainstem::fuzz {

inline constexpr const char* store_folder = "store";

/// How all stores of the fuzz targets are opened: small segments, and an index that is flushed
/// soon.
[[nodiscard]] store_options small_options(bool mapped, bool create = false);

/// Appends to a store that one thread drives.
[[nodiscard]] result<append_outcome> append_to(engine::store_core& core,
                                               const append_request& request);
/// As a store is closed.
void close_store(engine::store_core& core);

/// A row of one of the environments.
struct stored_row {
  std::string environment;
  index::table table;
  byte_vector key;
  byte_vector value;
};

/// A small sound store, made once: what the input of the target `store` changes.
class base_store {
 public:
  enum class ending { closed, killed };
  [[nodiscard]] static const base_store& get(ending how);

  /// A machine with the store on its disk.
  [[nodiscard]] std::unique_ptr<test_support::simulated_machine> machine() const {
    return machine_->killed();
  }
  [[nodiscard]] const std::vector<stored_row>& rows() const noexcept { return rows_; }

 private:
  explicit base_store(ending how);
  void list_rows(const std::string& environment);

  std::unique_ptr<test_support::simulated_machine> machine_;
  std::vector<stored_row> rows_;
};

}  // namespace mainstem::fuzz
