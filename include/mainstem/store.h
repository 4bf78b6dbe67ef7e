// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Start here. A store is one folder. One process at a time has it open for writing; any number of
/// its threads append to it and read from it. Other processes follow it with open_read_only().
/// Events go in with append(), come back with read_stream() and read_all(), and subscribe() tells
/// of new ones. For Boost.Asio see async.h.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <mainstem/append.h>
#include <mainstem/error.h>
#include <mainstem/event.h>
#include <mainstem/export.h>
#include <mainstem/read.h>
#include <mainstem/store_info.h>
#include <mainstem/store_options.h>
#include <mainstem/stream_info.h>
#include <mainstem/subscription.h>
#include <mainstem/types.h>
#include <mainstem/uuid.h>

namespace mainstem {

namespace detail {
class store_state;
struct async_access;
struct schema_access;
struct backup_access;
struct testing_access;
}  // namespace detail

/// How far a named consumer has come.
struct consumer_checkpoint {
  std::string consumer;
  position at;
};

struct append_options {
  mainstem::durability durability = mainstem::durability::synced;
};

/// An event store in one folder.
///
/// Lifetime: the destructor closes, but the errors of closing are lost: call close() where they
/// matter. Readers and subscriptions answer store_closed afterwards; batches and events stay
/// readable. Moving a store takes its readers along. A store that was moved from answers
/// store_closed.
/// Thread safety: all members except move and destruction may be called from any number of threads
/// at a time. Readers never wait for writers.
/// Without memory: whatever answers a result answers out_of_memory, and nothing was touched; an
/// append that is under way already ends with outcome_unknown. read_stream(), read_all(), and
/// whatever else only makes an object, throw std::bad_alloc.
/// After fork(): the child's copy answers every call with forked_process and can be destroyed
/// safely.
class MAINSTEM_API store {
 public:
  /// Opens the store in the folder `path`, or makes a new one there, with the folders above it;
  /// other files in the folder do not keep it from that. See store_options::create_if_missing.
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

  /// Opens the store for reading alone, beside a process that writes it, or none. All reads,
  /// subscriptions and waits work, and follow what the writer makes durable within milliseconds;
  /// appends and flush() answer store_read_only. It lives through crashes and restarts of the
  /// writer, and rebuilds of the index. Nothing in the folder is changed, but for LMDB's table of
  /// readers, which wants the right to write `index/lock.mdb`, and what save_checkpoint() keeps in
  /// `state`.
  ///
  /// On success: everything is readable that is provably durable, or recovery().damage says what
  /// stands in the way. Without a live writer that may be less than the last writer acknowledged,
  /// if the machine crashed; a writer that opens the store brings the rest back.
  ///
  /// Errors: store_not_found (no writer has made it yet: try again later); unsupported_format
  /// (update Mainstem); corrupt_manifest,
  /// missing_segment, foreign_file (see where the store is written); store_locked (this process has
  /// the store open already: use that object); overloaded (more readers than
  /// store_options::index_readers); and whatever the disk says. When the store is deleted while it
  /// is followed, subscriptions and waits answer store_not_found.
  ///
  /// Of the options, read_mode, index_flush_events (how much of the log is kept in memory at least,
  /// if the writer's index is behind), index_readers, reader_threads and on_progress count.
  /// Cost: as long as reading what the index does not have yet; the whole log, into memory (about
  /// 100 B per event), if there is no index.
  [[nodiscard]] static result<store> open_read_only(const std::filesystem::path& path,
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

  /// Follows the log: see subscription.
  ///
  /// Errors: invalid_argument (a stream and a category together; `after` beyond the end of the log,
  /// so that it cannot come from this store); store_closed; forked_process.
  [[nodiscard]] result<subscription> subscribe(const subscription_options& options = {}) const;

  /// Keeps how far a consumer has come: durable when it returns, whatever crashes. Nothing else
  /// moves it; it may go back. A consumer that keeps its checkpoint together with what it made of
  /// the events (in the same transaction of its database) needs none here. Works in a follower as
  /// well, for which the folder `state` must be writable.
  ///
  /// A checkpoint is evidence: a log that turns out to be shorter is reported as damaged.
  ///
  /// @param consumer 1 to 255 bytes of UTF-8 that do not begin with `$`.
  /// @param at durable: what subscription::position() says.
  /// Errors: invalid_argument (the name; a position that is not durable); corrupt_state;
  /// disk_full (the old one is still there); store_closed; forked_process; and whatever the disk
  /// says.
  /// Cost: two syncs. It blocks: for many consumers, or small steps, keep it for every thousandth
  /// event, not for each.
  [[nodiscard]] result<void> save_checkpoint(std::string_view consumer, position at);
  /// The position that was saved last; nothing if none was.
  /// Errors: corrupt_state (what stands under this name is damaged, or all of them are);
  /// store_closed; forked_process; overloaded; and whatever the disk says.
  [[nodiscard]] result<std::optional<position>> checkpoint(std::string_view consumer) const;
  /// All of them, by name. Errors: as above.
  [[nodiscard]] result<std::vector<consumer_checkpoint>> checkpoints() const;
  /// Fine if there is none. Errors: as of save_checkpoint().
  [[nodiscard]] result<void> forget_checkpoint(std::string_view consumer);

  /// Returns when everything up to this position is durable: at once, if it is. The position of an
  /// append_outcome waits for that append, whatever its durability.
  ///
  /// Errors: timed_out; store_failed, store_damaged or disk_full (the store does not write any
  /// more, so it will not come); store_closed; forked_process.
  [[nodiscard]] result<void> wait_for(position at, std::chrono::nanoseconds timeout) const;
  /// The same, until a stop is requested. One that never is waits for ever.
  /// Errors: operation_aborted (boost::asio::error, that is ECANCELED of the system) instead of
  /// timed_out.
  [[nodiscard]] result<void> wait_for(position at, std::stop_token stop) const;

  /// Ids, positions and sizes. After close(), in a forked child, or from a store that was moved
  /// from, `failure` says store_closed or forked_process and nothing else is set.
  [[nodiscard]] store_info info() const;

  /// What open() found. It does not change, and close() does not end it; a forked child can read it
  /// as well. Of a store that was moved from: an empty report.
  ///
  /// Lifetime: as long as the store, and moves along with it.
  [[nodiscard]] const recovery_report& recovery() const noexcept;

  /// Makes everything durable, brings the index up to date, and lets go of the folder. Calls that
  /// are running end first: appends are carried out, whoever waits for events or a position gets
  /// store_closed. Later ones answer store_closed.
  ///
  /// Errors: those of flush(). The store is closed all the same.
  [[nodiscard]] result<void> close();

 private:
  friend struct detail::async_access;
  friend struct detail::schema_access;
  friend struct detail::backup_access;
  friend struct detail::testing_access;
  explicit store(std::shared_ptr<detail::store_state> state) noexcept;
  void discard() noexcept;
  std::shared_ptr<detail::store_state> state_;
};

}  // namespace mainstem
