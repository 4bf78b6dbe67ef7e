// SPDX-License-Identifier: Apache-2.0
#include "engine/head_cache.h"

#include <new>

#include <mainstem/detail/prefetch.h>

namespace mainstem::engine {

std::optional<head> head_cache::find(const index::name_hash& hash) const noexcept {
  for (std::size_t probe = 0; probe < probes; ++probe) {
    for (const entry& candidate : sets_[set_index(hash, probe)].entries) {
      // Places are taken in order and never given back.
      if (candidate.used == 0) return std::nullopt;
      if (candidate.hash == hash) return head{candidate.version, candidate.last_position};
    }
  }
  return std::nullopt;
}

void head_cache::put(const index::name_hash& hash, const head& now) noexcept {
  if (entries_ > sets_.size() * ways / 2 && sets_.size() < most_sets) grow();
  constexpr std::uint64_t positions = (std::uint64_t{1} << 63U) - 1;
  place({hash, now.version, now.last_position & positions, 1});
}

void head_cache::prefetch(const index::name_hash& hash) const noexcept {
  detail::prefetch(&sets_[set_index(hash)]);
}

void head_cache::place(const entry& placed) noexcept {
  for (std::size_t probe = 0; probe < probes; ++probe) {
    for (entry& candidate : sets_[set_index(placed.hash, probe)].entries) {
      if (candidate.used != 0 && !(candidate.hash == placed.hash)) continue;
      if (candidate.used == 0) ++entries_;
      candidate = placed;
      return;
    }
  }
  // Any of them may go; which one differs from stream to stream.
  sets_[set_index(placed.hash)].entries[placed.hash.low % ways] = placed;
}

void head_cache::grow() noexcept {
  set_table old;
  try {
    old.resize(sets_.size() * 4);
  } catch (const std::bad_alloc&) {
    return;  // Then it forgets.
  }
  old.swap(sets_);
  entries_ = 0;
  for (const set& from : old) {
    for (const entry& moved : from.entries) {
      if (moved.used != 0) place(moved);
    }
  }
}

}  // namespace mainstem::engine
