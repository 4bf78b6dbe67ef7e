// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/store_core.h"
#include "support/findings.h"
#include "support/simulated_machine.h"
#include "support/store_model.h"

namespace mainstem::test_support {

/// What a store is doing while somebody watches its machine.
enum class activity : std::uint8_t {
  idle,
  creating,
  recovering,
  rebuilding,
  append,
  segment_change,
  index_flush,
  index_merge,
  saving_checkpoint
};

/// A store on a simulated machine, driven by one thread through the steps that the threads and
/// callers of a real one take. Every answer is compared with the model's, and the model told of it.
class simulated_store {
 public:
  struct settings {
    store_options options;
    /// A planted bug: callers are told before the disk is.
    bool acknowledges_before_writing = false;
    /// Calls fail: errors that say so are no findings.
    bool faults_expected = false;
    /// And no other errors than this, and what a store says that has failed.
    std::optional<errc> only_fault = {};
  };

  /// All of these outlive the store.
  simulated_store(simulated_machine& machine, store_model& model, findings& found,
                  const settings& how);
  ~simulated_store();
  simulated_store(const simulated_store&) = delete;
  simulated_store& operator=(const simulated_store&) = delete;

  /// Opens, and tells the model how far the store got.
  result<void> open();
  /// The process ends here: nothing is closed, nobody gets an answer any more.
  void kill();
  /// The same, and the index is gone: the next open() has to make it from the log.
  void kill_and_lose_index();
  /// As a store is closed.
  void close();
  [[nodiscard]] bool is_open() const noexcept { return core_ != nullptr; }
  /// A write has failed: nothing is accepted any more.
  [[nodiscard]] bool has_failed() const noexcept { return failed_; }

  [[nodiscard]] engine::store_core& core() noexcept { return *core_; }
  [[nodiscard]] const engine::published_log& log() const noexcept { return core_->log(); }
  [[nodiscard]] activity doing() const noexcept { return doing_; }
  [[nodiscard]] settings& how() noexcept { return how_; }
  [[nodiscard]] const settings& how() const noexcept { return how_; }
  [[nodiscard]] store_info info() { return core_->info(*held_); }
  [[nodiscard]] const store_model& model() const noexcept { return model_; }

  /// What a crash of the machine, and the end of the process, must leave at this moment.
  [[nodiscard]] std::uint64_t must_survive_power_loss() const noexcept;
  [[nodiscard]] std::uint64_t must_survive_kill() const noexcept;

  /// Hands a request in. It is answered now, or with the group that it became a part of.
  void submit(append_request request, durability wanted);
  void submit_flush();
  void begin_write();
  void end_write();
  /// Until nothing waits any more.
  void write_all();

  // The background steps. Each does nothing when there is nothing to do.
  void make_spare();
  void seal();
  void queue_mark();
  void queue_sync();
  void rotate_index();
  void flush_index();
  bool merge_index();

  /// A consumer says how far it has come.
  void save_checkpoint(const std::string& consumer, position at);

  /// Everything into the index, whose canonical digest this answers. Writes everything first.
  [[nodiscard]] std::optional<std::uint64_t> index_digest();

 private:
  struct tracked_request;
  using lock = engine::store_core::lock;

  bool drive(tracked_request& mine);
  void settle(tracked_request& mine);
  /// Settles the group's requests and answers them, in case somebody still needs their memory.
  std::list<tracked_request> finish_group(const std::shared_ptr<engine::commit_group>& group);
  void check_checkpoints();
  void fail(const error& why);
  void complain(const std::string& what);
  void note_error(const char* doing, const error& why);
  void forget();

  simulated_machine& machine_;
  store_model& model_;
  findings& found_;
  settings how_;
  std::unique_ptr<engine::store_core> core_;
  std::mutex mutex_;
  std::optional<lock> held_;
  std::list<tracked_request> requests_;
  std::optional<engine::write_plan> plan_;
  activity doing_ = activity::idle;
  bool failed_ = false;
  bool index_is_lost_ = false;
};

inline constexpr const char* store_path = "store";

}  // namespace mainstem::test_support
