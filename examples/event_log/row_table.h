// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "workload.h"

namespace event_log {

/// Finds rows by stream and version.
/// Lifetime: the workload outlives it.
class row_table {
 public:
  explicit row_table(const workload_view& workload);

  /// Numbers of a stream's rows: version 1 first.
  [[nodiscard]] std::span<const std::uint32_t> rows_of(std::uint32_t stream) const;
  /// The number of the row with this version; nothing if there is none.
  [[nodiscard]] std::optional<std::uint32_t> find(std::uint32_t stream,
                                                  std::uint64_t version) const;
  [[nodiscard]] std::optional<std::uint32_t> find_stream(std::string_view name) const;

 private:
  std::vector<std::uint32_t> first_;  // Per stream, and one more: where its rows begin in rows_.
  std::vector<std::uint32_t> rows_;
  std::unordered_map<std::string_view, std::uint32_t> streams_;
};

}  // namespace event_log
