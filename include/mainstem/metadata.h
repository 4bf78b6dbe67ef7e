// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/export.h>
#include <mainstem/uuid.h>

namespace mainstem {

/// A name and a value, as a message queue or HTTP would call a header.
struct metadata_header {
  std::string name{};   ///< UTF-8, not empty. The same name may come several times.
  std::string value{};  ///< Any bytes.
  friend bool operator==(const metadata_header&, const metadata_header&) = default;
};

/// What an event says about itself beside its payload. Every member may be left as it is: it then
/// takes no space, or 8 bytes where members behind it are set.
///
///     const auto metadata = mainstem::event_metadata{.schema_version = 2}.encode().value();
///     const mainstem::event_data paid("order-paid", payload, {.metadata = metadata});
///
/// The store does not ask for this form: to it metadata is bytes, and event_options::metadata takes
/// any. Whoever uses bytes of their own gets foreign_metadata here, unless the bytes begin with
/// those 16 that docs/FORMAT.md names: four zeros, plausible sizes and a 32-bit marker. No text
/// does, JSON neither, nor Cap'n Proto of another schema, unless somebody means to.
struct MAINSTEM_API event_metadata {
  /// Of the payload's schema, counted by whoever owns it, from 1. 0: not given, which is read as
  /// version 1.
  std::uint32_t schema_version = 0;
  /// What all events have in common that one cause outside led to; not nil.
  std::optional<uuid> correlation_id{};
  /// The event or message that led to this event; not nil.
  std::optional<uuid> causation_id{};
  /// Of the payload, where the codec does not say enough: `application/vnd.order+json`. UTF-8.
  std::string content_type{};
  /// The traceparent of W3C Trace Context: `00-`, trace-id, `-`, parent-id, `-`, flags. A
  /// tracestate goes into the headers.
  std::string traceparent{};
  /// In their order.
  std::vector<metadata_header> headers{};

  /// The bytes for event_options::metadata; none if no member is set. Equal metadata gives equal
  /// bytes, whichever process or version encodes it, so that an append can be submitted again.
  ///
  /// Errors: invalid_metadata (the detail says which member, and why); metadata_too_large.
  [[nodiscard]] result<std::vector<std::byte>> encode() const;

  /// Reads what encode() made, here or in a newer Mainstem: members of which this one does not know
  /// are passed over. Of no bytes: nothing is set.
  /// @param metadata of an event_view, say; aligned or not.
  /// Errors: foreign_metadata; malformed_metadata.
  [[nodiscard]] static result<event_metadata> decode(std::span<const std::byte> metadata);

  friend bool operator==(const event_metadata&, const event_metadata&) = default;
};

/// True if these bytes begin as those of event_metadata::encode() do.
/// Cost: looks at 16 bytes.
[[nodiscard]] MAINSTEM_API bool is_event_metadata(std::span<const std::byte> metadata) noexcept;

/// The member schema_version alone; 0 if it is not given or there is no metadata.
/// Errors: foreign_metadata.
/// Cost: looks at 16 bytes.
[[nodiscard]] MAINSTEM_API result<std::uint32_t> schema_version_of(
    std::span<const std::byte> metadata);

}  // namespace mainstem
