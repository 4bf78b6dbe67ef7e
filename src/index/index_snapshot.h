// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <mainstem/error.h>

#include "index/environment.h"
#include "index/index_rows.h"
#include "index/index_types.h"
#include "index/run_table.h"

namespace mainstem::index {

struct stream_summary;

/// One consistent state of the index, for reading. Hold it only while addresses are copied out: as
/// long as it lives, LMDB cannot use again what was freed since.
///
/// Copies share the state. All errors are those of the environment, and corrupt_index.
/// Thread safety: one thread at a time, for all copies together.
class index_snapshot {
 public:
  /// Everything up to this point is in the index, and nothing above.
  [[nodiscard]] const log_point& flushed() const noexcept { return shared_->state.flushed; }

  /// How many streams there are.
  [[nodiscard]] std::uint64_t streams() const noexcept { return shared_->state.streams; }

  /// The head of a stream; nothing if it has no event up to flushed().
  [[nodiscard]] result<std::optional<stream_head>> head(std::string_view stream) const;

  /// Appends to `into` the addresses of up to `limit` events with versions from `first` on,
  /// ascending. After an error, `into` is as it was.
  [[nodiscard]] result<void> addresses(const stream_head& head, version first, std::size_t limit,
                                       std::vector<event_address>& into) const;

  /// The same with the hashes of the ids.
  [[nodiscard]] result<void> events(const stream_head& head, version first, std::size_t limit,
                                    std::vector<indexed_event>& into) const;

  /// Appends to `into` every event of the stream whose id has this hash, newest first.
  /// After an error, `into` is as it was.
  [[nodiscard]] result<void> find_id(const stream_head& head, std::uint32_t id_hash,
                                     std::vector<found_event>& into) const;

 private:
  friend class stream_index;
  friend result<void> summarize(
      const index_snapshot& snapshot,
      const std::function<result<void>(std::string_view stream, const stream_summary&)>& handle);

  struct shared {
    std::shared_ptr<environment> in;  ///< Ends after the transaction.
    std::unique_ptr<read_transaction> transaction;
    index_state state;
    std::shared_ptr<const run_table> runs;
  };
  explicit index_snapshot(std::shared_ptr<const shared> all) noexcept : shared_(std::move(all)) {}

  [[nodiscard]] result<stream_head> head_of(std::uint64_t number) const;

  std::shared_ptr<const shared> shared_;
};

}  // namespace mainstem::index
