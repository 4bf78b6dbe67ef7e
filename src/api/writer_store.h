// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include <mainstem/store.h>

#include "api/append_intake.h"
#include "api/append_operation.h"
#include "api/store_state.h"
#include "engine/store_core.h"

namespace mainstem::detail {

/// A store that is open for writing, with its threads. Appending callers drive the commit pipeline
/// themselves: whoever finds nobody writing becomes the leader for one group. Two threads do what
/// nobody should wait for: one prepares and seals segments, marks and syncs; the other moves events
/// into the index.
class writer_store final : public store_state {
 public:
  explicit writer_store(std::unique_ptr<engine::store_core> core);
  ~writer_store() override;

  [[nodiscard]] const engine::published_log& log() const noexcept override { return core_->log(); }
  [[nodiscard]] const recovery_report& report() const noexcept override { return report_; }
  [[nodiscard]] std::optional<error> failure() const override;
  [[nodiscard]] result<append_outcome> append(const append_request& request,
                                              const append_options& options) override;
  void start_append(append_pointer operation) override;
  [[nodiscard]] result<void> flush() override;
  [[nodiscard]] store_info info() override;
  [[nodiscard]] bool is_read_only() const noexcept override { return false; }
  [[nodiscard]] const std::string& path() const override { return core_->path(); }
  [[nodiscard]] result<index::kept_state*> kept() override { return core_->kept(); }

 protected:
  [[nodiscard]] result<void> end() override;

 private:
  using lock = engine::store_core::lock;
  using group_pointer = std::shared_ptr<engine::commit_group>;

  [[nodiscard]] result<void> flush_now();
  [[nodiscard]] result<append_outcome> drive(lock& held, engine::commit_request& request);
  /// These may return with the lock let go of.
  void wait_for_group(lock& held, const group_pointer& group) noexcept;
  void lead(lock& held) noexcept;
  [[nodiscard]] result<void> wait_for_spare(lock& held);

  // Appends that no thread waits for: see writer_store_async.cpp.
  /// Judges what is in the intake, as far as nothing is in the way.
  void take_in(lock& held) noexcept;
  [[nodiscard]] std::optional<engine::commit_pipeline::submitted> submit_detached(
      lock& held, append_pointer& operation) noexcept;
  void usher();
  void carry(lock& held, append_pointer operation) noexcept;
  void answer_detached(engine::commit_request& request, const error& why) noexcept;
  void note_answered(engine::commit_request& request) noexcept;
  void commit_detached();
  [[nodiscard]] bool leads_detached() const;
  /// The answers that are in no group. Releases the lock.
  void pass_on_waiting(lock& held) noexcept;
  void pass_on_answers(const std::vector<group_pointer>& finished,
                       std::span<engine::commit_request* const> answered) noexcept;
  void end_usher();
  void end_committer();

  void keep_log();
  [[nodiscard]] bool has_spare_to_make() const;
  void make_spare(lock& held);
  [[nodiscard]] bool buffered_ends_pause() const;
  void settle(lock& held);
  void keep_index();
  void end_generation() noexcept;
  void merge_index(lock& held);
  void wake_keepers();
  void stop_threads();

  std::unique_ptr<engine::store_core> core_;
  recovery_report report_;

  mutable std::mutex mutex_;
  std::atomic<bool> failed_{false};  // The pipeline is; set with the lock held.
  bool writing_ = false;             // Somebody leads.
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

  append_intake intake_;
  std::chrono::nanoseconds last_write_{0};         // How long the last group's write and sync took.
  bool ushering_ = false;                          // Those in the intake wait for it.
  append_pointer carried_;                         // On its way to the usher.
  std::vector<engine::commit_request*> answered_;  // Detached, in no group.
  bool usher_stopping_ = false;
  bool committer_stopping_ = false;
  std::condition_variable usher_work_;
  std::once_flag async_begun_;
  std::thread usher_;
  std::thread committer_;
};

}  // namespace mainstem::detail
