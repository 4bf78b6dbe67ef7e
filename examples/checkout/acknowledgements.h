// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/record_file.h"
#include "common_names.h"

namespace checkout {

/// What a worker was told by the store: the events of this command are durable, here.
struct acknowledgement {
  std::array<std::byte, 16> id{};
  std::uint64_t first_position = 0;
  std::uint64_t last_position = 0;
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

}  // namespace checkout
