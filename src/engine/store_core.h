// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <mainstem/error.h>
#include <mainstem/store_info.h>
#include <mainstem/store_options.h>

#include "base/clock.h"
#include "engine/commit_pipeline.h"
#include "engine/published_log.h"
#include "engine/surroundings.h"
#include "index/environment.h"
#include "index/kept_state.h"
#include "log/control_file.h"
#include "log/recovery.h"
#include "log/segment_files.h"
#include "os/file.h"

namespace mainstem::engine {

/// An open store without threads: what is in it, and the steps by which it moves on.
///
/// Everything that changes the pipeline wants one lock, which the caller holds on entry and gets
/// back on return; it is let go of while I/O is under way. One thread can take all the steps, one
/// after the other; several can take them side by side, as long as no two take the same one.
class store_core {
 public:
  using lock = std::unique_lock<std::mutex>;

  /// Errors: see store::open().
  [[nodiscard]] static result<std::unique_ptr<store_core>> open(const std::string& path,
                                                                const store_options& options,
                                                                const surroundings& around);
  ~store_core();

  [[nodiscard]] const published_log& log() const noexcept { return *log_; }
  [[nodiscard]] commit_pipeline& pipeline() noexcept { return *pipeline_; }
  [[nodiscard]] const store_options& options() const noexcept { return options_; }
  [[nodiscard]] const recovery_report& report() const noexcept { return report_; }
  /// Of the store's folder.
  [[nodiscard]] const std::string& path() const noexcept { return folder_->path(); }
  [[nodiscard]] clock_source& clock() const noexcept { return clock_; }
  [[nodiscard]] const format::store_identity& identity() const noexcept { return log_->store(); }

  /// Makes the next segment file. Errors: disk_full, and whatever the disk says; nothing has
  /// changed then.
  [[nodiscard]] result<void> spare_step(lock& held);
  /// Gives the oldest ended segment its trailer. @returns false if there is none.
  [[nodiscard]] result<bool> seal_step(lock& held);
  /// Moves the oldest complete generation into the index. @returns false if there is none.
  [[nodiscard]] result<bool> flush_step(lock& held);
  /// Merges some runs of the index. @returns true if there is more to do. Not beside flush_step().
  [[nodiscard]] result<bool> merge_step();
  /// Performs the next group. It must be that can_write(). @returns the groups whose waiters are to
  /// be woken.
  std::vector<std::shared_ptr<commit_group>> write_step(lock& held);
  /// The second half of it, for those who perform plans of their own: publishes, also for other
  /// processes, and answers.
  void finish_write(const write_plan& plan, const result<void>& performed) noexcept;

  /// Wakes followers in other processes, with nothing locked, after write_step().
  void wake_followers() const noexcept { control_->wake(); }

  /// What cannot be made anew from the log. Errors: corrupt_state, and whatever kept it from
  /// being opened.
  [[nodiscard]] result<index::kept_state*> kept() const;

  [[nodiscard]] store_info info(lock& held) const;

 private:
  store_core(store_options options, const surroundings& around);
  [[nodiscard]] static result<std::unique_ptr<store_core>> open_all(const std::string& path,
                                                                    const store_options& options,
                                                                    const surroundings& around);
  [[nodiscard]] result<void> open_folder(const std::string& path, const surroundings& around);
  [[nodiscard]] result<format::store_identity> open_identity();
  [[nodiscard]] result<void> open_index();
  [[nodiscard]] result<void> make_index_anew();
  [[nodiscard]] result<void> open_kept();
  [[nodiscard]] result<void> recover_log();
  [[nodiscard]] result<void> recover_log_from(const format::log_point& from, position evidence);
  [[nodiscard]] result<void> bring_back_tail();

  store_options options_;
  clock_source& clock_;
  random_source& random_;
  recovery_report report_;

  std::shared_ptr<os::directory> folder_;
  std::unique_ptr<os::file_lock> writer_lock_;
  std::unique_ptr<index::environment_provider> index_provider_;
  std::shared_ptr<index::stream_index> index_;
  std::unique_ptr<log::control_writer> control_;
  result<std::unique_ptr<index::kept_state>> kept_ = error(errc::store_closed);
  std::optional<published_log> log_;
  std::optional<log::segment_files> files_;
  std::optional<log::recovered_log> recovered_;
  std::optional<error> no_space_;  // The disk was too full to recover: only reading is possible.
  std::unique_ptr<commit_pipeline> pipeline_;
  std::uint64_t index_flushes_ = 0;
  std::optional<error> index_failure_;
};

/// Drives one request to its end in one thread: for tests, and for whatever has no other thread.
[[nodiscard]] result<append_outcome> append_alone(store_core& core, store_core::lock& held,
                                                  commit_request& request);

}  // namespace mainstem::engine
