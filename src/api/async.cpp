// SPDX-License-Identifier: Apache-2.0
#include <mainstem/async.h>

#include <utility>

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
  void start(operation_pointer /*self*/) override {
    handler_->set(make_error_code(errc::store_closed));
    handler_->post();
  }
  void cancel(cancel_request /*wish*/) noexcept override {}

 private:
  pending_answer<T>* handler_;
};

template <class Operation, class T, class Target, class... Arguments>
operation_pointer make(Target target, pending_answer<T>* handler, Arguments&&... arguments) {
  if (!target) return make_operation<refused_operation<T>>(handler);
  return make_operation<Operation>(std::move(target), std::forward<Arguments>(arguments)...,
                                   handler);
}

}  // namespace

operation_pointer async_access::append(std::shared_ptr<store_state> store, append_request request,
                                       const append_options& options,
                                       pending_answer<append_outcome>* handler) {
  return make<append_operation>(std::move(store), handler, std::move(request), options);
}

operation_pointer async_access::wait(std::shared_ptr<store_state> store, position at,
                                     pending_answer<void>* handler) {
  return make<wait_operation>(std::move(store), handler, at);
}

operation_pointer async_access::next(std::shared_ptr<subscription_state> from,
                                     pending_answer<event_batch>* handler) {
  return make<next_operation>(std::move(from), handler);
}

operation_pointer async_access::read(std::shared_ptr<stream_read> from,
                                     pending_answer<event_batch>* handler) {
  return make<read_operation<stream_read>>(std::move(from), handler);
}

operation_pointer async_access::read(std::shared_ptr<log_read> from,
                                     pending_answer<event_batch>* handler) {
  return make<read_operation<log_read>>(std::move(from), handler);
}

}  // namespace mainstem::detail
