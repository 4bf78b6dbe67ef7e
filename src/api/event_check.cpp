// SPDX-License-Identifier: Apache-2.0
#include <mainstem/schema_check.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

namespace mainstem {
namespace {

schema_change change_for(const error& failure) {
  if (failure == errc::unknown_event_type) return schema_change::unknown_event_type;
  if (failure == errc::unknown_schema_version) return schema_change::unknown_schema_version;
  if (failure == errc::foreign_metadata) return schema_change::foreign_metadata;
  return schema_change::unreadable_event;
}

/// Adds up what is wrong with events.
class event_findings {
 public:
  explicit event_findings(schema_report& report) : report_(report) {}

  void add(const event_view& event, const error& failure) {
    const auto change = change_for(failure);
    const auto given = schema_version_of(event.metadata());
    const std::uint32_t version = given ? std::max(*given, 1U) : 0;
    const auto [known, is_new] = places_.try_emplace(
        std::tuple(std::string(event.type()), version, change), report_.findings.size());
    if (is_new) {
      report_.findings.push_back({.type = std::string(event.type()),
                                  .schema_version = version,
                                  .change = change,
                                  .detail = failure.info().detail,
                                  .first_position = event.position()});
    }
    ++report_.findings[known->second].events;
  }

 private:
  schema_report& report_;
  std::map<std::tuple<std::string, std::uint32_t, schema_change>, std::size_t> places_;
};

}  // namespace

result<void> check_events(log_reader& reader, const schema_registry& today, schema_report& report) {
  event_findings findings(report);
  for (;;) {
    const auto batch = reader.next();
    if (!batch) return batch.error();
    if (batch->empty()) return {};
    for (const event_view& event : batch->events()) {
      ++report.events;
      if (event.codec() != codec::capnp) continue;
      if (const auto valid = today.validate(event); !valid) findings.add(event, valid.error());
    }
  }
}

}  // namespace mainstem
