// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/descriptor.h"
#include "os/file.h"
#include "os/posix_disk.h"

namespace mainstem::os {

/// Opens the directory `name`, relative to `parent` (a descriptor, or AT_FDCWD).
/// @return an errno, 0 if it was opened.
[[nodiscard]] int open_directory_at(int parent, const std::string& name, descriptor& into,
                                    int more_flags = 0) noexcept;

class posix_directory final : public directory {
 public:
  posix_directory(descriptor handle, std::string path, posix_options options) noexcept
      : handle_(std::move(handle)), path_(std::move(path)), options_(options) {}

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
  [[nodiscard]] result<void> hard_link(std::string_view name, directory& to,
                                       std::string_view to_name) override;
  [[nodiscard]] const std::string& path() const noexcept override { return path_; }

 private:
  descriptor handle_;
  std::string path_;
  posix_options options_;
};

}  // namespace mainstem::os
