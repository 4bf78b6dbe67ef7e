// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace mainstem {

/// How new segment files get their space before they are used.
enum class preallocation : std::uint8_t {
  /// Zeros are written ahead of use, in the background. Syncs of large groups are faster; twice the
  /// bytes are written.
  zero_fill,
  /// The file system reserves the space. Half the bytes are written.
  reserve,
};

/// How sealed and live segments are read.
enum class read_mode : std::uint8_t {
  /// In place, through a mapping. Fastest. A sector that the disk can no longer read kills the
  /// process (SIGBUS).
  mapped,
  /// Copied into the batch. A sector that the disk can no longer read is an error.
  copied,
};

/// What store::open() is doing when it takes long.
struct progress {
  enum class stage : std::uint8_t { recovering_log, rebuilding_index };
  enum stage stage;
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
};

struct store_options {
  /// Make a new store if there is none, with the folders above it.
  bool create_if_missing = true;

  /// Bytes of one segment file: 64 KiB to 4 GiB, a multiple of 4,096. A commit may take half a
  /// segment at most. Smaller: less space is made ahead of use. Larger: fewer files.
  std::uint64_t segment_size_bytes = 64U << 20U;
  mainstem::preallocation preallocation = mainstem::preallocation::zero_fill;
  mainstem::read_mode read_mode = mainstem::read_mode::mapped;

  /// Most bytes of appends that wait for the disk. Callers of append() wait for room, those of
  /// async_append() get overloaded. 1 MiB and more.
  std::size_t queue_bytes = 64U << 20U;

  /// Longest time until a background sync makes buffered appends durable: what a crash of the
  /// machine may take. 1 ms to 1 h.
  std::chrono::milliseconds buffered_sync_interval{100};

  /// The part of the log that is not in the index yet is kept in memory and read again when the
  /// store is opened: it moves into the index when it has this many events or is this old. 1,024 to
  /// 16 Mi events; 10 ms to 1 h.
  std::size_t index_flush_events = 256U << 10U;
  std::chrono::milliseconds index_flush_interval{10'000};

  /// Most look-ups into the index at the same moment, in all processes that have the store open.
  /// What the first of them says counts as long as any of them lives. 4 to 65,536. More: with many
  /// followers, each of which keeps up to 32 places.
  std::uint32_t index_readers = 4'096;

  /// Threads that carry out async_read() and async_next(); they begin with the first of these. 1 to
  /// 64. More of them help where many readers wait for the disk at the same time.
  std::size_t reader_threads = 2;

  /// After this long without a write, a mark makes it provable that everything so far had been
  /// durable. 1 ms to 1 h.
  std::chrono::milliseconds mark_interval{50};

  /// Open for writing although acknowledged events are damaged or missing. What cannot be read is
  /// given up, and its positions and versions stay a gap: no other event ever gets them. See
  /// recovery_report::damage. Never the first thing to try.
  bool accept_loss = false;

  /// Called now and then by open(), in the calling thread.
  std::function<void(const progress&)> on_progress = {};
};

}  // namespace mainstem
