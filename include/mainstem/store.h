// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Start here. A store is one folder. One process at a time has it open, and no second one can open
/// it even for reading; any number of threads of that process append to it and read from it. Events
/// go in with append(), come back with read_stream() and read_all().

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>

#include <mainstem/append.h>
#include <mainstem/error.h>
#include <mainstem/event.h>
#include <mainstem/export.h>
#include <mainstem/read.h>
#include <mainstem/store_info.h>
#include <mainstem/store_options.h>
#include <mainstem/stream_info.h>
#include <mainstem/types.h>
#include <mainstem/uuid.h>

namespace mainstem {

namespace detail {
class store_state;
}

struct append_options {
  mainstem::durability durability = mainstem::durability::synced;
};

/// An event store in one folder.
///
/// Lifetime: the destructor closes, but the errors of closing are lost: call close() where they
/// matter. Readers must not be used after destruction; batches and events may. Moving a store takes
/// its readers along. A store that was moved from answers store_closed.
/// Thread safety: all members except close(), move and destruction may be called from any number of
/// threads at a time. Readers never wait for writers.
/// After fork(): the child's copy answers every call with forked_process and can be destroyed
/// safely.
class MAINSTEM_API store {
 public:
  /// Opens the store in the folder `path`, or makes a new one there, with the folders above it.
  ///
  /// On success: everything that was ever acknowledged is there (or recovery().damage says what is
  /// not), and this object is the only one, in this process or another, that has the store open.
  /// If the disk is too full to recover after a crash, the store opens for reading what is proven:
  /// info().failure says disk_full.
  ///
  /// Errors: store_locked (the detail names host, pid and start time of the holder);
  /// store_not_found; unsupported_format (update Mainstem); corrupt_manifest, missing_segment,
  /// foreign_file (restore a backup); disk_full; invalid_argument (an option out of its range); and
  /// whatever the disk says.
  ///
  /// Cost: as long as reading what the index does not have yet. A missing or damaged index is
  /// rebuilt first, which reads the whole log.
  [[nodiscard]] static result<store> open(const std::filesystem::path& path,
                                          const store_options& options = {});

  store(store&&) noexcept;
  store& operator=(store&&) noexcept;
  ~store();

  /// Appends `events` to `stream`, if it is as `expected` says.
  ///
  /// On success: whatever the answer is, what it rests on is durable, and so is everything at a
  /// lower position. A buffered append promises less: see durability.
  ///
  /// Errors: invalid_argument and the other errors of condition `invalid`; no_events;
  /// outcome_unknown (a write failed under way: reopen, then append the same objects again);
  /// store_failed (an earlier write failed: the same); store_damaged; disk_full (nothing was
  /// touched: make room, retry); overloaded; store_closed; forked_process; and whatever the disk
  /// says.
  ///
  /// Cost: ids that were given, and events that are submitted again, are looked for in their
  /// stream: see event_options::id.
  [[nodiscard]] result<append_outcome> append(const stream_name& stream, expected_version expected,
                                              std::span<const event_data> events,
                                              const append_options& options = {});
  [[nodiscard]] result<append_outcome> append(const stream_name& stream, expected_version expected,
                                              std::initializer_list<event_data> events,
                                              const append_options& options = {}) {
    return append(stream, expected, std::span<const event_data>(events.begin(), events.size()),
                  options);
  }
  /// The same for one event.
  [[nodiscard]] result<append_outcome> append(const stream_name& stream, expected_version expected,
                                              const event_data& event,
                                              const append_options& options = {}) {
    return append(stream, expected, std::span<const event_data>(&event, 1), options);
  }
  /// The same for several streams, with requirements on others.
  [[nodiscard]] result<append_outcome> append(const append_request& request,
                                              const append_options& options = {});

  /// On success: everything appended before the call, buffered appends too, is durable.
  /// Errors: store_failed, store_damaged or disk_full if the store does not write (info().failure
  /// says why); outcome_unknown if it fails now; store_closed; forked_process.
  [[nodiscard]] result<void> flush();

  /// Nothing is read before the reader's next(), which answers all errors. A stream that does not
  /// exist reads as empty.
  [[nodiscard]] stream_reader read_stream(const stream_name& stream,
                                          const read_stream_options& options = {}) const;
  /// The whole log, or a part of it, in the order of positions.
  [[nodiscard]] log_reader read_all(const read_all_options& options = {}) const;

  /// The last event of a stream; nothing if it has none.
  ///
  /// Errors, of this call and the next three: corrupt_data, store_closed, forked_process,
  /// overloaded, and whatever the disk says.
  [[nodiscard]] result<std::optional<event>> read_last(const stream_name& stream,
                                                       visibility seen = visibility::durable) const;
  /// One event; nothing if there is no such event.
  [[nodiscard]] result<std::optional<event>> read_event(
      position at, visibility seen = visibility::durable) const;
  [[nodiscard]] result<std::optional<event>> read_event(
      const stream_name& stream, version at, visibility seen = visibility::durable) const;
  /// Cost: the ids of the stream are searched, newest first: see event_options::id.
  [[nodiscard]] result<std::optional<event>> read_event(
      const stream_name& stream, const event_id& id, visibility seen = visibility::durable) const;

  /// At which version a stream is. To append at that version, `written`, if the stream has buffered
  /// appends: expected versions count them.
  ///
  /// Errors: store_closed, forked_process, overloaded, corrupt_index.
  [[nodiscard]] result<mainstem::stream_info> stream_info(
      const stream_name& stream, visibility seen = visibility::durable) const;

  /// Ids, positions and sizes. After close(), in a forked child, or from a store that was moved
  /// from, `failure` says store_closed or forked_process and nothing else is set.
  [[nodiscard]] store_info info() const;

  /// What open() found. It does not change, and close() does not end it; a forked child can read it
  /// as well. Of a store that was moved from: an empty report.
  ///
  /// Lifetime: as long as the store, and moves along with it.
  [[nodiscard]] const recovery_report& recovery() const noexcept;

  /// Makes everything durable, brings the index up to date, and lets go of the folder. No other
  /// call may be running; later ones answer store_closed.
  ///
  /// Errors: those of flush(). The store is closed all the same.
  [[nodiscard]] result<void> close();

 private:
  explicit store(std::unique_ptr<detail::store_state> state) noexcept;
  void discard() noexcept;
  [[nodiscard]] result<void> check_usable() const;
  std::unique_ptr<detail::store_state> state_;
};

}  // namespace mainstem
