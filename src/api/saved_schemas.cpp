// SPDX-License-Identifier: Apache-2.0
#include <mainstem/schema_check.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "api/kept_access.h"

// Schemas that are kept with the store. Comparing them stands in schema_comparison.cpp.
namespace mainstem {

struct detail::schema_access {
  static store_state* of(const store& from) noexcept { return from.state_.get(); }
};

namespace {

using index::kept_state;

/// Errors: store_closed, forked_process, store_read_only.
result<void> check_writes(const detail::store_state* state) {
  if (state == nullptr) return errc::store_closed;
  const auto pass = state->enter();
  if (!pass) return pass.error();
  if (!state->is_read_only()) return {};
  return error(
      errc::store_read_only,
      "what events are written with is for the writer to say: save schemas where the store "
      "is open for writing");
}

std::vector<kept_state::schema_row> to_rows(std::vector<recorded_schema> schemas) {
  std::vector<kept_state::schema_row> rows;
  rows.reserve(schemas.size());
  for (auto& each : schemas)
    rows.push_back({std::move(each.type), each.schema_version, std::move(each.bytes)});
  return rows;
}

std::vector<recorded_schema> from_rows(std::vector<kept_state::schema_row> rows) {
  std::vector<recorded_schema> schemas;
  schemas.reserve(rows.size());
  for (auto& each : rows)
    schemas.push_back({std::move(each.type), each.version, std::move(each.bytes)});
  return schemas;
}

/// Errors: incompatible_schema; corrupt_index if one of `before` is no schema.
result<void> check_replacement(std::vector<recorded_schema> before, const schema_registry& today) {
  // What today's registry does not know is not what it is about to write.
  std::erase_if(before, [&](const recorded_schema& each) {
    return !today.find(each.type, each.schema_version);
  });
  const schema_report report = check_schemas(before, today);
  const auto breaking = std::ranges::find_if(
      report.findings, [](const auto& finding) { return breaks_events(finding.change); });
  if (breaking == report.findings.end()) return {};
  if (breaking->change != schema_change::unreadable_record)
    return error(errc::incompatible_schema, breaking->message());
  return error(errc::corrupt_index, "the saved schema of " + breaking->type +
                                        " in schema version " +
                                        std::to_string(breaking->schema_version) +
                                        " cannot be read (" + breaking->detail + ")");
}

}  // namespace

result<void> save_schemas(store& into, const schema_registry& today) {
  detail::store_state* const state = detail::schema_access::of(into);
  if (auto writes = check_writes(state); !writes) return writes;
  const auto schemas = to_rows(today.recorded());
  return detail::with_kept<void>(state, [&](kept_state& kept) {
    return kept.save_schemas(schemas, [&](std::vector<kept_state::schema_row> before) {
      return check_replacement(from_rows(std::move(before)), today);
    });
  });
}

result<std::vector<recorded_schema>> saved_schemas(const store& from) {
  auto rows = detail::with_kept<std::vector<kept_state::schema_row>>(
      detail::schema_access::of(from), [](kept_state& kept) { return kept.schemas(); });
  if (!rows) return rows.error();
  return from_rows(std::move(*rows));
}

result<schema_report> check_store(const store& of, const schema_registry& today,
                                  check_depth depth) {
  auto saved = saved_schemas(of);
  if (!saved) return saved.error();
  schema_report report = check_schemas(*saved, today);
  if (depth == check_depth::schemas) return report;
  auto reader = of.read_all();
  if (auto checked = check_events(reader, today, report); !checked) return checked.error();
  return report;
}

}  // namespace mainstem
