// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/descriptor.h"
#include "os/file.h"
#include "os/posix_disk.h"

namespace mainstem::os {

class posix_file final : public file {
 public:
  posix_file(descriptor handle, std::string path, posix_options options) noexcept
      : handle_(std::move(handle)), path_(std::move(path)), options_(options) {}

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
  [[nodiscard]] result<void> fill_holes(std::uint64_t size_bytes);
  [[nodiscard]] result<void> write_zeros(std::uint64_t offset, std::uint64_t count);

  descriptor handle_;
  std::string path_;
  posix_options options_;
};

}  // namespace mainstem::os
