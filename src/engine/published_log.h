// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include <mainstem/read.h>
#include <mainstem/stream_info.h>
#include <mainstem/types.h>

#include "format/segment_header.h"
#include "index/stream_index.h"
#include "index/tail.h"
#include "log/segment.h"

namespace mainstem::engine {

/// What the writer has published and readers see.
///
/// Thread safety: safe. One thread at a time publishes.
class published_log {
 public:
  explicit published_log(const format::store_identity& store) : store_(store) {}

  [[nodiscard]] const format::store_identity& store() const noexcept { return store_; }

  /// Written: readable in this process. Durable: on the disk. written() >= durable().
  [[nodiscard]] position written() const noexcept {
    return position(written_.load(std::memory_order_acquire));
  }
  [[nodiscard]] position durable() const noexcept {
    return position(durable_.load(std::memory_order_acquire));
  }
  [[nodiscard]] position visible(visibility seen) const noexcept {
    return seen == visibility::written ? written() : durable();
  }
  void publish_written(position last) noexcept {
    written_.store(last.value(), std::memory_order_release);
  }
  void publish_durable(position last) noexcept {
    durable_.store(last.value(), std::memory_order_release);
  }

  [[nodiscard]] std::shared_ptr<const log::segment_list> segments() const {
    const std::lock_guard guard(mutex_);
    return segments_;
  }
  void set_segments(log::segment_list segments) {
    auto list = std::make_shared<const log::segment_list>(std::move(segments));
    const std::lock_guard guard(mutex_);
    segments_ = std::move(list);
  }
  void add_segment(std::shared_ptr<log::segment> segment) {
    log::segment_list list = *segments();
    list.push_back(std::move(segment));
    set_segments(std::move(list));
  }

  [[nodiscard]] index::tail& tail() noexcept { return tail_; }
  [[nodiscard]] const index::tail& tail() const noexcept { return tail_; }

  /// The index may be of another history of this log: what it leads to is to be looked at twice.
  /// Before anybody reads.
  void distrust_index() noexcept { trusts_index_ = false; }
  [[nodiscard]] bool trusts_index() const noexcept { return trusts_index_; }

  /// Before anybody reads. A follower may exchange it later: snapshots keep the one they began
  /// with.
  void set_index(std::shared_ptr<index::stream_index> index) {
    const std::lock_guard guard(mutex_);
    index_ = std::move(index);
  }
  [[nodiscard]] std::shared_ptr<index::stream_index> index() const {
    const std::lock_guard guard(mutex_);
    return index_;
  }

  /// Of a follower: brings what is published up to a position that the index has already. Set once,
  /// before anybody reads.
  using catch_up_function = std::function<result<void>(position at_least)>;
  void on_index_ahead(catch_up_function catch_up) { catch_up_ = std::move(catch_up); }
  [[nodiscard]] result<void> catch_up(position at_least) const {
    return catch_up_ && at_least > written() ? catch_up_(at_least) : result<void>();
  }

 private:
  format::store_identity store_;
  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> durable_{0};
  mutable std::mutex mutex_;  // Held while a pointer is copied.
  std::shared_ptr<const log::segment_list> segments_ = std::make_shared<const log::segment_list>();
  index::tail tail_;
  std::shared_ptr<index::stream_index> index_;
  catch_up_function catch_up_;
  bool trusts_index_ = true;
};

/// One state of the store: every event up to last() is either in the generations or in the index.
///
/// The order of its members' making matters: first the position, then the tail, then the index. An
/// event that the index took over in between stands in both; none stands in neither.
class read_snapshot {
 public:
  [[nodiscard]] static result<read_snapshot> take(const published_log& log, visibility seen);

  /// Everything there is, published or not: for recovery.
  [[nodiscard]] static result<read_snapshot> take_all(const published_log& log);

  [[nodiscard]] position last() const noexcept { return last_; }
  [[nodiscard]] const index::index_snapshot& index() const noexcept { return index_; }
  /// Calls `visit(const index::tail_event&)` for the events of the stream that may be seen and that
  /// the index does not have, newest first, until it returns false.
  template <class Visit>
  void visit_tail(const index::name_hash& hash, Visit&& visit) const {
    for (std::size_t i = tail_->size(); i-- > 0;) {
      const index::tail_generation& generation = *(*tail_)[i];
      const index::tail_event* event = generation.newest(hash);
      for (; event != nullptr; event = generation.before(*event)) {
        if (event->position > last_.value()) continue;
        if (event->position <= index_.flushed().last.value() || !visit(*event)) return;
      }
    }
  }

  /// The state of a stream.
  [[nodiscard]] result<stream_info> info_of(const index::name_hash& hash,
                                            std::string_view stream) const;

 private:
  [[nodiscard]] static result<read_snapshot> take_up_to(const published_log& log, position last);
  read_snapshot(position last, std::shared_ptr<const index::generation_list> tail,
                index::index_snapshot index)
      : last_(last), tail_(std::move(tail)), index_(std::move(index)) {}

  position last_;
  std::shared_ptr<const index::generation_list> tail_;
  index::index_snapshot index_;
};

}  // namespace mainstem::engine
