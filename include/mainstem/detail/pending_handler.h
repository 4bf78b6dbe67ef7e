// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution/executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <mainstem/detail/pending.h>

namespace mainstem::detail {

/// What is posted for a chain of handlers. If one of them throws, the others are posted again
/// before the exception goes on; if it is never called, they are destroyed.
template <class Allocator>
class pending_chain {
 public:
  using allocator_type = Allocator;

  pending_chain(pending* first, const Allocator& allocator) noexcept
      : first_(first), allocator_(allocator) {}
  pending_chain(pending_chain&& other) noexcept
      : first_(std::exchange(other.first_, nullptr)), allocator_(other.allocator_) {}
  pending_chain& operator=(pending_chain&&) = delete;
  ~pending_chain() {
    while (first_ != nullptr) take()->destroy();
  }
  [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_; }

  void operator()() {
    while (first_ != nullptr) {
      try {
        take()->complete();
      } catch (...) {
        if (first_ != nullptr) std::exchange(first_, nullptr)->post();
        throw;
      }
    }
  }

 private:
  pending* take() noexcept {
    pending* const taken = first_;
    first_ = taken->next();
    taken->prefetch_followers();
    return taken;
  }
  pending* first_;
  Allocator allocator_;
};

/// An address for each type of executor.
template <class Executor>
inline constexpr char executor_kind_of = 0;

/// A copy of an executor that is outstanding work on it, down to the last thing it lets go of: when
/// the context is told that the work is done, nothing here refers to it any more. An
/// executor_work_guard tells it first and lets go of the rest afterwards.
template <class Executor>
auto with_work(const Executor& executor) {
  if constexpr (boost::asio::execution::is_executor<Executor>::value) {
    return boost::asio::prefer(executor, boost::asio::execution::outstanding_work.tracked);
  } else {
    return boost::asio::executor_work_guard<Executor>(executor);
  }
}
template <class Work>
const Work& executor_of(const Work& work) noexcept {
  return work;
}
template <class Executor>
Executor executor_of(const boost::asio::executor_work_guard<Executor>& work) noexcept {
  return work.get_executor();
}

/// A handler in memory from its associated allocator, with work on its associated executor, so that
/// nobody who runs that executor goes home before the handler was called.
template <class Handler, class T>
class pending_handler final : public pending_answer<T> {
 public:
  static pending_answer<T>* make(Handler handler) {
    allocator_type allocator = allocator_of(handler);
    pending_handler* const memory = std::allocator_traits<allocator_type>::allocate(allocator, 1);
    try {
      return ::new (static_cast<void*>(memory)) pending_handler(std::move(handler));
    } catch (...) {
      std::allocator_traits<allocator_type>::deallocate(allocator, memory, 1);
      throw;
    }
  }

  void post() noexcept override {
    // Once posted, the handler may be called and its context end before post() comes back: unless
    // this thread has work there, too.
    const auto work = work_;
    const allocator_type allocator = allocator_of(handler_);
    boost::asio::post(executor_of(work), pending_chain(this, allocator));
  }

  void complete() override {
    // The cancellation handler of this operation refers to it: it must not meet the next one.
    if (auto slot = boost::asio::get_associated_cancellation_slot(handler_); slot.is_connected())
      slot.clear();
    Handler handler(std::move(handler_));
    const boost::system::error_code failure = this->failure();
    auto value = this->take_value();
    destroy_with(allocator_of(handler));
    if constexpr (std::is_void_v<T>) {
      std::move(handler)(failure);
    } else {
      std::move(handler)(failure, std::move(value));
    }
  }

  void destroy() noexcept override {
    const Handler handler(std::move(handler_));
    destroy_with(allocator_of(handler));
  }

 private:
  using executor_type = boost::asio::associated_executor_t<Handler>;
  using work_type = std::decay_t<decltype(with_work(std::declval<const executor_type&>()))>;
  using allocator_type = typename std::allocator_traits<boost::asio::associated_allocator_t<
      Handler, boost::asio::recycling_allocator<void>>>::template rebind_alloc<pending_handler>;

  explicit pending_handler(Handler handler)
      : handler_(std::move(handler)),
        work_(with_work(boost::asio::get_associated_executor(handler_))) {}
  ~pending_handler() override = default;

  static allocator_type allocator_of(const Handler& handler) {
    return allocator_type(
        boost::asio::get_associated_allocator(handler, boost::asio::recycling_allocator<void>()));
  }
  void destroy_with(allocator_type allocator) noexcept {
    this->~pending_handler();
    std::allocator_traits<allocator_type>::deallocate(allocator, this, 1);
  }

  [[nodiscard]] const void* executor() const noexcept override { return &work_; }
  [[nodiscard]] const void* executor_kind() const noexcept override {
    return &executor_kind_of<work_type>;
  }
  [[nodiscard]] bool equals_executor(const void* other) const noexcept override {
    return executor_of(work_) == executor_of(*static_cast<const work_type*>(other));
  }

  Handler handler_;
  work_type work_;
};

}  // namespace mainstem::detail
