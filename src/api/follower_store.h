// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "api/append_operation.h"
#include "api/store_state.h"
#include "engine/follower_core.h"

namespace mainstem::detail {

/// A store that is open for reading alone. One thread follows what the writer makes durable.
class follower_store final : public store_state {
 public:
  explicit follower_store(std::unique_ptr<engine::follower_core> core);
  ~follower_store() override;

  [[nodiscard]] const engine::published_log& log() const noexcept override { return core_->log(); }
  [[nodiscard]] const recovery_report& report() const noexcept override { return report_; }
  [[nodiscard]] std::optional<error> failure() const override;
  [[nodiscard]] result<append_outcome> append(const append_request& request,
                                              const append_options& options) override;
  void start_append(append_pointer operation) override;
  [[nodiscard]] result<void> flush() override;
  [[nodiscard]] store_info info() override;
  [[nodiscard]] bool is_read_only() const noexcept override { return true; }
  [[nodiscard]] const std::string& path() const override { return core_->path(); }
  [[nodiscard]] result<index::kept_state*> kept() override { return core_->kept(); }

 protected:
  [[nodiscard]] result<void> end() override;

 private:
  void follow();
  void note(const result<void>& advanced);
  [[nodiscard]] bool is_stopping() const;

  std::unique_ptr<engine::follower_core> core_;
  recovery_report report_;
  mutable std::mutex mutex_;  // For what follows.
  std::optional<error> failure_;
  bool stopping_ = false;
  std::condition_variable stop_;
  std::thread follower_;
};

}  // namespace mainstem::detail
