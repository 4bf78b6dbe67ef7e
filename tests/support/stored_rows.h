// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "index/environment.h"

namespace mainstem::test_support {

struct stored_row {
  index::table in;
  std::string key;
  std::string value;
};

/// Everything that stands in an environment, table by table.
[[nodiscard]] inline std::vector<stored_row> rows_of(index::environment& from) {
  std::vector<stored_row> rows;
  auto reading = from.begin_read().value();
  for (std::size_t i = 0; i < index::table_count; ++i) {
    const auto in = static_cast<index::table>(i);
    auto cursor = reading->open_cursor(in).value();
    for (auto each = cursor->seek(as_bytes(std::string_view("\0", 1))).value(); each;
         each = cursor->next().value()) {
      rows.push_back({in, std::string(as_text(each->key)), std::string(as_text(each->value))});
    }
  }
  return rows;
}

[[nodiscard]] inline std::vector<stored_row> rows_of(index::environment_provider& from,
                                                     std::string_view name) {
  return rows_of(*from.open(name).value());
}

/// Exactly these rows in the place of all that was there, durable.
inline void replace_rows(index::environment_provider& in, std::string_view name,
                         const std::vector<stored_row>& by) {
  auto environment = in.open(name).value();
  const auto before = rows_of(*environment);
  auto writing = environment->begin_write().value();
  for (const auto& row : before) writing->erase(row.in, as_bytes(row.key)).value();
  for (const auto& row : by)
    writing->put(row.in, as_bytes(row.key), as_bytes(row.value), false).value();
  writing->commit().value();
  environment->sync().value();
}

}  // namespace mainstem::test_support
