// SPDX-License-Identifier: Apache-2.0
#include <mainstem/async.h>

#include "api/append_operation.h"
#include "api/follow_operations.h"

// What a completion token starts. Everything else of mainstem/async.h stands in the operations.
namespace mainstem::detail {
namespace {

/// What is started on a store, a reader or a subscription that was moved from.
template <class T>
class refused_operation final : public operation {
 public:
  explicit refused_operation(pending_answer<T>* handler) noexcept : handler_(handler) {}
  void start() override {
    handler_->set(make_error_code(errc::store_closed));
    handler_->post();
  }
  void cancel(cancel_request /*wish*/) noexcept override {}

 private:
  pending_answer<T>* handler_;
};

template <class Operation, class T, class Target, class... Arguments>
std::shared_ptr<operation> make(const Target& target, pending_answer<T>* handler,
                                Arguments&&... arguments) {
  if (!target) return std::make_shared<refused_operation<T>>(handler);
  return std::make_shared<Operation>(target, std::forward<Arguments>(arguments)..., handler);
}

}  // namespace

std::shared_ptr<operation> async_access::append(const std::shared_ptr<store_state>& store,
                                                append_request request,
                                                const append_options& options,
                                                pending_answer<append_outcome>* handler) {
  return make<append_operation>(store, handler, std::move(request), options);
}

std::shared_ptr<operation> async_access::wait(const std::shared_ptr<store_state>& store,
                                              position at, pending_answer<void>* handler) {
  return make<wait_operation>(store, handler, at);
}

std::shared_ptr<operation> async_access::next(const std::shared_ptr<subscription_state>& from,
                                              pending_answer<event_batch>* handler) {
  return make<next_operation>(from, handler);
}

std::shared_ptr<operation> async_access::read(const std::shared_ptr<stream_read>& from,
                                              pending_answer<event_batch>* handler) {
  return make<read_operation<stream_read>>(from, handler);
}

std::shared_ptr<operation> async_access::read(const std::shared_ptr<log_read>& from,
                                              pending_answer<event_batch>* handler) {
  return make<read_operation<log_read>>(from, handler);
}

}  // namespace mainstem::detail
