// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cerrno>
#include <utility>

#include <mainstem/detail/pending.h>
#include <mainstem/error.h>

namespace mainstem::detail {

/// What whoever asked to stop is told: boost::asio::error::operation_aborted.
[[nodiscard]] inline boost::system::error_code canceled() noexcept {
  return {ECANCELED, boost::system::system_category()};
}

template <class T>
void set_answer(pending_answer<T>& handler, result<T> answer) noexcept {
  if (!answer) {
    handler.set(answer.error().code());
  } else if constexpr (!std::is_void_v<T>) {
    handler.set(std::move(*answer));
  }
}

/// Sees to it that one asynchronous operation at a time uses a reader.
class single_use {
 public:
  /// @returns false if an operation is under way.
  [[nodiscard]] bool try_begin() noexcept {
    return !under_way_.exchange(true, std::memory_order_acquire);
  }
  void end() noexcept { under_way_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> under_way_{false};
};

}  // namespace mainstem::detail
