// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <boost/property_tree/ptree.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace example_test {

/// A folder that is gone when the test is.
class scratch_folder {
 public:
  scratch_folder();
  ~scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  [[nodiscard]] std::string operator/(std::string_view name) const {
    return (path_ / name).string();
  }
  /// Makes a file with this content; answers its path.
  std::string write(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

[[nodiscard]] std::string content_of(const std::string& path);

struct program_end {
  int status = 0;  ///< 128 + signal if one ended it.
  std::string out;
  std::string err;
};

/// The example program, running.
class program {
 public:
  explicit program(const std::vector<std::string>& arguments,
                   const std::string& executable = EXAMPLE_PROGRAM);
  ~program();
  program(const program&) = delete;
  program& operator=(const program&) = delete;

  void send(int signal) const;
  [[nodiscard]] pid_t id() const { return pid_; }
  /// Whether this stands in its output so far.
  [[nodiscard]] bool has_printed(std::string_view text) const;
  [[nodiscard]] program_end wait();

 private:
  scratch_folder folder_;
  pid_t pid_ = -1;
};

/// Runs it to its end.
[[nodiscard]] program_end run(const std::vector<std::string>& arguments,
                              const std::string& executable = EXAMPLE_PROGRAM);

[[nodiscard]] boost::property_tree::ptree read_json(const std::string& path);

/// Waits until it holds, for a minute at most.
[[nodiscard]] bool comes_true(const std::function<bool()>& condition);

/// A real event log; an empty path if it is not there.
[[nodiscard]] std::string test_data(std::string_view name);

}  // namespace example_test
