// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "problem.h"

namespace event_log {

/// What the writer was told by the store: this row is durable, here.
struct acknowledgement {
  std::uint64_t row = 0;
  std::uint64_t position = 0;
  std::uint64_t version = 0;
  friend bool operator==(const acknowledgement&, const acknowledgement&) = default;
};

/// Appends to the file of acknowledgements, which survives the end of the process by SIGKILL (not
/// of the machine). Thread safety: put() from any thread.
class acknowledgement_file {
 public:
  /// Makes the file if it is not there.
  [[nodiscard]] static outcome<acknowledgement_file> open(const std::string& path);
  acknowledgement_file(acknowledgement_file&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  acknowledgement_file& operator=(acknowledgement_file&&) = delete;
  ~acknowledgement_file();

  /// On success: it is in the file.
  [[nodiscard]] outcome<void> put(const acknowledgement& added) const;

 private:
  explicit acknowledgement_file(int fd) noexcept : fd_(fd) {}
  int fd_;
};

/// All acknowledgements of a file in the order in which they came; none if there is no file. A torn
/// last one is left out. Errors: failure, if one that is not the last does not check out.
[[nodiscard]] outcome<std::vector<acknowledgement>> read_acknowledgements(const std::string& path);

}  // namespace event_log
