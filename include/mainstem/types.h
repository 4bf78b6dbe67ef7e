// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include <mainstem/error.h>
#include <mainstem/export.h>

namespace mainstem {

/// An event's place in the whole log: from 1, without gaps. (A loss that was accepted with
/// store_options::accept_loss stays a gap.) 0 means "before everything".
class position {
 public:
  constexpr position() noexcept = default;
  constexpr explicit position(std::uint64_t value) noexcept : value_(value) {}
  [[nodiscard]] static constexpr position max() noexcept {
    return position(std::numeric_limits<std::uint64_t>::max());
  }
  [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }
  friend constexpr auto operator<=>(position, position) noexcept = default;
  friend std::ostream& operator<<(std::ostream& out, position p) { return out << p.value_; }

 private:
  std::uint64_t value_ = 0;
};

/// A stream's length after an event: its first event has version 1, and there are no gaps, but for
/// accepted losses. A stream that never existed is at 0.
class version {
 public:
  constexpr version() noexcept = default;
  constexpr explicit version(std::uint64_t value) noexcept : value_(value) {}
  [[nodiscard]] static constexpr version max() noexcept {
    return version(std::numeric_limits<std::uint64_t>::max());
  }
  [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }
  friend constexpr auto operator<=>(version, version) noexcept = default;
  friend std::ostream& operator<<(std::ostream& out, version v) { return out << v.value_; }

 private:
  std::uint64_t value_ = 0;
};

/// The name of a stream, by convention `category-id`: 1 to 255 bytes of UTF-8 that do not begin
/// with `$`.
///
/// An object always holds a valid name. The constructor throws mainstem::exception on a bad one;
/// parse() answers with the error (invalid_stream_name, reserved_name) instead.
class MAINSTEM_API stream_name {
 public:
  explicit stream_name(std::string_view name);
  [[nodiscard]] static result<stream_name> parse(std::string_view name);

  [[nodiscard]] const std::string& str() const& noexcept { return name_; }
  [[nodiscard]] std::string str() && noexcept { return std::move(name_); }
  /// What stands before the first `-`; the whole name if there is none.
  /// Lifetime: as long as this object.
  [[nodiscard]] std::string_view category() const& noexcept;
  std::string_view category() && = delete;

  friend auto operator<=>(const stream_name&, const stream_name&) = default;
  friend std::ostream& operator<<(std::ostream& out, const stream_name& n) {
    return out << n.name_;
  }

 private:
  struct unchecked {};
  stream_name(unchecked, std::string name) noexcept : name_(std::move(name)) {}
  std::string name_;
};

/// What stands before the first `-` of a stream's name; the whole name if there is none.
[[nodiscard]] constexpr std::string_view category_of(std::string_view stream) noexcept {
  return stream.substr(0, stream.find('-'));
}

/// Limits of what can be stored. Each is checked, and each has an error of its own.
namespace limits {
inline constexpr std::size_t name_bytes = 255;            ///< Stream name, event type, tag.
inline constexpr std::size_t payload_bytes = 16U << 20U;  ///< 16 MiB.
inline constexpr std::size_t metadata_bytes = 1U << 20U;  ///< 1 MiB.
inline constexpr std::size_t commit_bytes = 32U << 20U;   ///< 32 MiB, and half a segment.
inline constexpr std::size_t streams_per_commit = 1024;   ///< Written and required together.
inline constexpr std::size_t tags_per_event = 64;
}  // namespace limits

}  // namespace mainstem

template <>
struct std::hash<mainstem::position> {
  std::size_t operator()(mainstem::position at) const noexcept {
    return std::hash<std::uint64_t>{}(at.value());
  }
};
template <>
struct std::hash<mainstem::version> {
  std::size_t operator()(mainstem::version at) const noexcept {
    return std::hash<std::uint64_t>{}(at.value());
  }
};
template <>
struct std::hash<mainstem::stream_name> {
  std::size_t operator()(const mainstem::stream_name& name) const noexcept {
    return std::hash<std::string>{}(name.str());
  }
};
