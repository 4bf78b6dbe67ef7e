// SPDX-License-Identifier: Apache-2.0
#include "engine/head_cache.h"

namespace mainstem::engine {

std::optional<head> head_cache::find(const index::name_hash& hash) const noexcept {
  for (const entry& candidate : set_of(hash).entries) {
    if (candidate.used && candidate.hash == hash) return candidate.value;
  }
  return std::nullopt;
}

void head_cache::put(const index::name_hash& hash, const head& now) {
  if (entries_ > sets_.size() * ways / 2 && sets_.size() < most_sets) grow();
  place(hash, now);
}

void head_cache::prefetch(const index::name_hash& hash) const noexcept {
  const auto* const from = reinterpret_cast<const std::byte*>(&set_of(hash));
  __builtin_prefetch(from);
  __builtin_prefetch(from + sizeof(set) / 2);
}

void head_cache::place(const index::name_hash& hash, const head& now) noexcept {
  set& candidates = sets_[hash.high & (sets_.size() - 1)];
  entry* free = nullptr;
  for (entry& candidate : candidates.entries) {
    if (candidate.used && candidate.hash == hash) {
      candidate.value = now;
      return;
    }
    if (!candidate.used && free == nullptr) free = &candidate;
  }
  if (free == nullptr) {
    free = &candidates.entries[candidates.next_victim];
    candidates.next_victim = (candidates.next_victim + 1) % ways;
  } else {
    ++entries_;
  }
  *free = {hash, now, true};
}

void head_cache::grow() {
  std::vector<set> old(sets_.size() * 4);
  old.swap(sets_);
  entries_ = 0;
  for (const set& from : old) {
    for (const entry& moved : from.entries) {
      if (moved.used) place(moved.hash, moved.value);
    }
  }
}

}  // namespace mainstem::engine
