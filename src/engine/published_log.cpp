// SPDX-License-Identifier: Apache-2.0
#include "engine/published_log.h"

namespace mainstem::engine {

result<read_snapshot> read_snapshot::take(const published_log& log, visibility seen) {
  return take_up_to(log, log.visible(seen));
}

result<read_snapshot> read_snapshot::take_all(const published_log& log) {
  return take_up_to(log, position(position::max().value() - 1));
}

result<read_snapshot> read_snapshot::take_up_to(const published_log& log, position last) {
  auto tail = log.tail().snapshot();
  auto index = log.index()->snapshot();
  if (!index) return index.error();
  // In a follower the index may know more than has been published here, and then names segments
  // that are not in the list yet.
  if (auto known = log.catch_up(index->flushed().last); !known) return known.error();
  return read_snapshot(last, std::move(tail), std::move(*index));
}

result<stream_info> read_snapshot::info_of(const index::name_hash& hash,
                                           std::string_view stream) const {
  stream_info info;
  visit_tail(hash, [&info](const index::tail_event& newest) {
    info = {version(newest.version), position(newest.position)};
    return false;
  });
  if (info.exists()) return info;
  auto found = index_.head(stream);
  if (!found) return found.error();
  if (*found) info = {(*found)->last_version, (*found)->last_position};
  return info;
}

}  // namespace mainstem::engine
