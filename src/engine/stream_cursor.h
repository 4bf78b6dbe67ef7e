// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <mainstem/read.h>

#include "engine/published_log.h"
#include "engine/record_reader.h"

namespace mainstem::engine {

/// Where one event of a stream stands.
struct stream_place {
  mainstem::version version;
  index::event_address address;
};

/// Reads one stream. What the index says is fetched in portions; the index is not held in between.
class stream_cursor {
 public:
  stream_cursor(const published_log& log, const stream_name& stream,
                const read_stream_options& options);

  [[nodiscard]] result<event_batch> next();

  /// Reading forwards: goes on behind the events up to this position, as if they had been read.
  /// Before the first next().
  [[nodiscard]] result<void> skip_through(position last);
  /// Reading forwards, after a next() that was empty: nothing of the stream up to here is still to
  /// come.
  [[nodiscard]] position horizon() const noexcept { return horizon_; }

 private:
  [[nodiscard]] result<void> fetch();
  [[nodiscard]] result<event_batch> read();
  [[nodiscard]] result<void> fetch_forwards(const read_snapshot& snapshot, version last);
  [[nodiscard]] result<void> fetch_backwards(const read_snapshot& snapshot, version last);
  [[nodiscard]] result<void> fetch_indexed(const read_snapshot& snapshot, version first,
                                           version last);
  [[nodiscard]] error pass_gap(const record_reader& reader);
  [[nodiscard]] result<void> append_event(const record_reader& reader, const stream_place& place,
                                          batch_builder& batch);

  const published_log& log_;
  std::shared_ptr<const stream_name> stream_;  // Views point to it.
  index::name_hash hash_;
  read_stream_options options_;
  std::uint64_t remaining_;
  version after_;   // What is still to come lies above this ...
  version before_;  // ... and below this.
  position horizon_;
  std::vector<stream_place> places_;  // Fetched and not read yet, in reading order.
  std::size_t next_place_ = 0;
};

/// Where the event with this version stands, if it may be seen.
[[nodiscard]] result<std::optional<stream_place>> find_version(const read_snapshot& snapshot,
                                                               const index::name_hash& hash,
                                                               std::string_view stream,
                                                               version wanted);

/// Where the newest event of this stream with this id stands, if it may be seen.
[[nodiscard]] result<std::optional<stream_place>> find_id(const read_snapshot& snapshot,
                                                          const record_reader& reader,
                                                          const index::name_hash& hash,
                                                          std::string_view stream,
                                                          const event_id& id);

/// One event by its place.
[[nodiscard]] result<event> read_place(const record_reader& reader,
                                       const std::shared_ptr<const stream_name>& stream,
                                       const stream_place& place);

}  // namespace mainstem::engine
