// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mainstem::index {

/// A stream's name, hashed. 128 bits under the store's secret: two names with the same hash are not
/// to be expected, so that names themselves need not be compared.
struct name_hash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const name_hash&, const name_hash&) = default;
};
[[nodiscard]] name_hash hash_name(std::string_view stream, std::uint64_t secret) noexcept;

/// For hash tables: it is one already.
struct hash_of_name {
  using is_avalanching = void;
  [[nodiscard]] std::size_t operator()(const name_hash& name) const noexcept { return name.low; }
};

}  // namespace mainstem::index
