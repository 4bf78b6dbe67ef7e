// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/file.h"
#include "os/simulated_world.h"

namespace mainstem::os {

class simulated_file final : public file {
 public:
  simulated_file(std::shared_ptr<simulation::world> world,
                 std::shared_ptr<simulation::file_node> node, std::string path, bool writable,
                 std::shared_ptr<const void> descriptor) noexcept
      : world_(std::move(world)),
        node_(std::move(node)),
        path_(std::move(path)),
        writable_(writable),
        descriptor_(std::move(descriptor)) {}

  using file::write_at;
  [[nodiscard]] result<std::size_t> read_at(std::uint64_t offset,
                                            std::span<std::byte> into) override;
  [[nodiscard]] result<void> write_at(std::uint64_t offset,
                                      std::span<const std::span<const std::byte>> parts) override;
  [[nodiscard]] result<void> sync() override;
  [[nodiscard]] result<std::uint64_t> size() override;
  [[nodiscard]] result<void> resize(std::uint64_t size_bytes) override;
  [[nodiscard]] result<void> allocate(std::uint64_t size_bytes) override;
  [[nodiscard]] result<std::shared_ptr<const mapping>> map() override;
  [[nodiscard]] const std::string& path() const noexcept override { return path_; }

 private:
  [[nodiscard]] simulation::file_node* stray_target(const fault& how) const;
  void carry_out(std::uint64_t offset, std::span<const std::span<const std::byte>> parts,
                 std::uint64_t bytes, const simulation::verdict& verdict);

  std::shared_ptr<simulation::world> world_;
  std::shared_ptr<simulation::file_node> node_;
  std::string path_;
  bool writable_;
  std::shared_ptr<const void> descriptor_;
};

}  // namespace mainstem::os
