// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/event.h>
#include <mainstem/export.h>
#include <mainstem/read.h>
#include <mainstem/types.h>

namespace mainstem {

namespace detail {
class subscription_state;
struct async_access;
}  // namespace detail

/// For subscription_options::after: what becomes durable after the call of store::subscribe().
inline constexpr position from_now = position::max();

/// What a subscription follows: everything, a category, a set of types, or one stream; a category
/// or a stream together with types: what fits both.
///
/// Cost: a category and types are a filter and no index: everything behind `after` is read, and
/// what does not match is passed over. One stream is found through the index.
struct subscription_options {
  /// Events with positions above this one: the last one that the consumer has handled, or 0 for
  /// everything, or from_now.
  position after{};
  /// Only events of this stream.
  std::optional<stream_name> stream{};
  /// Only events of streams of this category. Empty: of every stream. Not together with `stream`.
  std::string category{};
  /// Only events of one of these types. Empty: of every type.
  std::vector<std::string> types{};
  batch_limits batch{};
};

/// Reads on as the log grows: each event once, in the order of positions, none left out.
///
/// It repeats the read up to what is durable, and waits when there is nothing more. So it never
/// shows what a crash could take back, and there is no difference between catching up and keeping
/// up: a consumer that is slow holds back nobody, and reads from the disk what it is late for.
/// Where it stands is the consumer's business: it keeps position() together with what it made of
/// the events, or with store::save_checkpoint(), and begins there the next time. What is kept
/// outside the store keeps info().lineage_id with it: a position of another store is refused only
/// if it lies beyond the end of this one.
///
/// Lifetime: survives moves of the store. When the store is closed or destroyed, it answers
/// store_closed. Its batches outlive all of that. One that was moved from answers store_closed.
/// Thread safety: one thread at a time.
class MAINSTEM_API subscription {
 public:
  subscription(subscription&&) noexcept;
  subscription& operator=(subscription&&) noexcept;
  ~subscription();

  /// The next events, as many as are there and the batch may hold, at least one. Waits if there are
  /// none.
  ///
  /// Errors: corrupt_data (which positions are damaged is in the info; the next call goes on behind
  /// them); operation_aborted (boost::asio::error, that is ECANCELED of the system: a stop was
  /// requested; nothing was lost, the next call goes on); store_failed, store_damaged or disk_full
  /// (everything durable was read, and the store does not write any more: nothing will come);
  /// store_closed; forked_process; overloaded; and whatever the disk says.
  [[nodiscard]] result<event_batch> next(std::stop_token stop = {});
  /// The same, waiting no longer than this.
  /// Errors: timed_out too; the next call goes on.
  [[nodiscard]] result<event_batch> next(std::chrono::nanoseconds timeout);
  /// The next events that are durable already; an empty batch if there are none now.
  [[nodiscard]] result<event_batch> try_next();

  /// What the last of these, or of async_next(), answered, with all that an error can say; without
  /// an error (its code is 0) if that was a batch.
  [[nodiscard]] const error& last_error() const noexcept;

  /// Everything up to here that it follows was given by next(): go on behind this one after a
  /// restart. It moves past events that it does not follow, too.
  [[nodiscard]] mainstem::position position() const noexcept;

 private:
  friend class store;
  friend struct detail::async_access;
  explicit subscription(std::shared_ptr<detail::subscription_state> state) noexcept;
  std::shared_ptr<detail::subscription_state> state_;
};

}  // namespace mainstem
