// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/record_file.h"
#include "common_names.h"

namespace event_log {

/// What the writer was told by the store: this row is durable, here.
struct acknowledgement {
  std::uint64_t row = 0;
  std::uint64_t position = 0;
  std::uint64_t version = 0;
  friend bool operator==(const acknowledgement&, const acknowledgement&) = default;
};

/// The file of acknowledgements, to append to.
[[nodiscard]] inline outcome<record_file> open_acknowledgements(const std::string& path) {
  return record_file::open(path, sizeof(acknowledgement));
}
[[nodiscard]] inline outcome<std::vector<acknowledgement>> read_acknowledgements(
    const std::string& path) {
  return read_records<acknowledgement>(path);
}

}  // namespace event_log
