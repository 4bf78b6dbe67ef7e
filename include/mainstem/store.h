// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Start here. A store is one folder that one process at a time writes and that any number of threads of that process
/// append to and read from. Events go in with append(), come back with read_stream() and read_all().

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <mainstem/append.h>
#include <mainstem/error.h>
#include <mainstem/event.h>
#include <mainstem/read.h>
#include <mainstem/stream_info.h>
#include <mainstem/types.h>
#include <mainstem/uuid.h>

namespace mainstem {

namespace detail {
class store_state;
}

/// How new segment files get their space before they are used.
enum class preallocation : std::uint8_t {
  /// Zeros are written ahead of use, in the background. Syncs of large groups are faster; twice the bytes are written.
  zero_fill,
  /// The file system reserves the space. Half the bytes are written.
  reserve,
};

/// How sealed and live segments are read.
enum class read_mode : std::uint8_t {
  /// In place, through a mapping. Fastest. A sector that the disk can no longer read kills the process (SIGBUS).
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
  /// Make a new store if there is none.
  bool create_if_missing = true;

  /// Bytes of one segment file: 64 KiB to 4 GiB, a multiple of 4,096. A commit may take half a segment at most.
  /// Smaller: less space is made ahead of use. Larger: fewer files.
  std::uint64_t segment_size_bytes = 64U << 20U;
  mainstem::preallocation preallocation = mainstem::preallocation::zero_fill;
  mainstem::read_mode read_mode = mainstem::read_mode::mapped;

  /// Most bytes of appends that wait for the disk. Callers of append() wait for room. 1 MiB and more.
  std::size_t queue_bytes = 64U << 20U;

  /// Longest time until a background sync makes buffered appends durable. 1 ms to 1 h.
  std::chrono::milliseconds buffered_sync_interval{100};

  /// The part of the log that is not in the index yet is kept in memory and read again when the store is opened: it
  /// moves into the index when it has this many events or is this old. 1,024 to 16 Mi events; 10 ms to 1 h.
  std::size_t index_flush_events = 256U << 10U;
  std::chrono::milliseconds index_flush_interval{10'000};

  /// After this long without a write, a mark makes it provable that everything so far had been durable. 1 ms to 1 h.
  std::chrono::milliseconds mark_interval{50};

  /// Open for writing although acknowledged events are damaged or missing: what cannot be read is given up, and the
  /// positions are given to new events. See recovery_report::damage. Never the first thing to try.
  bool accept_loss = false;

  /// Called now and then by open(), in the calling thread.
  std::function<void(const progress&)> on_progress = {};
};

/// What opening found. `clean` is the usual case.
struct recovery_report {
  bool clean = true;                      ///< The store was closed properly the last time.
  position last_position;                 ///< Of the last event after recovery.
  std::uint64_t events_replayed = 0;      ///< Read again because the index did not have them.
  std::uint64_t events_rewritten = 0;     ///< Found beyond what was provably durable, and written again.
  std::uint64_t bytes_cut = 0;            ///< Torn bytes at the end that nobody had been told were durable.
  bool index_rebuilt = false;             ///< The index was missing, damaged or of another store.
  std::chrono::nanoseconds duration{};    ///< Of opening.
  /// Set if acknowledged events are damaged or missing: the store was opened for reading only (or, with accept_loss,
  /// gave them up). Its info names the positions.
  std::optional<error> damage;
};

/// The state of a store.
struct store_info {
  uuid store_id;
  uuid lineage_id;               ///< One history of positions; copies of a store share it.
  position written;              ///< Last event that this process can read.
  position durable;              ///< Last event that survives a crash of the machine. Never above written.
  position indexed;              ///< Last event in the index. Never above durable.
  std::uint64_t segments = 0;    ///< Segment files in use.
  std::uint64_t log_bytes = 0;   ///< Bytes of frames and headers in them, without space made ahead.
  std::uint64_t index_bytes = 0; ///< Size of the index file.
  std::uint64_t index_flushes = 0;  ///< Since the store was opened.
  std::optional<error> failure;  ///< Why the store does not write (any more); unset if it does.
};

struct append_options {
  mainstem::durability durability = mainstem::durability::synced;
};

/// An event store in one folder.
///
/// Lifetime: the destructor closes. Readers must not be used after that; batches and events may.
/// Thread safety: all members except close(), move and destruction may be called from any number of threads at a
/// time. Readers never wait for writers.
/// After fork(): the child's copy answers every call with forked_process and can be destroyed safely.
class store {
 public:
  /// Opens the store in the folder `path`, or makes a new one there.
  ///
  /// On success: everything that was ever acknowledged is there (or recovery().damage says what is not), and this
  /// object is the only one, in this process or another, that writes it. Opening takes as long as reading what the
  /// index does not have yet; a missing or damaged index is rebuilt first, which reads the whole log.
  /// Errors: store_locked (the detail names host, pid and start time of the holder); store_not_found;
  /// unsupported_format (update Mainstem); corrupt_manifest, missing_segment, foreign_file (restore a backup);
  /// disk_full; invalid_argument (an option out of its range); and whatever the disk says.
  [[nodiscard]] static result<store> open(const std::filesystem::path& path, const store_options& options = {});

