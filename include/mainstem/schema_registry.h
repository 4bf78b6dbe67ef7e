// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Which Cap'n Proto schema an event's payload has: found by the event's type and schema version.
/// Needs Cap'n Proto's headers and libcapnp (the target mainstem::capnp).
///
///     mainstem::schema_registry registry;
///     registry.add<OrderOpened>("order-opened").value();
///     registry.add<OrderPaid>("order-paid", 2).value();
///     std::cout << registry.to_text(event).value() << '\n';

#include <capnp/dynamic.h>
#include <capnp/schema.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <mainstem/capnp.h>
#include <mainstem/error.h>
#include <mainstem/event.h>
#include <mainstem/export.h>

namespace mainstem {

/// The schema that events of a type and schema version were written with, in a form that can be
/// kept: with it, programs that were never compiled with the schema can read the events, and
/// check_schemas() can say whether another schema still reads them.
struct recorded_schema {
  std::string type{};
  std::uint32_t schema_version = 1;
  /// The struct and all that it depends on. The same for the same schema on every machine; neither
  /// comments nor paths of files are in it.
  std::vector<std::byte> bytes{};
  friend bool operator==(const recorded_schema&, const recorded_schema&) = default;
};

namespace detail {

template <class Function>
auto read_dynamic(const payload_source& source, capnp::StructSchema schema, Function&& read)
    -> as_result<std::invoke_result_t<Function, capnp::DynamicStruct::Reader>> {
  static_assert(!points_into_reader<std::invoke_result_t<Function, capnp::DynamicStruct::Reader>>,
                "A Cap'n Proto reader does not outlive the call: return values.");
  if (!looks_sound(source)) return payload_flaw(source);
  payload_message message(source.payload.bytes);
  return guarded(source, [&]() -> decltype(auto) {
    return std::invoke(std::forward<Function>(read), message.getRoot<capnp::DynamicStruct>(schema));
  });
}

}  // namespace detail

/// Checks all of a payload against a schema: that every pointer leads to what its field says, every
/// text is UTF-8 and ends in NUL, every enumerant and union member is one that the schema has, and
/// no capability is there. What the schema does not know, since a newer one has written it, passes:
/// fields that were added.
///
/// Errors: malformed_payload (the detail names the field); wrong_codec; invalid_argument (not on an
/// 8-byte boundary).
/// Cost: visits everything; some 150 ns a field.
[[nodiscard]] MAINSTEM_API result<void> validate_payload(capnp::StructSchema schema,
                                                         const event_view& event);
[[nodiscard]] MAINSTEM_API result<void> validate_payload(capnp::StructSchema schema,
                                                         payload_view payload);

/// The payload as text, for people: the syntax of Cap'n Proto's own text form, in several lines.
/// Errors: as validate_payload(), but for what is of no matter to text: enumerants that the schema
/// lacks are numbers.
[[nodiscard]] MAINSTEM_API result<std::string> payload_to_text(capnp::StructSchema schema,
                                                               const event_view& event);
[[nodiscard]] MAINSTEM_API result<std::string> payload_to_text(capnp::StructSchema schema,
                                                               payload_view payload);

/// Schemas by event type and schema version.
///
/// A schema version is a number that whoever owns the type counts up, from 1, when a new schema is
/// not compatible with the one before (see check_schemas()); compatible changes need none. It
/// stands in the event's metadata (event_metadata::schema_version). An event that has none, or no
/// metadata at all, is of version 1.
///
/// Lifetime: schemas that it answers live as long as the registry or any copy of it.
/// Cost: a copy shares the schemas.
/// Thread safety: distinct objects, safe. One object, safe for const calls.
class MAINSTEM_API schema_registry {
 public:
  /// Registers a type that was compiled in, as `capnp compile` generates it.
  ///
  /// Errors of this and the next two: invalid_event_type, reserved_name; invalid_argument (schema
  /// version 0); duplicate_schema (another one is registered; the same again is fine);
  /// invalid_schema (a generic struct with its parameters bound: put it into a field of another
  /// struct; or a recorded schema that cannot be read).
  template <class T>
  [[nodiscard]] result<void> add(std::string_view type, std::uint32_t schema_version = 1) {
    return add_compiled(type, schema_version, capnp::Schema::from<T>());
  }
  /// Registers a schema from anywhere, such as schema_files. It is copied.
  [[nodiscard]] result<void> add(std::string_view type, std::uint32_t schema_version,
                                 capnp::StructSchema schema);
  [[nodiscard]] result<void> add(const recorded_schema& recorded);

  /// Errors: unknown_event_type, unknown_schema_version (the detail says which there are).
  [[nodiscard]] result<capnp::StructSchema> find(std::string_view type,
                                                 std::uint32_t schema_version) const;
  /// The schema of an event, by its type and metadata.
  /// Errors: those of find(); foreign_metadata: nobody can tell the version, except who wrote the
  /// metadata. Whoever knows it calls find() with it, and the functions above.
  [[nodiscard]] result<capnp::StructSchema> find(const event_view& event) const;

  /// validate_payload() with the event's schema.
  /// Errors: those of find() and of validate_payload().
  [[nodiscard]] result<void> validate(const event_view& event) const;
  /// payload_to_text() with the event's schema.
  /// Errors: those of find() and of payload_to_text().
  [[nodiscard]] result<std::string> to_text(const event_view& event) const;
  /// read_payload() with the event's schema, for those who have no compiled type.
  /// @param read `U (capnp::DynamicStruct::Reader)`.
  /// Errors: those of find() and of read_payload().
  template <class Function>
  [[nodiscard]] auto read(const event_view& event, Function&& read) const
      -> detail::as_result<std::invoke_result_t<Function, capnp::DynamicStruct::Reader>> {
    const auto schema = find(event);
    if (!schema) return schema.error();
    return detail::read_dynamic(event, *schema, std::forward<Function>(read));
  }

  /// All schemas, by type and version.
  [[nodiscard]] std::vector<recorded_schema> recorded() const;

 private:
  struct entry {
    capnp::StructSchema schema;
    std::vector<std::byte> recorded;
    std::shared_ptr<const void> owner;  ///< Of the schema, unless it was compiled in.
  };
  using versions = std::map<std::uint32_t, entry>;

  [[nodiscard]] result<void> add_compiled(std::string_view type, std::uint32_t schema_version,
                                          capnp::StructSchema schema);
  [[nodiscard]] result<void> add_entry(std::string_view type, std::uint32_t schema_version,
                                       entry added);
  std::map<std::string, versions, std::less<>> types_;
};

}  // namespace mainstem
