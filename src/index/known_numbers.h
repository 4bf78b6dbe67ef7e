// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include "index/name_hash.h"

namespace mainstem::index {

/// The numbers of streams that were flushed lately, within a fixed amount of memory: going down the
/// tree of names for every stream was a quarter of the time of a flush. A number, once its flush is
/// committed, never changes; before that, it may be given to another stream yet.
class known_numbers {
 public:
  /// @param secret under which names are hashed.
  explicit known_numbers(std::uint64_t secret) noexcept : secret_(secret) {}

  [[nodiscard]] std::optional<std::uint64_t> find(std::string_view stream) const {
    const auto found = numbers_.find(hash_name(stream, secret_));
    return found == numbers_.end() ? std::nullopt : std::optional(found->second);
  }
  void remember(std::string_view stream, std::uint64_t number) {
    if (numbers_.size() >= most_streams) numbers_.clear();
    numbers_.emplace(hash_name(stream, secret_), number);
  }

 private:
  static constexpr std::size_t most_streams = 256U << 10U;

  std::uint64_t secret_;
  boost::unordered_flat_map<name_hash, std::uint64_t, hash_of_name> numbers_;
};

}  // namespace mainstem::index
