// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/system/error_code.hpp>

#include <mainstem/detail/prefetch.h>

/// The seam between the templates of mainstem/async.h and the library: not for direct use.
namespace mainstem::detail {

/// What a caller asks for when it cancels, in the order of what it puts up with: see Asio's
/// cancellation_type.
enum class cancel_request {
  total,    ///< Only if nothing has happened.
  partial,  ///< Also if it may have happened.
};

class operation;
using operation_pointer = boost::intrusive_ptr<operation>;

/// An asynchronous operation that has been made, and is or will be started once.
///
/// It counts its owners itself, and without a locked instruction where there is one owner only:
/// those wait until all that was stored before has arrived, which is dear where memory is cold.
class operation {
 public:
  /// The first reference is its maker's: see make_operation().
  operation() noexcept = default;
  operation(const operation&) = delete;
  operation& operator=(const operation&) = delete;
  virtual ~operation() = default;
  /// @param self this object.
  virtual void start(operation_pointer self) = 0;
  /// May come at any time after start() began, from any thread, more than once.
  virtual void cancel(cancel_request wish) noexcept = 0;

 private:
  friend void intrusive_ptr_add_ref(const operation* shared) noexcept {
    shared->references_.fetch_add(1, std::memory_order_relaxed);
  }
  friend void intrusive_ptr_release(const operation* shared) noexcept {
    if (shared->references_.load(std::memory_order_acquire) == 1 ||
        shared->references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      delete shared;
  }
  mutable std::atomic<std::uint32_t> references_{1};
};

template <class Operation, class... Arguments>
boost::intrusive_ptr<Operation> make_operation(Arguments&&... arguments) {
  return {new Operation(std::forward<Arguments>(arguments)...), false};
}

/// A handler that waits for the answer of its operation. Others may be chained behind it, so that
/// many are posted as one.
class pending {
 public:
  pending() noexcept = default;
  pending(const pending&) = delete;
  pending& operator=(const pending&) = delete;

  /// Posts this handler and those chained behind it, which share its executor, in one go. They are
  /// called there in this order.
  virtual void post() noexcept = 0;
  /// Calls the handler, on its executor. The object is gone when the handler begins.
  virtual void complete() = 0;
  /// Destroys the handler without calling it.
  virtual void destroy() noexcept = 0;
  /// Both handlers are to be called on the same executor.
  [[nodiscard]] bool shares_executor(const pending& other) const noexcept {
    return executor_kind() == other.executor_kind() && equals_executor(other.executor());
  }

  [[nodiscard]] pending* next() const noexcept { return next_; }
  void chain(pending* next) noexcept { next_ = next; }
  /// Lets go of `what` when the handler is called: what was allocated in the thread that began the
  /// operation is best freed there.
  void keep(operation_pointer what) noexcept { kept_ = std::move(what); }

  /// In a chain: those behind this one.
  void prefetch_followers() const noexcept {
    if (next_ == nullptr) return;
    prefetch(next_->kept_.get(), 512);
    if (next_->next_ != nullptr) prefetch(next_->next_, 320);
  }

 protected:
  virtual ~pending() = default;
  /// Points to the executor, whose type has an address of its own as its kind.
  [[nodiscard]] virtual const void* executor() const noexcept = 0;
  [[nodiscard]] virtual const void* executor_kind() const noexcept = 0;
  [[nodiscard]] virtual bool equals_executor(const void* other) const noexcept = 0;

 private:
  pending* next_ = nullptr;
  operation_pointer kept_;
};

/// One that takes an error code and a T; of void, an error code alone.
template <class T>
class pending_answer : public pending {
 public:
  using value_type = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

  void set(value_type value) { value_ = std::move(value); }
  void set(const boost::system::error_code& failure) noexcept { failure_ = failure; }

 protected:
  [[nodiscard]] const boost::system::error_code& failure() const noexcept { return failure_; }
  [[nodiscard]] value_type take_value() { return std::move(value_); }

 private:
  boost::system::error_code failure_;
  value_type value_{};
};

}  // namespace mainstem::detail
