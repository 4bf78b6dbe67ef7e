// SPDX-License-Identifier: Apache-2.0
#include <mainstem/schema_check.h>
#include <mainstem/schema_registry.h>

#include "every_kind.capnp.h"
#include "input.h"
#include "messages.h"

namespace mainstem::fuzz {
namespace {

constexpr const char* type = "anything-happened";

/// A payload against a schema that nobody has compiled.
void check_payload(capnp::StructSchema schema, byte_span bytes) {
  const aligned_payload payload(bytes);
  const auto valid = validate_payload(schema, payload.view());
  const auto text = payload_to_text(schema, payload.view());
  require(!valid || text, "a valid payload has a text");
}

void run(byte_span bytes) {
  input from(bytes);
  recorded_schema given{.type = type, .bytes = {}};
  const auto schema_bytes = from.take_long();
  given.bytes.assign(schema_bytes.begin(), schema_bytes.end());
  schema_registry other;
  require(other.add<schema::EveryKind>(type).has_value(), "a compiled schema can be added");
  schema_registry registry;
  if (const auto added = registry.add(given); !added) {
    require(added.error() == errc::invalid_schema, "what is wrong with a schema is called invalid");
    const auto report = check_schemas(std::span(&given, 1), other);
    require(report.findings.size() == 1 &&
                report.findings.front().change == schema_change::unreadable_record,
            "a schema that cannot be read is a finding");
    return;
  }
  const auto recorded = registry.recorded();
  require(recorded.size() == 1, "a schema that was added is there");
  schema_registry second;
  require(second.add(recorded.front()).has_value(), "a schema that was recorded can be added");
  require(second.recorded() == recorded, "a schema is recorded as it was added");
  const auto report = check_schemas(recorded, second);
  // What contradicts itself only shows when it is looked into.
  for (const auto& finding : report.findings)
    require(finding.change == schema_change::unreadable_record,
            "a schema reads what it wrote itself");

  (void)check_schemas(recorded, other);
  (void)check_schemas(other.recorded(), registry);
  const auto found = registry.find(type, 1);
  require(found.has_value(), "a schema that was added is found");
  check_payload(*found, from.rest());
}

template <class Struct>
byte_vector recorded_bytes() {
  schema_registry registry;
  require(registry.add<Struct>(type).has_value(), "a seed is made");
  return registry.recorded().front().bytes;
}

std::vector<byte_vector> seeds() {
  const auto message = every_kind_message();
  return {output().add_long(recorded_bytes<schema::EveryKind>()).add_bytes(message).take(),
          output().add_long(recorded_bytes<schema::Box<>>()).add_bytes(message).take()};
}

}  // namespace

extern const target schema_target;
const target schema_target{"schema", run, seeds};

}  // namespace mainstem::fuzz
