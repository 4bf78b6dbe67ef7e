// SPDX-License-Identifier: Apache-2.0
#include "index/stream_index.h"

#include <algorithm>
#include <utility>

#include "index/flush_writer.h"
#include "index/run_merger.h"
#include "index/stream_lookup.h"

namespace mainstem::index {
namespace {

/// Errors: corrupt_index if anything is there without a state row to tell of it.
result<void> check_empty(read_transaction& in) {
  for (std::size_t i = 0; i < table_count; ++i) {
    auto rows = in.open_cursor(static_cast<table>(i));
    if (!rows) return rows.error();
    const std::byte lowest{};
    auto first = (*rows)->seek({&lowest, 1});
    if (!first) return first.error();
    if (*first) return corrupt("the state row is missing");
  }
  return {};
}

result<void> begin(environment& env, const uuid& store_id) {
  auto writing = env.begin_write();
  if (!writing) return writing.error();
  if (auto empty = check_empty(**writing); !empty) return empty;
  value_bytes value;
  encode_state({.store_id = store_id}, value);
  if (auto put = (*writing)->put(table::meta, state_key(), value, false); !put) return put;
  return (*writing)->commit();
}

}  // namespace

stream_index::stream_index(std::shared_ptr<environment> env, index_options options) noexcept
    : environment_(std::move(env)), options_(options), known_(options.secret) {
  options_.merge_fanout = std::max<std::uint32_t>(options_.merge_fanout, 2);
  options_.events_per_row = std::max<std::uint32_t>(options_.events_per_row, 1);
}

result<std::unique_ptr<stream_index>> stream_index::open(std::unique_ptr<environment> env,
                                                         const uuid& store_id,
                                                         index_options options) {
  std::unique_ptr<stream_index> index(new stream_index(std::move(env), options));
  bool is_new = false;
  {
    auto reading = index->environment_->begin_read();
    if (!reading) return reading.error();
    auto state = (*reading)->get(table::meta, state_key());
    if (!state) return state.error();
    is_new = !state->has_value();
  }
  if (is_new) {
    if (auto begun = begin(*index->environment_, store_id); !begun) return begun.error();
  }
  if (auto owned = index->check_owner(store_id); !owned) return owned.error();
  return index;
}

result<std::unique_ptr<stream_index>> stream_index::follow(std::unique_ptr<environment> env,
                                                           const uuid& store_id) {
  std::unique_ptr<stream_index> index(new stream_index(std::move(env), {}));
  if (auto owned = index->check_owner(store_id); !owned) return owned.error();
  return index;
}

result<void> stream_index::check_owner(const uuid& store_id) const {
  auto first = snapshot();
  if (!first) return first.error();
  const uuid& owner = first->shared_->state.store_id;
  if (owner == store_id) return {};
  return error(errc::foreign_file, "the index belongs to the store " + owner.to_string());
}

bool stream_index::is_replaced() const { return environment_->is_replaced(); }

result<index_snapshot> stream_index::snapshot() const {
  auto reading = environment_->begin_read();
  if (!reading) return reading.error();
  auto state = read_state(**reading);
  if (!state) return state.error();
  auto runs = runs_of(**reading, *state);
  if (!runs) return runs.error();
  return index_snapshot(std::make_shared<const index_snapshot::shared>(
      index_snapshot::shared{environment_, std::move(*reading), *state, std::move(*runs)}));
}

result<std::shared_ptr<const run_table>> stream_index::runs_of(read_transaction& from,
                                                               const index_state& state) const {
  {
    const std::scoped_lock held(runs_lock_);
    if (runs_ && runs_generation_ == state.generation) return runs_;
  }
  auto loaded = run_table::load(from, state);
  if (!loaded) return loaded.error();
  auto runs = std::make_shared<const run_table>(std::move(*loaded));
  const std::scoped_lock held(runs_lock_);
  if (!runs_ || runs_generation_ < state.generation) {
    runs_generation_ = state.generation;
    runs_ = runs;
  }
  return runs;
}

result<void> stream_index::flush(const log_point& from, const log_point& to,
                                 std::span<const stream_chunk> chunks) {
  auto writing = environment_->begin_write();
  if (!writing) return writing.error();
  auto state = read_state(**writing);
  if (!state) return state.error();
  if (!(state->flushed == from)) {
    return error(errc::invalid_argument, "index: a flush begins where the last one ended");
  }
  // Given back when all is committed: until then, numbers given out here may go to others yet.
  known_numbers known = std::exchange(known_, known_numbers(options_.secret));
  auto written = write_flush(**writing, *state, to, chunks, options_, known);
  if (!written) return written;
  if (auto committed = (*writing)->commit(); !committed) return committed;
  known_ = std::move(known);
  return {};
}

result<bool> stream_index::merge_step(std::size_t budget_events) {
  return run_merger(*environment_, options_).step(budget_events);
}

result<void> stream_index::sync() { return environment_->sync(); }

result<std::uint64_t> stream_index::size_bytes() const { return environment_->size_bytes(); }

}  // namespace mainstem::index
