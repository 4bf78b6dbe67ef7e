// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include <mainstem/error.h>
#include <mainstem/export.h>

namespace mainstem {

/// A universally unique identifier (RFC 9562), 16 bytes in network order.
class MAINSTEM_API uuid {
 public:
  using bytes_type = std::array<std::byte, 16>;

  constexpr uuid() noexcept = default;  ///< The nil UUID.
  constexpr explicit uuid(const bytes_type& bytes) noexcept : bytes_(bytes) {}

  /// A new version 7 UUID: 48 bits of Unix time in milliseconds, then a counter and random bits, so
  /// that the ids of one process ascend.
  /// Thread safety: safe.
  [[nodiscard]] static uuid generate() noexcept;

  /// The UUID that stands for a name: the same name in the same name space gives the same one, for
  /// ever and everywhere (version 5: RFC 9562, section 5.5; it rests on SHA-1). For events from
  /// outside whose ids are not UUIDs, and for messages that become several events
  /// (`from_name(name_space, message_id + "/2")`).
  /// @param name_space a UUID that was drawn once for this kind of names and is a constant since.
  /// @param name any bytes.
  [[nodiscard]] static uuid from_name(const uuid& name_space, std::string_view name) noexcept;

  /// Reads the form `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, in either case.
  /// Errors: invalid_argument.
  [[nodiscard]] static result<uuid> parse(std::string_view text);

  [[nodiscard]] constexpr const bytes_type& bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] constexpr bool is_nil() const noexcept { return bytes_ == bytes_type{}; }

  friend constexpr auto operator<=>(const uuid&, const uuid&) noexcept = default;
  friend std::ostream& operator<<(std::ostream& out, const uuid& id) {
    return out << id.to_string();
  }

 private:
  bytes_type bytes_{};
};

using event_id = uuid;

}  // namespace mainstem

template <>
struct std::hash<mainstem::uuid> {
  MAINSTEM_API std::size_t operator()(const mainstem::uuid& id) const noexcept;
};
