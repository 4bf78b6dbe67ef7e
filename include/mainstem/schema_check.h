// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Whether today's schemas still read what is stored. Needs Cap'n Proto's headers and libcapnp (the
/// target mainstem::capnp).
///
/// To be run before a new schema is let loose on a store: in a test, at start-up, or by a tool.

#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/export.h>
#include <mainstem/read.h>
#include <mainstem/schema_registry.h>
#include <mainstem/store.h>
#include <mainstem/types.h>

namespace mainstem {

/// What is different between a schema that was recorded and the one of today, or wrong with an
/// event. Those that break nothing say so.
enum class schema_change : std::uint8_t {
  /// No schema is registered for the event type, or none for that version.
  unknown_event_type,
  unknown_schema_version,
  /// A recorded schema cannot be read.
  unreadable_record,
  /// A .capnp file has no struct with the recorded id or name.
  struct_missing,
  /// A struct or enum has the same name but another id: the file was copied, or its id was changed.
  /// It is compared by its content. Breaks nothing.
  id_changed,
  /// A field's number is gone: what events hold there cannot be read any more, and a later field
  /// could come to stand in its place.
  field_missing,
  /// A field's number has another name now, and its name another number.
  field_renumbered,
  /// A field has another name. Breaks nothing.
  field_renamed,
  field_type_changed,
  /// A field stands elsewhere in its struct.
  field_moved,
  /// Stored events differ from the default where they hold something, and hold nothing where they
  /// have it: both read as something else.
  default_changed,
  /// A field went into a union, out of one, or has another place in it. (Into a new union, as its
  /// first member, is fine.)
  union_changed,
  enumerant_missing,
  /// An enumerant's number has another name now, and its name another number.
  enumerant_renumbered,
  /// An enumerant has another name. Breaks nothing.
  enumerant_renamed,
  /// An event's payload is not what the schema says.
  unreadable_event,
  /// An event's metadata was not written by event_metadata: nobody can tell its schema version.
  foreign_metadata,
};
/// In words, to follow "the field x": "changed its type".
[[nodiscard]] MAINSTEM_API std::string_view to_string(schema_change change) noexcept;
/// False for those that break nothing.
[[nodiscard]] MAINSTEM_API bool breaks_events(schema_change change) noexcept;

/// One difference, or one kind of flaw in events.
struct MAINSTEM_API schema_finding {
  std::string type{};
  std::uint32_t schema_version = 1;  ///< 0: nobody can tell.
  schema_change change{};
  /// The field or enumerant: `customer.address.street`. Empty: the whole.
  std::string where{};
  /// What was and what is.
  std::string detail{};
  /// Of events: the first one concerned, and how many there are.
  position first_position{};
  std::uint64_t events = 0;

  /// All of it in a sentence or two, the last of which says what to do.
  [[nodiscard]] std::string message() const;
  friend bool operator==(const schema_finding&, const schema_finding&) = default;
};
MAINSTEM_API std::ostream& operator<<(std::ostream& out, const schema_finding& finding);

struct MAINSTEM_API schema_report {
  std::vector<schema_finding> findings{};
  /// Schemas that were compared, and events that were read.
  std::size_t schemas = 0;
  std::uint64_t events = 0;

  /// No finding breaks anything.
  [[nodiscard]] bool compatible() const noexcept;
};

/// Compares what was recorded with what `today` has for the same event types and schema versions:
/// whether payloads written with the one read with the other as what was meant.
///
/// The rules are those of Cap'n Proto for the evolution of a schema, in the direction that a log
/// needs: old data, new schema. What capnp::SchemaLoader lets pass when it is given both versions,
/// and is reported here: a field, union member or enumerant that was taken away at the end; fields
/// of the same type, or enumerants, that changed places; the default of a text or list that
/// changed; List(Bool) that became a list of structs; a list of structs that became one of their
/// first fields; a generic with another argument. What SchemaLoader refuses and passes here: a
/// struct or enum with a new id and the same content, Text or List(UInt8) that became Data, and
/// pointers that became AnyPointer.
///
/// A new type or version in `today` is no finding.
/// Cost: depends on the schemas alone; events are not read.
[[nodiscard]] MAINSTEM_API schema_report check_schemas(std::span<const recorded_schema> recorded,
                                                       const schema_registry& today);

/// Reads events and validates those with Cap'n Proto payloads against their schemas. Findings of
/// the same kind about events of the same type and version are one.
///
/// @param reader read_all() with whatever range, category and types are to be checked. It is read
/// to its end.
/// @param report gets the findings, behind those that it has.
/// Errors: those of log_reader::next(). What was found up to there is in the report.
[[nodiscard]] MAINSTEM_API result<void> check_events(log_reader& reader,
                                                     const schema_registry& today,
                                                     schema_report& report);

/// Keeps today's schemas with the store, unless one of them does not read what was written with the
/// one that was kept before it, under the same type and schema version. To be called when a service
/// starts, before it appends anything. Schemas that are kept and not in the registry stay.
///
/// They are compared and kept in one step: of two callers at the same time, the second is judged by
/// what the first has kept. The first schema of a type and version is compared with nothing; for
/// events that are there already see check_store().
///
/// A program of before a field was added does not see that field, so it is refused as well. Whoever
/// goes back to it on purpose starts it in spite of incompatible_schema; what is kept stays.
///
/// On success: they are durable.
/// Errors: incompatible_schema (nothing was kept; check_store() names all differences);
/// store_read_only (what events are written with is for the writer to say); corrupt_state;
/// disk_full (those of before are still there); store_closed; forked_process; and whatever the disk
/// says.
/// Cost: two syncs. It blocks.
/// Thread safety: as the members of store.
[[nodiscard]] MAINSTEM_API result<void> save_schemas(store& into, const schema_registry& today);
/// What save_schemas() has kept, by type and version: also in a follower, for which the folder
/// `state` must be writable. schema_registry::add() takes them, so that a tool can read the events
/// without having been compiled with their schemas.
///
/// Errors: corrupt_state; store_closed; forked_process; overloaded; and whatever the disk says.
/// Thread safety: as the members of store.
[[nodiscard]] MAINSTEM_API result<std::vector<recorded_schema>> saved_schemas(const store& from);

/// What to look at besides the schemas that are kept.
enum class check_depth : std::uint8_t {
  schemas,  ///< Nothing. Fast, whatever the log's size.
  /// All durable events as well, what was appended before anybody kept a schema too. Reads the
  /// whole log.
  events,
};
/// Do these schemas still read what the store holds? Changes nothing, and works in a follower as
/// well, like saved_schemas(). A type that was kept or appended and is not in `today` is a finding.
///
/// Errors: those of saved_schemas() and of check_events().
/// Thread safety: as the members of store.
[[nodiscard]] MAINSTEM_API result<schema_report> check_store(const store& of,
                                                             const schema_registry& today,
                                                             check_depth depth);

}  // namespace mainstem
