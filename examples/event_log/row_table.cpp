// SPDX-License-Identifier: Apache-2.0
#include "row_table.h"

namespace event_log {

row_table::row_table(const workload_view& workload)
    : first_(workload.streams.size() + 1), rows_(workload.rows.size()) {
  for (const row& each : workload.rows) ++first_[each.stream + 1];
  for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
  for (std::uint32_t i = 0; i < workload.rows.size(); ++i) {
    const row& each = workload.rows[i];
    rows_[first_[each.stream] + each.version - 1] = i;
  }
  streams_.reserve(workload.streams.size());
  for (std::uint32_t i = 0; i < workload.streams.size(); ++i)
    streams_.emplace(workload.stream_name(i), i);
}

std::span<const std::uint32_t> row_table::rows_of(std::uint32_t stream) const {
  return std::span(rows_).subspan(first_[stream], first_[stream + 1] - first_[stream]);
}

std::optional<std::uint32_t> row_table::find(std::uint32_t stream, std::uint64_t version) const {
  const auto rows = rows_of(stream);
  if (version == 0 || version > rows.size()) return std::nullopt;
  return rows[version - 1];
}

std::optional<std::uint32_t> row_table::find_stream(std::string_view name) const {
  const auto found = streams_.find(name);
  if (found == streams_.end()) return std::nullopt;
  return found->second;
}

}  // namespace event_log