  store(store&&) noexcept;
  store& operator=(store&&) noexcept;
  ~store();

  /// Appends `events` to `stream`, if it is as `expected` says.
  ///
  /// On success: what the outcome says rests on nothing that could be lost (see durability).
  /// Errors: invalid_argument and the other errors of condition `invalid`; no_events;
  /// outcome_unknown (a write failed under way: reopen, then append the same objects again); store_failed (an earlier
  /// write failed: the same); store_damaged; disk_full (nothing was touched: make room, retry); store_closed;
  /// forked_process.
  [[nodiscard]] result<append_outcome> append(const stream_name& stream, expected_version expected,
                                              std::span<const event_data> events, const append_options& options = {});
  [[nodiscard]] result<append_outcome> append(const stream_name& stream, expected_version expected,
                                              std::initializer_list<event_data> events,
                                              const append_options& options = {}) {
    return append(stream, expected, std::span<const event_data>(events.begin(), events.size()), options);
  }
  /// The same for several streams, with requirements on others.
  [[nodiscard]] result<append_outcome> append(const append_request& request, const append_options& options = {});

  /// On success: everything appended before the call, buffered appends too, is durable.
  /// Errors: store_failed, store_closed, forked_process.
  [[nodiscard]] result<void> flush();

  /// Nothing is read before the reader's next(). A stream that does not exist reads as empty.
  [[nodiscard]] stream_reader read_stream(const stream_name& stream, const read_stream_options& options = {}) const;
  [[nodiscard]] log_reader read_all(const read_all_options& options = {}) const;

  /// The last event of a stream; nothing if it has none.
  [[nodiscard]] result<std::optional<event>> read_last(const stream_name& stream,
                                                       visibility seen = visibility::durable) const;
  /// One event; nothing if there is no such event.
  [[nodiscard]] result<std::optional<event>> read_event(position at, visibility seen = visibility::durable) const;
  [[nodiscard]] result<std::optional<event>> read_event(const stream_name& stream, version at,
                                                        visibility seen = visibility::durable) const;
  [[nodiscard]] result<std::optional<event>> read_event(const stream_name& stream, const event_id& id,
                                                        visibility seen = visibility::durable) const;

  [[nodiscard]] result<mainstem::stream_info> stream_info(const stream_name& stream,
                                                          visibility seen = visibility::durable) const;
  [[nodiscard]] store_info info() const;
  /// What open() found.
  [[nodiscard]] const recovery_report& recovery() const noexcept;

  /// Makes everything durable, brings the index up to date, and lets go of the folder. No other call may be running;
  /// later ones answer store_closed.
  /// Errors: store_failed if an earlier write had failed. The store is closed all the same.
  [[nodiscard]] result<void> close();

 private:
  explicit store(std::unique_ptr<detail::store_state> state) noexcept;
  void discard() noexcept;
  [[nodiscard]] detail::store_state& state() const;
  std::unique_ptr<detail::store_state> state_;
};

}  // namespace mainstem
