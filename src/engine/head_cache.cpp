// SPDX-License-Identifier: Apache-2.0
#include "engine/head_cache.h"

namespace mainstem::engine {

namespace {

constexpr std::size_t probes = 2;

}  // namespace

std::optional<head> head_cache::find(const index::name_hash& hash) const noexcept {
  for (std::size_t probe = 0; probe < probes; ++probe) {
    for (const entry& candidate : set_of(hash, probe).entries) {
      // Places are taken in order and never given back.
      if (!candidate.used) return std::nullopt;
      if (candidate.hash == hash) return candidate.value;
    }
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
  for (std::size_t probe = 0; probe < probes; ++probe) {
    for (entry& candidate : sets_[(hash.high + probe) & (sets_.size() - 1)].entries) {
      if (candidate.used && !(candidate.hash == hash)) continue;
      if (!candidate.used) ++entries_;
      candidate = {hash, now, true};
      return;
    }
  }
  set& full = sets_[hash.high & (sets_.size() - 1)];
  full.entries[full.next_victim] = {hash, now, true};
  full.next_victim = static_cast<std::uint32_t>((full.next_victim + 1) % ways);
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
