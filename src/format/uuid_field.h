// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstring>

#include <mainstem/uuid.h>

namespace mainstem::format {

inline void put_uuid(std::byte* to, const uuid& id) noexcept {
  std::memcpy(to, id.bytes().data(), id.bytes().size());
}

[[nodiscard]] inline uuid get_uuid(const std::byte* from) noexcept {
  uuid::bytes_type bytes;
  std::memcpy(bytes.data(), from, bytes.size());
  return uuid(bytes);
}

}  // namespace mainstem::format
