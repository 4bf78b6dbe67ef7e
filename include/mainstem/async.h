// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The store on Boost.Asio: appends, reads and waits that block nobody's thread.
///
/// Each function takes any completion token (a callback, boost::asio::use_awaitable, use_future,
/// deferred, as_tuple(...) of one of them); with none it is boost::asio::deferred, so that a
/// coroutine says `co_await async_append(...)`. For all of them:
///
/// - Arguments are copied before the call returns, whatever the token. The store may be moved while
///   operations are under way, but not destroyed before close() has returned.
/// - The handler is never called from inside the call, but on its associated executor, with memory
///   from its associated allocator; handlers that become ready together and share an executor are
///   posted together, up to 64 as one. Where several threads run that executor, handlers may be
///   called at the same time; a strand keeps them apart.
/// - A handler without an executor (a plain lambda, the members of a parallel group) is called on a
///   thread of boost::asio::system_executor, beside your io_context, which does not count it as
///   work: a store has no executor of its own. `bind_executor(context, ...)` gives it one.
///   Coroutines of co_spawn() have theirs.
/// - The executor's context must outlive the operation: let it run out of work, or close the store
///   before you destroy it. So make the context first, then the store.
/// - Nothing that blocks happens in the calling thread or on the handler's executor: looking into
///   the index, reading and writing are done by threads of the store.
/// - Cancellation through the associated cancellation slot is honoured: see each function. As Asio
///   demands of every operation, a slot's signal is emitted on the handler's executor.
/// - co_await throws boost::system::system_error, whose code() compares with errc; with
///   as_tuple(deferred) it answers the code instead.
/// - An error_code cannot say everything that an error can. What it left out of a failed write says
///   store::info().failure; of a failed read, last_error() of the reader or the subscription.
/// - store::close() completes everything that is under way.

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/system/error_code.hpp>

#include <mainstem/append.h>
#include <mainstem/detail/pending.h>
#include <mainstem/detail/pending_handler.h>
#include <mainstem/event.h>
#include <mainstem/export.h>
#include <mainstem/read.h>
#include <mainstem/store.h>
#include <mainstem/subscription.h>

namespace mainstem {

namespace detail {

/// How the templates below reach the library.
struct MAINSTEM_API async_access {
  static operation_pointer append(std::shared_ptr<store_state> store, append_request request,
                                  const append_options& options,
                                  pending_answer<append_outcome>* handler);
  static operation_pointer wait(std::shared_ptr<store_state> store, position at,
                                pending_answer<void>* handler);
  static operation_pointer next(std::shared_ptr<subscription_state> from,
                                pending_answer<event_batch>* handler);
  static operation_pointer read(std::shared_ptr<stream_read> from,
                                pending_answer<event_batch>* handler);
  static operation_pointer read(std::shared_ptr<log_read> from,
                                pending_answer<event_batch>* handler);

  static const std::shared_ptr<store_state>& of(const store& from) noexcept { return from.state_; }
  template <class Reader>
  static const auto& of(const Reader& from) noexcept {
    return from.state_;
  }
};

/// What a completion token starts: `make(handler)` answers the operation.
template <class T, class Make>
class initiation {
 public:
  explicit initiation(Make make) : make_(std::move(make)) {}

  template <class Handler>
  void operator()(Handler&& handler) {
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    pending_answer<T>* const waits =
        pending_handler<std::decay_t<Handler>, T>::make(std::forward<Handler>(handler));
    operation_pointer made = make_(waits);
    if (slot.is_connected()) {
      slot.assign([made](boost::asio::cancellation_type_t type) {
        using boost::asio::cancellation_type;
        constexpr auto lenient = cancellation_type::partial | cancellation_type::terminal;
        if ((type & lenient) != cancellation_type::none) {
          made->cancel(cancel_request::partial);
        } else if ((type & cancellation_type::total) != cancellation_type::none) {
          made->cancel(cancel_request::total);
        }
      });
    }
    operation* const started = made.get();
    started->start(std::move(made));
  }

