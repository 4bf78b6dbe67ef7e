// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "target.h"

namespace mainstem::fuzz {

/// Takes an input apart from the front. Behind its end are zeros.
class input {
 public:
  explicit input(byte_span bytes) noexcept : rest_(bytes) {}

  template <std::integral Integer>
  [[nodiscard]] Integer take() noexcept {
    std::byte bytes[sizeof(Integer)] = {};
    std::ranges::copy(take_bytes(sizeof(Integer)), bytes);
    return load<Integer>(bytes);
  }
  /// A number in [0, end).
  [[nodiscard]] std::size_t below(std::size_t end) noexcept {
    return end == 0 ? 0 : take<std::uint16_t>() % end;
  }
  /// True half of the time.
  [[nodiscard]] bool flag() noexcept { return (take<std::uint8_t>() & 1U) != 0; }
  /// Fewer if there are no more.
  byte_span take_bytes(std::size_t count) noexcept {
    const byte_span taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  /// Their number stands before them, in one byte or in two.
  [[nodiscard]] byte_span take_short() noexcept { return take_bytes(take<std::uint8_t>()); }
  [[nodiscard]] byte_span take_long() noexcept { return take_bytes(take<std::uint16_t>()); }
  [[nodiscard]] std::string take_text() { return std::string(as_text(take_short())); }

  [[nodiscard]] byte_span rest() const noexcept { return rest_; }
  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }

 private:
  byte_span rest_;
};

/// Puts an input together, piece by piece as `input` takes it apart: for seeds.
class output {
 public:
  template <std::integral Integer>
  output& add(Integer value) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + sizeof(value));
    store_at(bytes_.data() + at, value);
    return *this;
  }
  output& add_bytes(byte_span bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  output& add_short(byte_span bytes) {
    return add(static_cast<std::uint8_t>(bytes.size())).add_bytes(bytes);
  }
  output& add_long(byte_span bytes) {
    return add(static_cast<std::uint16_t>(bytes.size())).add_bytes(bytes);
  }
  output& add_text(std::string_view text) { return add_short(as_bytes(text)); }

  [[nodiscard]] byte_vector take() { return std::move(bytes_); }

 private:
  byte_vector bytes_;
};

}  // namespace mainstem::fuzz
