// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

namespace mainstem::detail {

/// Threads for reading, which may block; begun when the first piece of work comes.
///
/// Thread safety: safe, but for end().
class worker_pool {
 public:
  explicit worker_pool(std::size_t threads) noexcept : threads_(threads) {}

  template <class Work>
  void post(Work&& work) {
    boost::asio::post(pool(), std::forward<Work>(work));
  }
  /// Carries out all that was posted, and ends the threads. Nothing is posted afterwards.
  void end() {
    if (pool_) pool_->join();
    pool_.reset();
  }

 private:
  boost::asio::thread_pool& pool() {
    const std::lock_guard guard(mutex_);
    if (!pool_) pool_ = std::make_unique<boost::asio::thread_pool>(threads_);
    return *pool_;
  }

  std::size_t threads_;
  std::mutex mutex_;
  std::unique_ptr<boost::asio::thread_pool> pool_;
};

}  // namespace mainstem::detail
