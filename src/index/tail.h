// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include <mainstem/detail/prefetch.h>
#include <mainstem/types.h>
#include <mainstem/uuid.h>

#include "index/name_hash.h"
#include "index/stream_index.h"
#include "os/huge_pages.h"

namespace mainstem::index {

/// The low 32 bits of XXH3 over the id: what the index keeps of it.
[[nodiscard]] std::uint32_t hash_id(const event_id& id) noexcept;

/// An event that the index does not have yet.
struct tail_event {
  event_address address;
  std::uint64_t position = 0;
  std::uint64_t version = 0;
  event_id id;
  std::uint32_t previous =
      0;  ///< The event of the same stream before it in this generation, + 1; 0: none.
};

/// The events between two log points, by stream, in memory.
///
/// Thread safety: one thread adds; any number of threads read while it does, without waiting. What
/// a reader finds may lie above the position that it is allowed to see: it has to skip that.
class tail_generation {
 public:
  /// @param expected_events when to stop adding: see is_full().
  explicit tail_generation(std::size_t expected_events);
  ~tail_generation();
  tail_generation(const tail_generation&) = delete;
  tail_generation& operator=(const tail_generation&) = delete;

  /// Writer only: takes the memory for so many more events in so many more streams, so that add()
  /// needs none for them.
  void reserve(std::size_t events, std::size_t streams);
  /// Writer only. Positions ascend.
  void add(const name_hash& hash, std::string_view stream, event_address address, position at,
           version in_stream, const event_id& id);
  /// Writer only: ask for the memory that add() will touch, first the slot, some events later what
  /// it points to.
  void prefetch_slot(const name_hash& hash) const noexcept {
    detail::prefetch(&slots_[hash.low & slot_mask_]);
  }
  void prefetch_entry(const name_hash& hash) const noexcept {
    detail::prefetch(slots_[hash.low & slot_mask_].load(std::memory_order_relaxed));
  }

  /// Writer only: begin another generation before the next commit.
  [[nodiscard]] bool is_full() const noexcept { return event_count_ >= expected_events_; }
  [[nodiscard]] bool empty() const noexcept { return event_count_ == 0; }
  [[nodiscard]] std::size_t event_count() const noexcept { return event_count_; }
  [[nodiscard]] position last_position() const noexcept { return last_position_; }

  /// The newest event of a stream, and through tail_event::previous those before it; null if there
  /// is none.
  [[nodiscard]] const tail_event* newest(const name_hash& hash) const noexcept;
  [[nodiscard]] const tail_event* before(const tail_event& event) const noexcept {
    return event.previous == 0 ? nullptr : &event_at(event.previous - 1);
  }

  /// Everything in it as the index wants it. Only once nothing is added any more.
  struct chunks {
    // A flush takes them in the order of the streams' numbers, which is any order here.
    template <class T>
    using table = std::vector<T, os::huge_page_allocator<T>>;
    table<stream_chunk> streams;
    table<indexed_event> events;  // What the chunks point to.
  };
  [[nodiscard]] chunks to_chunks() const;

 private:
  static constexpr std::size_t block_events = 4096;
  struct stream_entry {
    name_hash hash;
    std::string_view name;  ///< In name_blocks_.
    std::uint32_t event_count = 0;
    std::atomic<std::uint32_t> newest{0};  ///< Event index + 1.
  };

  [[nodiscard]] const tail_event& event_at(std::size_t index) const noexcept {
    return blocks_[index / block_events].load(std::memory_order_acquire)[index % block_events];
  }
  void reserve_names(std::size_t bytes);
  [[nodiscard]] std::string_view keep_name(std::string_view name);
  [[nodiscard]] stream_entry& entry_for(const name_hash& hash, std::string_view stream);
  [[nodiscard]] const stream_entry* find(const name_hash& hash) const noexcept;

  std::size_t expected_events_;
  std::size_t event_count_ = 0;
  position last_position_;
  std::vector<std::atomic<tail_event*>> blocks_;
  std::size_t slot_mask_;
  std::vector<std::atomic<stream_entry*>, os::huge_page_allocator<std::atomic<stream_entry*>>>
      slots_;
  std::vector<std::unique_ptr<stream_entry[]>> stream_blocks_;
  std::size_t stream_count_ = 0;
  std::vector<std::unique_ptr<char[]>> name_blocks_;
  std::span<char> free_names_;  // Of the last block.
};

using generation_list = std::vector<std::shared_ptr<const tail_generation>>;

/// The generations that readers look through, oldest first.
///
/// Thread safety: safe. The lock is held while a pointer is copied, never across anything else.
class tail {
 public:
  [[nodiscard]] std::shared_ptr<const generation_list> snapshot() const {
    const std::lock_guard guard(mutex_);
    return generations_;
  }
  void push(std::shared_ptr<const tail_generation> newest);
  /// The index has it now.
  void drop_oldest();

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const generation_list> generations_ = std::make_shared<const generation_list>();
};

}  // namespace mainstem::index