 private:
  Make make_;
};

template <class T>
struct completion_signature {
  using type = void(boost::system::error_code, T);
};
template <>
struct completion_signature<void> {
  using type = void(boost::system::error_code);
};

template <class T, class Token, class Make>
auto initiate(Token& token, Make make) {
  return boost::asio::async_initiate<Token, typename completion_signature<T>::type>(
      initiation<T, Make>(std::move(make)), token);
}

}  // namespace detail

/// A completion token, as opposed to the options that may stand before it.
template <class Token>
concept async_token = !std::same_as<std::remove_cvref_t<Token>, append_options>;

/// Appends like store::append().
///
/// Appends that one thread begins one after the other are judged and written in this order.
///
/// Completes with: `void(error_code, append_outcome)`. With an error, the outcome says nothing.
/// On success: what store::append() promises.
/// Cancellation: terminal and partial complete it at once: with operation_aborted if it is sure
/// that nothing was or will be appended, with outcome_unknown if it may be written. Total takes
/// effect in the first case only. An append whose answer is under way completes with it.
/// Errors: those of store::append(). overloaded: what waits for the disk fills
/// store_options::queue_bytes; nothing was appended, try again later. store_closed: the store was
/// closed before the append was judged.
template <async_token Token = boost::asio::deferred_t>
auto async_append(store& to, append_request request, const append_options& options,
                  Token&& token = {}) {
  return detail::initiate<append_outcome>(
      token, [state = detail::async_access::of(to), request = std::move(request),
              options](auto* handler) mutable {
        return detail::async_access::append(std::move(state), std::move(request), options, handler);
      });
}
template <async_token Token = boost::asio::deferred_t>
auto async_append(store& to, append_request request, Token&& token = {}) {
  return async_append(to, std::move(request), append_options{}, std::forward<Token>(token));
}
/// The same for one stream.
///
/// GCC 12 cannot compile a braced list of several events inside a co_await expression ("array used
/// as initializer"): make it a vector in a variable before.
template <async_token Token = boost::asio::deferred_t>
auto async_append(store& to, stream_name stream, expected_version expected,
                  std::vector<event_data> events, const append_options& options,
                  Token&& token = {}) {
  return async_append(to, append_request().write(std::move(stream), expected, std::move(events)),
                      options, std::forward<Token>(token));
}
template <async_token Token = boost::asio::deferred_t>
auto async_append(store& to, stream_name stream, expected_version expected,
                  std::vector<event_data> events, Token&& token = {}) {
  return async_append(to, std::move(stream), expected, std::move(events), append_options{},
                      std::forward<Token>(token));
}
/// The same for one event.
template <async_token Token = boost::asio::deferred_t>
auto async_append(store& to, stream_name stream, expected_version expected, event_data event,
                  const append_options& options, Token&& token = {}) {
  return async_append(to, append_request().write(std::move(stream), expected, std::move(event)),
                      options, std::forward<Token>(token));
}
template <async_token Token = boost::asio::deferred_t>
auto async_append(store& to, stream_name stream, expected_version expected, event_data event,
                  Token&& token = {}) {
  return async_append(to, std::move(stream), expected, std::move(event), append_options{},
                      std::forward<Token>(token));
}

/// Reads the next batch like next() of the reader; an empty one is the end, for now.
///
/// One operation at a time on a reader; the reader may be moved or destroyed meanwhile.
///
/// Completes with: `void(error_code, event_batch)`.
/// Cancellation: all types: operation_aborted if reading has not begun, and then nothing was
/// passed over. If it has, it completes with what it finds; see async_next() for time limits.
/// Errors: those of next(); invalid_argument (an operation on this reader is under way).
template <class Token = boost::asio::deferred_t>
auto async_read(stream_reader& from, Token&& token = {}) {
  return detail::initiate<event_batch>(
      token, [state = detail::async_access::of(from)](auto* handler) mutable {
        return detail::async_access::read(std::move(state), handler);
      });
}
template <class Token = boost::asio::deferred_t>
auto async_read(log_reader& from, Token&& token = {}) {
  return detail::initiate<event_batch>(
      token, [state = detail::async_access::of(from)](auto* handler) mutable {
        return detail::async_access::read(std::move(state), handler);
      });
}

/// Waits like store::wait_for(), until the position is durable.
///
/// Completes with: `void(error_code)`.
/// Cancellation: all types: operation_aborted.
/// Errors: those of store::wait_for(), without timed_out: for a time limit, cancel it.
template <class Token = boost::asio::deferred_t>
auto async_wait(const store& in, position at, Token&& token = {}) {
  return detail::initiate<void>(token,
                                [state = detail::async_access::of(in), at](auto* handler) mutable {
                                  return detail::async_access::wait(std::move(state), at, handler);
                                });
}

/// Reads the next events of a subscription like subscription::next(): at least one, and waits if
/// there are none.
///
/// One operation at a time on a subscription; it may be moved or destroyed meanwhile.
///
/// For a time limit do not write `async_next(...) || timer.async_wait(...)`: where both complete,
/// it drops the events, and position() has passed them. A parallel group answers both:
///
///     const auto executor = co_await boost::asio::this_coro::executor;
///     auto [order, failed, batch, waited] =
///         co_await make_parallel_group(async_next(events, bind_executor(executor, deferred)),
///                                      timer.async_wait(deferred))
///             .async_wait(wait_for_one(), deferred);
///     // operation_aborted in `failed`: no events, and none were lost.
///
/// Completes with: `void(error_code, event_batch)`.
/// Cancellation: all types: operation_aborted if there are no events yet, and then nothing was
/// passed over. Otherwise it completes with them.
/// Errors: those of subscription::next(); invalid_argument (an operation on this subscription is
/// under way).
template <class Token = boost::asio::deferred_t>
auto async_next(subscription& from, Token&& token = {}) {
  return detail::initiate<event_batch>(
      token, [state = detail::async_access::of(from)](auto* handler) mutable {
        return detail::async_access::next(std::move(state), handler);
      });
}

}  // namespace mainstem
