// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "problem.h"

namespace event_log {

/// Where the processes of a run leave things for each other, outside the store.
class work_folder {
 public:
  /// A fresh temporary folder, removed by the destructor unless keep() was called.
  [[nodiscard]] static outcome<work_folder> make_temporary();
  /// A new or an empty folder, which stays.
  [[nodiscard]] static outcome<work_folder> make(const std::string& path);
  /// One that a run has left, or is using.
  [[nodiscard]] static work_folder at(const std::string& path) { return work_folder(path, false); }

  work_folder(work_folder&& other) noexcept
      : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, false)) {}
  work_folder& operator=(work_folder&&) = delete;
  ~work_folder();

  void keep() noexcept { temporary_ = false; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string rows() const { return path_ + "/rows"; }
  [[nodiscard]] std::string acknowledgements() const { return path_ + "/acknowledgements"; }
  [[nodiscard]] std::string board(std::uint32_t writer) const {
    return path_ + "/writer-" + std::to_string(writer);
  }
  [[nodiscard]] std::string store() const { return path_ + "/store"; }

 private:
  work_folder(std::string path, bool temporary) : path_(std::move(path)), temporary_(temporary) {}
  std::string path_;
  bool temporary_;
};

/// Errors: bad_input, unless there is nothing at `path`, or an empty folder. `what` is for the
/// message.
[[nodiscard]] outcome<void> check_unused(const std::string& path, const std::string& what);

}  // namespace event_log
