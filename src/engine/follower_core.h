// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <mainstem/error.h>
#include <mainstem/store_info.h>
#include <mainstem/store_options.h>

#include "engine/published_log.h"
#include "engine/store_core.h"
#include "engine/tail_replay.h"
#include "index/environment.h"
#include "index/kept_state.h"
#include "log/control_file.h"
#include "log/log_follower.h"
#include "os/file.h"

namespace mainstem::engine {

/// A store that another process writes, or nobody: reads along, and changes nothing.
///
/// No threads of its own. Whoever drives it calls advance(), and sleep() in between.
/// Thread safety: advance() and info() may be called from several threads, which take turns; the
/// log is for everybody.
class follower_core {
 public:
  /// Errors: see store::open_read_only().
  [[nodiscard]] static result<std::unique_ptr<follower_core>> open(const std::string& path,
                                                                   const store_options& options,
                                                                   const surroundings& around);

  [[nodiscard]] const published_log& log() const noexcept { return *log_; }
  [[nodiscard]] const store_options& options() const noexcept { return options_; }
  [[nodiscard]] const recovery_report& report() const noexcept { return report_; }
  /// Of the store's folder.
  [[nodiscard]] const std::string& path() const noexcept { return folder_->path(); }

  /// How much to find out.
  enum class look {
    quick,     ///< What the control page says, if there is one.
    thorough,  ///< Also what the log itself proves, and whether everything is still in its place.
  };
  /// Takes over what has become durable since. Errors: store_not_found (the store was deleted);
  /// unsupported_format; corrupt_data, missing_segment (with the place); and whatever the disk
  /// says. What was published stays readable, and the next call tries again.
  [[nodiscard]] result<void> advance(look how);

  /// Sleeps until the writer says something new, or the time has come; may wake without a reason.
  /// @returns false at once if there is no control page to sleep on.
  [[nodiscard]] bool sleep(std::chrono::steady_clock::time_point deadline) const;

  /// What cannot be made anew from the log; opened at the first call.
  /// Errors: corrupt_state also if no writer has begun them yet.
  [[nodiscard]] result<index::kept_state*> kept();

  [[nodiscard]] store_info info() const;

 private:
  follower_core(store_options options, surroundings around)
      : options_(std::move(options)), around_(std::move(around)) {}
  [[nodiscard]] static result<std::unique_ptr<follower_core>> open_all(const std::string& path,
                                                                       const store_options& options,
                                                                       const surroundings& around);
  [[nodiscard]] result<void> advance_held(look how);
  [[nodiscard]] result<void> open_folder(const std::string& path);
  [[nodiscard]] result<std::shared_ptr<index::stream_index>> open_index();
  [[nodiscard]] result<void> begin();
  [[nodiscard]] result<void> advance_to(const format::log_point& durable);
  [[nodiscard]] result<void> catch_up(position at_least);
  [[nodiscard]] result<format::log_point> find_durable(look how);
  [[nodiscard]] result<void> look_around();
  void exchange_index();
  void forget_indexed();

  store_options options_;
  surroundings around_;
  recovery_report report_;
  std::shared_ptr<os::directory> folder_;
  std::shared_ptr<os::directory> log_folder_;
  std::unique_ptr<index::environment_provider> index_provider_;
  std::optional<published_log> log_;

  std::mutex kept_mutex_;
  std::unique_ptr<index::kept_state> kept_;

  mutable std::mutex mutex_;  // For everything below.
  std::atomic<std::thread::id> advancing_{};
  std::shared_ptr<log::control_reader> control_;
  std::optional<format::control_state> seen_;
  std::optional<log::log_follower> follower_;
  std::optional<tail_replay> tail_;
  position tail_begin_;     // The tail has everything behind it.
  bool has_index_ = false;  // Or else one in memory, which is empty.
};

}  // namespace mainstem::engine
