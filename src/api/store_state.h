// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <mainstem/store.h>

#include "engine/log_cursor.h"
#include "engine/record_reader.h"
#include "engine/store_core.h"
#include "engine/stream_cursor.h"
#include "os/fork_guard.h"

namespace mainstem::detail {

/// An open store with its threads. Appending callers drive the commit pipeline themselves: whoever
/// finds nobody writing becomes the leader for one group. Two threads do what nobody should wait
/// for: one prepares and seals segments, marks and syncs; the other moves events into the index.
class store_state {
 public:
  explicit store_state(std::unique_ptr<engine::store_core> core);
  ~store_state();
  store_state(const store_state&) = delete;
  store_state& operator=(const store_state&) = delete;

  /// Errors: store_closed, forked_process.
  [[nodiscard]] result<void> check_usable() const;

  [[nodiscard]] result<append_outcome> append(const append_request& request,
                                              const append_options& options);
  [[nodiscard]] result<void> flush();
  [[nodiscard]] result<void> close();
  [[nodiscard]] store_info info();

  [[nodiscard]] const recovery_report& report() const noexcept { return report_; }
  [[nodiscard]] const engine::published_log& log() const noexcept { return core_->log(); }
  /// One event, at the place that `find(snapshot, reader, hash)` answers.
  template <class Find>
  [[nodiscard]] result<std::optional<event>> read_one(const stream_name& stream, visibility seen,
                                                      Find&& find) const {
    if (auto usable = check_usable(); !usable) return usable.error();
    auto snapshot = engine::read_snapshot::take(log(), seen);
    if (!snapshot) return snapshot.error();
    const engine::record_reader reader(log(), log().segments());
    auto place = find(*snapshot, reader, index::hash_name(stream.str(), log().store().secret));
    if (!place) return place.error();
    if (!*place) return std::optional<event>();
    auto found = read_place(reader, std::make_shared<const stream_name>(stream), **place);
    if (!found) return found.error();
    return std::optional(std::move(*found));
  }

  [[nodiscard]] bool was_forked() const noexcept {
    return generation_ != os::current_fork_generation();
  }

 private:
  using lock = engine::store_core::lock;
  using group_pointer = std::shared_ptr<engine::commit_group>;

  [[nodiscard]] result<append_outcome> drive(lock& held, engine::commit_request& request);
  /// These may return with the lock let go of.
  void wait_for_group(lock& held, const group_pointer& group);
  void lead(lock& held);
  [[nodiscard]] result<void> wait_for_spare(lock& held);

  void keep_log();
  [[nodiscard]] bool has_spare_to_make() const;
  void make_spare(lock& held);
  [[nodiscard]] bool buffered_ends_pause() const;
  void settle(lock& held);
  void keep_index();
  void merge_index(lock& held);
  void wake_keepers();
  void stop_threads();

  std::unique_ptr<engine::store_core> core_;
  std::uint64_t generation_ = os::current_fork_generation();
  std::atomic<bool> closed_{false};

  recovery_report report_;

  std::mutex mutex_;
  bool writing_ = false;  // Somebody leads.
  bool stopping_ = false;
  bool spare_demanded_ = false;
  std::uint64_t spare_attempts_ = 0;
  std::optional<error> spare_failure_;
  bool log_keeper_idle_ = false;
  bool pausing_ =
      false;  // The thread that keeps the log waits before it marks that all is durable.
  bool index_keeper_idle_ = false;
  std::condition_variable log_work_;     // For the thread that keeps the log.
  std::condition_variable index_work_;   // For the one that keeps the index.
  std::condition_variable spare_ready_;  // For appends that need a segment.
  std::thread log_keeper_;
  std::thread index_keeper_;
};

}  // namespace mainstem::detail
