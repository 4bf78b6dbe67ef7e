// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

namespace mainstem::index {

/// The numbers of streams that were flushed lately, within a fixed amount of memory: going down the
/// tree of names for every stream was a quarter of the time of a flush. A number, once its flush is
/// committed, never changes; before that, it may be given to another stream yet.
class known_numbers {
 public:
  [[nodiscard]] std::optional<std::uint64_t> find(std::string_view stream) const {
    const auto found = numbers_.find(stream);
    return found == numbers_.end() ? std::nullopt : std::optional(found->second);
  }
  void remember(std::string_view stream, std::uint64_t number) {
    if (numbers_.size() >= most_streams) numbers_.clear();
    numbers_.emplace(stream, number);
  }

 private:
  static constexpr std::size_t most_streams = 256U << 10U;

  struct name_hasher {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return std::hash<std::string_view>{}(name);
    }
  };
  boost::unordered_flat_map<std::string, std::uint64_t, name_hasher, std::equal_to<>> numbers_;
};

}  // namespace mainstem::index
