// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "common/problem.h"

namespace examples {

/// Where the processes of a run leave things for each other, outside the store.
class work_folder {
 public:
  /// A fresh temporary folder, named after the program, removed by the destructor unless keep() was
  /// called.
  [[nodiscard]] static outcome<work_folder> make_temporary(const std::string& program);
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
  /// Where a file of this name goes.
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + '/' + name; }

 private:
  work_folder(std::string path, bool temporary) : path_(std::move(path)), temporary_(temporary) {}
  std::string path_;
  bool temporary_;
};

/// Errors: bad_input, unless there is nothing at `path`, or an empty folder. `what` is for the
/// message.
[[nodiscard]] outcome<void> check_unused(const std::string& path, const std::string& what);

}  // namespace examples
