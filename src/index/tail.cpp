// SPDX-License-Identifier: Apache-2.0
#include "index/tail.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"
#include "base/checksum.h"

namespace mainstem::index {
namespace {

constexpr std::size_t stream_block_size = 256;

// A commit is added whole, so a generation may grow past what it expects by the largest commit.
constexpr std::size_t most_events_of_a_commit = limits::commit_bytes / 48;

}  // namespace

std::uint32_t hash_id(const event_id& id) noexcept {
  return static_cast<std::uint32_t>(checksum64(id.bytes()));
}

tail_generation::tail_generation(std::size_t expected_events)
    : expected_events_(expected_events),
      blocks_((expected_events + most_events_of_a_commit) / block_events + 1),
      slot_mask_(std::bit_ceil((expected_events + limits::streams_per_commit) * 2) - 1),
      slots_(slot_mask_ + 1) {}

tail_generation::~tail_generation() {
  for (auto& block : blocks_) delete[] block.load(std::memory_order_relaxed);
}

void tail_generation::add(const name_hash& hash, std::string_view stream, event_address address,
                          position at, version in_stream, const event_id& id) {
  const std::size_t index = event_count_;
  auto& block = blocks_[index / block_events];
  if (block.load(std::memory_order_relaxed) == nullptr) reserve(1, 0);

  stream_entry& entry = entry_for(hash, stream);
  tail_event& event = block.load(std::memory_order_relaxed)[index % block_events];
  event = {address, at.value(), in_stream.value(), id,
           entry.newest.load(std::memory_order_relaxed)};
  ++entry.event_count;
  ++event_count_;
  last_position_ = at;
  // Readers that see the index see the event.
  entry.newest.store(static_cast<std::uint32_t>(index + 1), std::memory_order_release);
}

void tail_generation::reserve(std::size_t events, std::size_t streams) {
  for (std::size_t i = event_count_ / block_events; i * block_events < event_count_ + events; ++i) {
    if (blocks_[i].load(std::memory_order_relaxed) == nullptr)
      blocks_[i].store(new tail_event[block_events], std::memory_order_release);
  }
  while (stream_blocks_.size() * stream_block_size < stream_count_ + streams)
    stream_blocks_.push_back(std::make_unique<stream_entry[]>(stream_block_size));
  reserve_names(streams * limits::name_bytes);
}

void tail_generation::reserve_names(std::size_t bytes) {
  constexpr std::size_t first_bytes = 4096;
  constexpr std::size_t most_doublings = 4;
  if (free_names_.size() >= bytes) return;
  const std::size_t usual = first_bytes << std::min(name_blocks_.size(), most_doublings);
  const std::size_t size = std::max(usual, 2 * bytes);
  name_blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
  free_names_ = {name_blocks_.back().get(), size};
}

std::string_view tail_generation::keep_name(std::string_view name) {
  reserve_names(name.size());
  const auto kept = free_names_.first(name.size());
  free_names_ = free_names_.subspan(name.size());
  name.copy(kept.data(), name.size());
  return {kept.data(), name.size()};
}

tail_generation::stream_entry& tail_generation::entry_for(const name_hash& hash,
                                                          std::string_view stream) {
  for (std::size_t slot = hash.low & slot_mask_;; slot = (slot + 1) & slot_mask_) {
    stream_entry* const entry = slots_[slot].load(std::memory_order_relaxed);
    if (entry != nullptr && entry->hash == hash) return *entry;
    if (entry != nullptr) continue;
    if (stream_count_ == stream_blocks_.size() * stream_block_size) reserve(0, 1);
    stream_entry& made =
        stream_blocks_[stream_count_ / stream_block_size][stream_count_ % stream_block_size];
    made.name = keep_name(stream);
    made.hash = hash;
    ++stream_count_;
    slots_[slot].store(&made, std::memory_order_release);
    return made;
  }
}

const tail_generation::stream_entry* tail_generation::find(const name_hash& hash) const noexcept {
  for (std::size_t slot = hash.low & slot_mask_;; slot = (slot + 1) & slot_mask_) {
    const stream_entry* const entry = slots_[slot].load(std::memory_order_acquire);
    if (entry == nullptr || entry->hash == hash) return entry;
  }
}

const tail_event* tail_generation::newest(const name_hash& hash) const noexcept {
  const stream_entry* const entry = find(hash);
  if (entry == nullptr) return nullptr;
  const std::uint32_t index = entry->newest.load(std::memory_order_acquire);
  return index == 0 ? nullptr : &event_at(index - 1);
}

// In the order of the events, and not along the chains of the streams: those cost a cache miss at
// every step.
tail_generation::chunks tail_generation::to_chunks() const {
  chunks made;
  made.events.resize(event_count_);
  made.streams.reserve(stream_count_);
  std::vector<std::uint32_t> stream_of(event_count_);
  std::vector<std::uint32_t> next_place;  // Of each stream's next event in made.events.
  next_place.reserve(stream_count_);
  std::uint32_t begin = 0;
  for (std::size_t i = 0; i < event_count_; ++i) {
    const tail_event& event = event_at(i);
    if (event.previous != 0) {
      stream_of[i] = stream_of[event.previous - 1];
    } else {
      // A stream got its entry with its first event, so entries are in the order of those.
      const std::size_t stream = made.streams.size();
      const stream_entry& entry =
          stream_blocks_[stream / stream_block_size][stream % stream_block_size];
      stream_of[i] = static_cast<std::uint32_t>(stream);
      next_place.push_back(begin);
      made.streams.push_back({entry.name,
                              version(event.version),
                              {},
                              std::span(made.events).subspan(begin, entry.event_count)});
      begin += entry.event_count;
    }
    made.streams[stream_of[i]].last_position = position(event.position);
    made.events[next_place[stream_of[i]]++] = {event.address, hash_id(event.id)};
  }
  MAINSTEM_ASSERT(made.streams.size() == stream_count_ && begin == event_count_);
  return made;
}

void tail::push(std::shared_ptr<const tail_generation> newest) {
  const std::lock_guard guard(mutex_);
  auto list = std::make_shared<generation_list>(*generations_);
  list->push_back(std::move(newest));
  generations_ = std::move(list);
}

void tail::drop_oldest() {
  const std::lock_guard guard(mutex_);
  MAINSTEM_ASSERT(!generations_->empty());
  generations_ =
      std::make_shared<const generation_list>(generations_->begin() + 1, generations_->end());
}

}  // namespace mainstem::index
