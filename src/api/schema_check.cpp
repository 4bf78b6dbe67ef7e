// SPDX-License-Identifier: Apache-2.0
#include <kj/exception.h>
#include <mainstem/schema_check.h>

#include <algorithm>

#include "api/schema_comparison.h"
#include "api/schema_encoding.h"

namespace mainstem {
namespace {

/// What one kind of finding means, and what to do about it.
struct explanation {
  const char* what;
  const char* advice;
};

constexpr const char* new_number =
    "Leave the field as it was, and give what is new a field with a new number; or register the "
    "new schema as another schema version, and keep this one for the events that have it.";
constexpr const char* keep_enumerant =
    "Keep the enumerant under its number; what is new comes behind the last one.";
constexpr const char* nothing = "Stored events are read as before.";

explanation explain(schema_change change) noexcept {
  switch (change) {
    case schema_change::unknown_event_type:
      return {"has no schema today", "Register one for as long as there are such events."};
    case schema_change::unknown_schema_version:
      return {"has no schema today in this version",
              "Register the schemas of all versions that events have."};
    case schema_change::unreadable_record:
      return {"was recorded as something that cannot be read",
              "Record it again from the program that wrote the events."};
    case schema_change::struct_missing:
      return {"has no struct in the file", "Keep the struct, under its id or its name."};
    case schema_change::id_changed: return {"has another id", nothing};
    case schema_change::field_missing:
      return {"is missing",
              "Put it back. A field that is not wanted any more keeps its number: "
              "rename it, to obsoleteName say."};
    case schema_change::field_renumbered:
      return {"changed its number", "Give every field the number back that it had."};
    case schema_change::field_renamed: return {"was renamed", nothing};
    case schema_change::field_type_changed: return {"changed its type", new_number};
    case schema_change::field_moved: return {"stands in another place", new_number};
    case schema_change::default_changed:
      return {"changed its default", "Leave the default as it was: it is part of the format."};
    case schema_change::union_changed: return {"changed its place in unions", new_number};
    case schema_change::enumerant_missing: return {"is missing", keep_enumerant};
    case schema_change::enumerant_renumbered: return {"changed its number", keep_enumerant};
    case schema_change::enumerant_renamed: return {"was renamed", nothing};
    case schema_change::unreadable_event:
      return {"has events that are not what the schema says",
              "Find out which program wrote them with which schema, and register that one."};
    case schema_change::foreign_metadata:
      return {"has events whose metadata is not event_metadata",
              "Only who wrote it can tell their schema version, and check them."};
  }
  return {"has changed", "Look at the schema."};
}

void compare(const recorded_schema& recorded, capnp::StructSchema today, schema_report& report) {
  const auto add = [&](schema_change change, std::string where, std::string detail) {
    report.findings.push_back({.type = recorded.type,
                               .schema_version = recorded.schema_version,
                               .change = change,
                               .where = std::move(where),
                               .detail = std::move(detail)});
  };
  const auto decoded = detail::decode_schema(recorded.bytes);
  if (!decoded) {
    add(schema_change::unreadable_record, "", decoded.error().message());
    return;
  }
  try {
    detail::compare_structs(decoded->schema, today, add);
  } catch (const kj::Exception& failure) {
    add(schema_change::unreadable_record, "", failure.getDescription().cStr());
  }
}

}  // namespace

std::string_view to_string(schema_change change) noexcept { return explain(change).what; }

bool breaks_events(schema_change change) noexcept {
  return change != schema_change::id_changed && change != schema_change::field_renamed &&
         change != schema_change::enumerant_renamed;
}

std::string schema_finding::message() const {
  std::string text = type;
  if (schema_version != 0) text += " in schema version " + std::to_string(schema_version);
  if (!where.empty()) text += ": " + where;
  text += " " + std::string(to_string(change));
  if (!detail.empty()) text += " (" + detail + ")";
  if (events != 0) {
    text += "; " + std::to_string(events) + (events == 1 ? " event" : " events") +
            ", the first at position " + std::to_string(first_position.value());
  }
  return text + ". " + explain(change).advice;
}

std::ostream& operator<<(std::ostream& out, const schema_finding& finding) {
  return out << finding.message();
}

bool schema_report::compatible() const noexcept {
  return std::ranges::none_of(
      findings, [](const schema_finding& finding) { return breaks_events(finding.change); });
}

schema_report check_schemas(std::span<const recorded_schema> recorded,
                            const schema_registry& today) {
  schema_report report;
  for (const recorded_schema& each : recorded) {
    ++report.schemas;
    const auto found = today.find(each.type, each.schema_version);
    if (found) {
      compare(each, *found, report);
    } else {
      report.findings.push_back({.type = each.type,
                                 .schema_version = each.schema_version,
                                 .change = found.error() == errc::unknown_schema_version
                                               ? schema_change::unknown_schema_version
                                               : schema_change::unknown_event_type});
    }
  }
  return report;
}

}  // namespace mainstem
