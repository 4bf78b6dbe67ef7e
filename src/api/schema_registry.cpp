// SPDX-License-Identifier: Apache-2.0
#include <mainstem/schema_registry.h>

#include <algorithm>

#include "api/schema_encoding.h"
#include "base/text.h"

namespace mainstem {
namespace {

result<void> check_key(std::string_view type, std::uint32_t schema_version) {
  if (auto flaw = name_flaw(type); !flaw.empty())
    return error(errc::invalid_event_type, std::move(flaw));
  if (type.front() == '$') return error(errc::reserved_name, "the event type " + std::string(type));
  if (schema_version == 0) {
    return error(errc::invalid_argument,
                 "schema versions are counted from 1; 0 in an event means that none was given");
  }
  return {};
}

std::string named(std::string_view type, std::uint32_t schema_version) {
  return std::string(type) + " in schema version " + std::to_string(schema_version);
}

error with_position(const error& failure, const event_view& event) {
  error_info info = failure.info();
  info.first_position = info.last_position = event.position().value();
  return {failure.code(), std::move(info)};
}

}  // namespace

result<void> schema_registry::add_entry(std::string_view type, std::uint32_t schema_version,
                                        entry added) {
  if (auto key = check_key(type, schema_version); !key) return key;
  versions& known = types_[std::string(type)];
  const auto there = known.find(schema_version);
  if (there == known.end()) {
    known.emplace(schema_version, std::move(added));
    return {};
  }
  if (there->second.recorded == added.recorded) return {};
  return error(errc::duplicate_schema, named(type, schema_version) + " is " +
                                           there->second.schema.getProto().getDisplayName().cStr() +
                                           " already: give the other schema a version of its own");
}

result<void> schema_registry::add_compiled(std::string_view type, std::uint32_t schema_version,
                                           capnp::StructSchema schema) {
  auto recorded = detail::encode_schema(schema);
  if (!recorded) return recorded.error();
  return add_entry(type, schema_version, {schema, std::move(*recorded), nullptr});
}

result<void> schema_registry::add(std::string_view type, std::uint32_t schema_version,
                                  capnp::StructSchema schema) {
  auto recorded = detail::encode_schema(schema);
  if (!recorded) return recorded.error();
  return add({std::string(type), schema_version, std::move(*recorded)});
}

result<void> schema_registry::add(const recorded_schema& recorded) {
  auto decoded = detail::decode_schema(recorded.bytes);
  if (!decoded) return decoded.error();
  return add_entry(recorded.type, recorded.schema_version,
                   {decoded->schema, recorded.bytes, std::move(decoded->owner)});
}

result<capnp::StructSchema> schema_registry::find(std::string_view type,
                                                  std::uint32_t schema_version) const {
  const auto known = types_.find(type);
  if (known == types_.end()) return error(errc::unknown_event_type, std::string(type));
  const auto found = known->second.find(schema_version);
  if (found != known->second.end()) return found->second.schema;
  std::string registered;
  for (const auto& [version, unused] : known->second)
    registered += (registered.empty() ? "" : ", ") + std::to_string(version);
  return error(errc::unknown_schema_version,
               named(type, schema_version) + "; registered: " + registered);
}

result<capnp::StructSchema> schema_registry::find(const event_view& event) const {
  const auto given = schema_version_of(event.metadata());
  if (!given) return with_position(given.error(), event);
  auto found = find(event.type(), std::max(*given, 1U));
  if (!found) return with_position(found.error(), event);
  return found;
}

result<void> schema_registry::validate(const event_view& event) const {
  const auto schema = find(event);
  if (!schema) return schema.error();
  return validate_payload(*schema, event);
}

result<std::string> schema_registry::to_text(const event_view& event) const {
  const auto schema = find(event);
  if (!schema) return schema.error();
  return payload_to_text(*schema, event);
}

std::vector<recorded_schema> schema_registry::recorded() const {
  std::vector<recorded_schema> all;
  for (const auto& [type, by_version] : types_)
    for (const auto& [version, known] : by_version) all.push_back({type, version, known.recorded});
  return all;
}

}  // namespace mainstem
