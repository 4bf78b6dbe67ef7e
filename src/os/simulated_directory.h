// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/file.h"
#include "os/simulated_world.h"

namespace mainstem::os {

class simulated_directory final : public directory {
 public:
  simulated_directory(std::shared_ptr<simulation::world> world,
                      std::shared_ptr<simulation::directory_node> node, std::string path,
                      std::shared_ptr<const void> descriptor) noexcept
      : world_(std::move(world)),
        node_(std::move(node)),
        path_(std::move(path)),
        descriptor_(std::move(descriptor)) {}

  [[nodiscard]] result<std::shared_ptr<file>> open_file(std::string_view name,
                                                        open_mode mode) override;
  [[nodiscard]] result<std::shared_ptr<directory>> open_directory(std::string_view name,
                                                                  bool create) override;
  [[nodiscard]] result<std::vector<std::string>> list() override;
  [[nodiscard]] result<void> rename(std::string_view from, std::string_view to) override;
  [[nodiscard]] result<void> remove(std::string_view name) override;
  [[nodiscard]] result<void> remove_tree(std::string_view name) override;
  [[nodiscard]] result<void> sync() override;
  [[nodiscard]] result<std::unique_ptr<file_lock>> lock(std::string_view name) override;
  [[nodiscard]] result<bool> is_locked(std::string_view name) override;
  [[nodiscard]] const std::string& path() const noexcept override { return path_; }

  /// Without a call.
  [[nodiscard]] std::optional<simulation::node_id> find(std::string_view name) const;

 private:
  void link(std::string_view name, simulation::node_id node);
  void unlink(std::string_view name);
  /// @return an errno, 0 if an entry of kind `from` may replace `to`.
  [[nodiscard]] int check_replacing(const simulation::node_id& from,
                                    const simulation::node_id& to) const;

  std::shared_ptr<simulation::world> world_;
  std::shared_ptr<simulation::directory_node> node_;
  std::string path_;
  std::shared_ptr<const void> descriptor_;
};

}  // namespace mainstem::os
