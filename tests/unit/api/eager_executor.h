// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <semaphore>
#include <thread>
#include <utility>

#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/outstanding_work.hpp>

namespace mainstem::api::test {

/// An executor that calls the handler, in a thread of its own, before execute() comes back: earlier
/// than any other would. With a hold it keeps whoever posts waiting: the store's own thread.
class eager_executor {
 public:
  struct context {
    std::atomic<int> references{0};
    std::atomic<int> work{0};
    std::atomic<int> posts{0};
    /// How many referred to the context when its outstanding work ended: it may be gone then.
    std::atomic<int> references_at_the_end{-1};
    bool holds = false;
    std::binary_semaphore held{0};  ///< Given when somebody waits.
    std::binary_semaphore go{0};
  };

  explicit eager_executor(context& in) noexcept : eager_executor(in, false) {}
  eager_executor(const eager_executor& other) noexcept
      : eager_executor(other.context_, other.is_work_) {}
  eager_executor& operator=(const eager_executor&) = delete;
  ~eager_executor() {
    --context_.references;
    if (is_work_ && --context_.work == 0)
      context_.references_at_the_end = context_.references.load();
  }

  template <class Function>
  void execute(Function&& function) const {
    ++context_.posts;
    if (context_.holds) {
      context_.held.release();
      context_.go.acquire();
    }
    std::thread(std::forward<Function>(function)).join();
  }
  static constexpr boost::asio::execution::blocking_t query(
      boost::asio::execution::blocking_t) noexcept {
    return boost::asio::execution::blocking.never;
  }
  [[nodiscard]] eager_executor require(
      boost::asio::execution::outstanding_work_t::tracked_t) const noexcept {
    return {context_, true};
  }
  friend bool operator==(const eager_executor& a, const eager_executor& b) noexcept {
    return &a.context_ == &b.context_;
  }
  friend bool operator!=(const eager_executor& a, const eager_executor& b) noexcept {
    return !(a == b);
  }

 private:
  eager_executor(context& in, bool is_work) noexcept : context_(in), is_work_(is_work) {
    ++context_.references;
    if (is_work_) ++context_.work;
  }
  context& context_;
  bool is_work_;
};

}  // namespace mainstem::api::test
