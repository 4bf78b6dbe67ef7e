// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include <mainstem/append.h>
#include <mainstem/detail/pending.h>
#include <mainstem/store.h>

#include "engine/commit_request.h"
#include "format/event_access.h"

namespace mainstem::detail {

class append_intake;
class store_state;

/// An append that no thread waits for.
class append_operation final : public operation {
 public:
  append_operation(std::shared_ptr<store_state> store, append_request request,
                   const append_options& options, pending_answer<append_outcome>* handler) noexcept
      : store_(std::move(store)),
        request_(std::move(request)),
        options_(options),
        handler_(handler) {}

  ~append_operation() override;

  void start(operation_pointer self) override;
  void cancel(cancel_request wish) noexcept override;

  [[nodiscard]] const append_request& request() const noexcept { return request_; }
  [[nodiscard]] const append_options& options() const noexcept { return options_; }
  /// Set by the store that carries it out.
  [[nodiscard]] std::optional<engine::commit_request>& commit() noexcept { return commit_; }
  /// Once the request has been encoded: what can be freed at once is still in the cache, and
  /// whoever comes next gets this memory.
  void release_writes() noexcept { event_access::release_writes(request_); }
  /// When the answer is handed over, the intake is told that so many were, this one and those
  /// before it.
  void tell(append_intake& intake, std::int64_t answers) noexcept {
    told_ = &intake;
    answers_ = answers;
  }

  /// Before the pipeline sees the request. @returns false if it was cancelled.
  [[nodiscard]] bool submit() noexcept;
  /// The pipeline did not take the request: it may be cancelled as before.
  /// @returns false if somebody tried to meanwhile, and was answered that the outcome is unknown.
  [[nodiscard]] bool take_back() noexcept;

  /// Who is to be posted with this answer; null if the operation was cancelled.
  [[nodiscard]] pending* finish(result<append_outcome> answer) noexcept;
  /// The same, and posts it.
  void complete(result<append_outcome> answer) noexcept;

 private:
  enum class stage { waiting, submitted, finished };

  std::shared_ptr<store_state> store_;
  append_request request_;
  append_options options_;
  pending_answer<append_outcome>* handler_;
  std::optional<engine::commit_request> commit_;
  std::atomic<stage> stage_{stage::waiting};
  append_intake* told_ = nullptr;
  std::int64_t answers_ = 0;
};

using append_pointer = boost::intrusive_ptr<append_operation>;

}  // namespace mainstem::detail
