// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "engine/store_core.h"
#include "support/simulated_machine.h"

namespace mainstem::test_support {

/// Environments of several folders of one simulated machine, which knows them by name alone: those
/// of other folders than the store's have the folder in their names.
class folder_provider final : public index::environment_provider {
 public:
  folder_provider(std::unique_ptr<index::environment_provider> real, const std::string& folder)
      : real_(std::move(real)), prefix_(folder.ends_with(store_path) ? "" : folder + ":") {}
  result<std::unique_ptr<index::environment>> open(std::string_view name) override {
    return real_->open(prefix_ + std::string(name));
  }
  result<std::unique_ptr<index::environment>> open_existing(std::string_view name) override {
    return real_->open_existing(prefix_ + std::string(name));
  }
  result<std::unique_ptr<index::environment>> open_read_only(std::string_view name) override {
    return real_->open_read_only(prefix_ + std::string(name));
  }
  result<bool> inspect(std::string_view name) override {
    return real_->inspect(prefix_ + std::string(name));
  }
  result<void> discard(std::string_view name) override {
    return real_->discard(prefix_ + std::string(name));
  }

 private:
  static constexpr const char* store_path = "store";
  std::unique_ptr<index::environment_provider> real_;
  std::string prefix_;
};

[[nodiscard]] inline engine::surroundings around_folders(simulated_machine& machine) {
  auto around = machine.around();
  return {.disk = around.disk,
          .make_index_provider =
              [make = around.make_index_provider](std::shared_ptr<os::directory> folder)
              -> std::unique_ptr<index::environment_provider> {
            return std::make_unique<folder_provider>(make(folder), folder->path());
          },
          .clock = around.clock,
          .random = around.random};
}

}  // namespace mainstem::test_support
