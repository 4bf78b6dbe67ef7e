// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Start here. A store is one folder that one process at a time writes and that any number of
/// threads of that process append to and read from. Events go in with append(), come back with
/// read_stream() and read_all().

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
/// Lifetime: the destructor closes. Readers must not be used after that; batches and events may.
/// Thread safety: all members except close(), move and destruction may be called from any number of
/// threads at a time. Readers never wait for writers. After fork(): the child's copy answers every
/// call with forked_process and can be destroyed safely.
class store {
 public:
  /// Opens the store in the folder `path`, or makes a new one there.
  ///
  /// On success: everything that was ever acknowledged is there (or recovery().damage says what is
  /// not), and this object is the only one, in this process or another, that writes it. Opening
  /// takes as long as reading what the index does not have yet; a missing or damaged index is
  /// rebuilt first, which reads the whole log. If the disk is too full to recover after a crash,
  /// the store opens for reading what is proven: info().failure says disk_full. Errors:
  /// store_locked (the detail names host, pid and start time of the holder); store_not_found;
  /// unsupported_format (update Mainstem); corrupt_manifest, missing_segment, foreign_file (restore
  /// a backup); disk_full; invalid_argument (an option out of its range); and whatever the disk
  /// says.
  [[nodiscard]] static result<store> open(const std::filesystem::path& path,
                                          const store_options& options = {});

  store(store&&) noexcept;
  store& operator=(store&&) noexcept;
  ~store();

  /// Appends `events` to `stream`, if it is as `expected` says.
  ///
  /// On success: what the outcome says rests on nothing that could be lost (see durability).
  /// Errors: invalid_argument and the other errors of condition `invalid`; no_events;
  /// outcome_unknown (a write failed under way: reopen, then append the same objects again);
  /// store_failed (an earlier write failed: the same); store_damaged; disk_full (nothing was
  /// touched: make room, retry); store_closed; forked_process.
  [[nodiscard]] result<append_outcome> append(const stream_name& stream, expected_version expected,
                                              std::span<const event_data> events,
                                              const append_options& options = {});
  [[nodiscard]] result<append_outcome> append(const stream_name& stream, expected_version expected,
                                              std::initializer_list<event_data> events,
                                              const append_options& options = {}) {
    return append(stream, expected, std::span<const event_data>(events.begin(), events.size()),
                  options);
  }
  /// The same for several streams, with requirements on others.
  [[nodiscard]] result<append_outcome> append(const append_request& request,
                                              const append_options& options = {});

  /// On success: everything appended before the call, buffered appends too, is durable.
  /// Errors: store_failed, store_closed, forked_process.
  [[nodiscard]] result<void> flush();

  /// Nothing is read before the reader's next(). A stream that does not exist reads as empty.
  [[nodiscard]] stream_reader read_stream(const stream_name& stream,
                                          const read_stream_options& options = {}) const;
  [[nodiscard]] log_reader read_all(const read_all_options& options = {}) const;

  /// The last event of a stream; nothing if it has none.
  [[nodiscard]] result<std::optional<event>> read_last(const stream_name& stream,
                                                       visibility seen = visibility::durable) const;
  /// One event; nothing if there is no such event.
  [[nodiscard]] result<std::optional<event>> read_event(
      position at, visibility seen = visibility::durable) const;
  [[nodiscard]] result<std::optional<event>> read_event(
      const stream_name& stream, version at, visibility seen = visibility::durable) const;
  [[nodiscard]] result<std::optional<event>> read_event(
      const stream_name& stream, const event_id& id, visibility seen = visibility::durable) const;

  [[nodiscard]] result<mainstem::stream_info> stream_info(
      const stream_name& stream, visibility seen = visibility::durable) const;
  [[nodiscard]] store_info info() const;
  /// What open() found.
  [[nodiscard]] const recovery_report& recovery() const noexcept;

  /// Makes everything durable, brings the index up to date, and lets go of the folder. No other
  /// call may be running; later ones answer store_closed. Errors: store_failed if an earlier write
  /// had failed. The store is closed all the same.
  [[nodiscard]] result<void> close();

 private:
  explicit store(std::unique_ptr<detail::store_state> state) noexcept;
  void discard() noexcept;
  [[nodiscard]] detail::store_state& state() const;
  std::unique_ptr<detail::store_state> state_;
};

}  // namespace mainstem
