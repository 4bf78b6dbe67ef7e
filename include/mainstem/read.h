// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/event.h>
#include <mainstem/export.h>
#include <mainstem/types.h>

namespace mainstem {

class store;

namespace detail {
class stream_read;
class log_read;
struct async_access;
}  // namespace detail

enum class direction : std::uint8_t { forwards, backwards };

/// Which events a read may see.
enum class visibility : std::uint8_t {
  /// Only what survives a crash of the machine. One's own buffered appends are not shown until a
  /// sync has made them durable.
  durable,
  /// Also what buffered appends of this process have written and no sync has made durable yet: all
  /// that expected versions are checked against. A crash of the machine may take such an event back
  /// and give its position to another.
  written,
};

/// How much one batch may hold. A batch is full when it has reached either limit, and holds at
/// least one event, whatever the limits and its size: the last event may go beyond `bytes`, and a
/// limit of 0 is one event.
struct batch_limits {
  std::size_t events = 1024;
  std::size_t bytes = 1U << 20U;  ///< Of payload and metadata.
};

inline constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

/// Which events of a stream. Ranges are exclusive on both ends.
struct read_stream_options {
  version after{};                  ///< Events with versions above this one.
  version before = version::max();  ///< Events with versions below this one.
  mainstem::direction direction = mainstem::direction::forwards;
  std::uint64_t limit = no_limit;  ///< Most events in all; 0 is none.
  batch_limits batch{};
  /// To append at the version that was read, `written`, if the stream has buffered appends.
  mainstem::visibility visibility = mainstem::visibility::durable;
};

/// Which events of the log. Ranges are exclusive on both ends.
///
/// Cost: a filter is no index. Everything between the ends is read, and what does not match is
/// passed over; only the start is found at once.
struct read_all_options {
  position after{};                   ///< Events with positions above this one.
  position before = position::max();  ///< Events with positions below this one.
  /// Only events of streams of this category. Empty: of every stream.
  std::string category{};
  /// Only events of one of these types. Empty: of every type.
  std::vector<std::string> types{};
  mainstem::direction direction = mainstem::direction::forwards;
  std::uint64_t limit = no_limit;  ///< Most events in all that match the filter; 0 is none.
  batch_limits batch{};
  mainstem::visibility visibility = mainstem::visibility::durable;
};

/// Reads the events of one stream, batch by batch.
///
/// Lifetime: survives moves of the store. When the store is closed or destroyed, it answers
/// store_closed. Its batches outlive all of that. One that was moved from answers store_closed.
/// Thread safety: one thread at a time.
class MAINSTEM_API stream_reader {
 public:
  stream_reader(stream_reader&&) noexcept;
  stream_reader& operator=(stream_reader&&) noexcept;
  ~stream_reader();

  /// The next events. An empty batch: there are none now, or the limit is reached; a filter never
  /// makes one before the end. Reading forwards may go on from there: a later call sees what was
  /// appended since. Reading backwards begins below what can be seen at the first call.
  ///
  /// A loop ends when the batch is empty: `while (auto batch = reader.next().value())`, or with the
  /// result checked first. Do not make the result itself the condition: it is true at the end as
  /// well, where it holds an empty batch.
  ///
  /// Errors: corrupt_data (the place is in the info, with the positions of the damaged commit where
  /// they can still be told; the next call goes on behind the event, or behind those whose loss
  /// was accepted, up to 4,096 at a time); store_closed; forked_process; overloaded; and whatever
  /// the disk says.
  [[nodiscard]] result<event_batch> next();

  /// What the last next(), or async_read(), answered, with all that an error can say; without an
  /// error (its code is 0) if that was a batch.
  [[nodiscard]] const error& last_error() const noexcept;

 private:
  friend class store;
  friend struct detail::async_access;
  explicit stream_reader(std::shared_ptr<detail::stream_read> state) noexcept;
  std::shared_ptr<detail::stream_read> state_;
};

/// Reads the whole log, or a part of it, in the order of positions, batch by batch.
///
/// Lifetime: survives moves of the store. When the store is closed or destroyed, it answers
/// store_closed. Its batches outlive all of that. One that was moved from answers store_closed.
/// Thread safety: one thread at a time.
class MAINSTEM_API log_reader {
 public:
  log_reader(log_reader&&) noexcept;
  log_reader& operator=(log_reader&&) noexcept;
  ~log_reader();

  /// The next events. An empty batch: there are none now, or the limit is reached; a filter never
  /// makes one before the end. Reading forwards may go on from there: a later call sees what was
  /// appended since. Reading backwards begins below what can be seen at the first call.
  ///
  /// A loop ends when the batch is empty: `while (auto batch = reader.next().value())`, or with the
  /// result checked first. Do not make the result itself the condition: it is true at the end as
  /// well, where it holds an empty batch.
  ///
  /// Errors: corrupt_data (which positions are damaged is in the info; the next call goes on behind
  /// them); store_closed; forked_process; and whatever the disk says.
  [[nodiscard]] result<event_batch> next();

  /// What the last next(), or async_read(), answered, with all that an error can say; without an
  /// error (its code is 0) if that was a batch.
  [[nodiscard]] const error& last_error() const noexcept;

 private:
  friend class store;
  friend struct detail::async_access;
  explicit log_reader(std::shared_ptr<detail::log_read> state) noexcept;
  std::shared_ptr<detail::log_read> state_;
};

}  // namespace mainstem
