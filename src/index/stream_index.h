// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include <mainstem/error.h>
#include <mainstem/types.h>
#include <mainstem/uuid.h>

#include "index/environment.h"
#include "index/index_snapshot.h"
#include "index/index_types.h"
#include "index/known_numbers.h"

namespace mainstem::index {

/// Names, heads and append-only runs of one store, derived from its log and disposable.
///
/// After any error the index is what it was before the call, and usable as far as the environment
/// is. Thread safety: flush() and merge_step() from one thread at a time; snapshot() from any.
class stream_index {
 public:
  /// Errors: corrupt_index (rebuild it), foreign_file (it belongs to another store: rebuild it).
  [[nodiscard]] static result<std::unique_ptr<stream_index>> open(std::unique_ptr<environment> env,
                                                                  const uuid& store_id,
                                                                  index_options options);

  /// What another process writes: for snapshots alone. Errors: those of open(), and corrupt_index
  /// if nothing was ever written.
  [[nodiscard]] static result<std::unique_ptr<stream_index>> follow(
      std::unique_ptr<environment> env, const uuid& store_id);

  /// Errors: overloaded when too many snapshots live.
  [[nodiscard]] result<index_snapshot> snapshot() const;

  /// Adds one run. `from` must equal snapshot().flushed(); the chunks may come in any order, each
  /// stream once. Without chunks, only the log point moves. Errors: invalid_argument when `from` or
  /// a chunk breaks these rules; corrupt_index when a chunk does not begin where the index says
  /// that its stream ends.
  [[nodiscard]] result<void> flush(const log_point& from, const log_point& to,
                                   std::span<const stream_chunk> chunks);

  /// Merges the next tier that is full, in pieces of about `budget_events`; answers whether there
  /// is more to do. A crash between two steps loses at most the last ones.
  [[nodiscard]] result<bool> merge_step(std::size_t budget_events);

  /// After it, what has been flushed survives a crash of the machine.
  [[nodiscard]] result<void> sync();

  [[nodiscard]] result<std::uint64_t> size_bytes() const;

  /// Whoever writes has thrown it away, or begun another one: see environment.
  [[nodiscard]] bool is_replaced() const;

 private:
  stream_index(std::shared_ptr<environment> env, index_options options) noexcept;

  [[nodiscard]] result<void> check_owner(const uuid& store_id) const;

  /// The runs of the state that `from` sees.
  [[nodiscard]] result<std::shared_ptr<const run_table>> runs_of(read_transaction& from,
                                                                 const index_state& state) const;

  std::shared_ptr<environment> environment_;
  index_options options_;
  known_numbers known_;  // flush() alone.
  mutable std::mutex runs_lock_;
  mutable std::uint64_t runs_generation_ = 0;
  mutable std::shared_ptr<const run_table> runs_;
};

}  // namespace mainstem::index
