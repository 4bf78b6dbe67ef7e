// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <mainstem/event.h>

#include "target.h"

namespace mainstem::fuzz {

/// A payload's bytes on the boundary on which a store hands them out.
class aligned_payload {
 public:
  explicit aligned_payload(byte_span bytes);
  [[nodiscard]] payload_view view() const noexcept {
    return {{reinterpret_cast<const std::byte*>(words_.data()), size_}, codec::capnp};
  }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t size_;
};

/// A message of every_kind.capnp in which everything is set.
[[nodiscard]] byte_vector every_kind_message();

}  // namespace mainstem::fuzz
