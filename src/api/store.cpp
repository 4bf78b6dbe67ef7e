// SPDX-License-Identifier: Apache-2.0
#include <mainstem/store.h>

#include <cstddef>
#include <new>
#include <system_error>

#include "api/follower_store.h"
#include "api/readers.h"
#include "api/real_surroundings.h"
#include "api/store_options.h"
#include "api/subscription_state.h"
#include "api/writer_store.h"
#include "base/attempt.h"
#include "format/event_access.h"

namespace mainstem {
namespace {

/// One event, at the place that `find(snapshot, reader, hash)` answers.
template <class Find>
result<std::optional<event>> read_one(const detail::store_state& state, const stream_name& stream,
                                      visibility seen, Find&& find) {
  const auto pass = state.enter();
  if (!pass) return pass.error();
  return attempt([&]() -> result<std::optional<event>> {
    const engine::published_log& log = state.log();
    auto snapshot = engine::read_snapshot::take(log, seen);
    if (!snapshot) return snapshot.error();
    const engine::record_reader reader(log, log.segments());
    auto place = find(*snapshot, reader, index::hash_name(stream.str(), log.store().secret));
    if (!place) return place.error();
    if (!*place) return std::optional<event>();
    auto found = read_place(reader, std::make_shared<const stream_name>(stream), **place);
    if (!found) return found.error();
    return std::optional(std::move(*found));
  });
}

/// Opening begins threads: where the system has none left, that is an error like others.
template <class Open>
result<store> attempt_to_open(Open&& open) {
  try {
    return attempt(std::forward<Open>(open));
  } catch (const std::system_error& failure) {
    return error(
        boost::system::error_code(failure.code().value(), boost::system::system_category()));
  }
}

result<void> wait_in(const detail::store_state* state, position at,
                     const detail::wait_limit& limit) {
  if (state == nullptr) return errc::store_closed;
  const auto pass = state->enter();
  if (!pass) return pass.error();
  return state->wait_durable(at, limit);
}

}  // namespace

store::store(std::shared_ptr<detail::store_state> state) noexcept : state_(std::move(state)) {}
store::store(store&&) noexcept = default;

store& store::operator=(store&& other) noexcept {
  if (this == &other) return *this;
  discard();
  state_ = std::move(other.state_);
  return *this;
}

store::~store() { discard(); }

// Threads and locks did not come along into a forked child: there, nothing can be taken apart.
void store::discard() noexcept {
  if (!state_) return;
  if (state_->was_forked()) {
    // Kept for ever, also if a reader lets go of its copy: this one is never destroyed.
    using pointer = std::shared_ptr<detail::store_state>;
    alignas(pointer) std::byte kept[sizeof(pointer)];
    ::new (static_cast<void*>(kept)) pointer(std::move(state_));
  } else {
    // Readers and subscriptions may hold on to the state: it has to be closed here and now.
    static_cast<void>(state_->close());
  }
  state_.reset();
}

result<store> store::open(const std::filesystem::path& path, const store_options& options) {
  return attempt_to_open([&]() -> result<store> {
    if (auto checked = detail::check_options(options); !checked) return checked.error();
    auto core = engine::store_core::open(path.string(), options,
                                         detail::real_surroundings(options.index_readers));
    if (!core) return core.error();
    return store(std::make_shared<detail::writer_store>(std::move(*core)));
  });
}

result<store> store::open_read_only(const std::filesystem::path& path,
                                    const store_options& options) {
  return attempt_to_open([&]() -> result<store> {
    if (auto checked = detail::check_options(options); !checked) return checked.error();
    auto core = engine::follower_core::open(path.string(), options,
                                            detail::real_surroundings(options.index_readers));
    if (!core) return core.error();
    return store(std::make_shared<detail::follower_store>(std::move(*core)));
  });
}

result<append_outcome> store::append(const stream_name& stream, expected_version expected,
                                     std::span<const event_data> events,
                                     const append_options& options) {
  return attempt([&] {
    append_request request;
    request.write(stream, expected, events);
    return append(request, options);
  });
}

result<append_outcome> store::append(const append_request& request, const append_options& options) {
  if (!state_) return errc::store_closed;
  return state_->append(request, options);
}

result<void> store::flush() {
  if (!state_) return errc::store_closed;
  return state_->flush();
}

result<void> store::close() {
  if (!state_) return errc::store_closed;
  return state_->close();
}

store_info store::info() const {
  if (state_) return state_->info();
  store_info nothing;
  nothing.failure = errc::store_closed;
  return nothing;
}

const recovery_report& store::recovery() const noexcept {
  static const recovery_report nothing;
  return state_ ? state_->report() : nothing;
}

stream_reader store::read_stream(const stream_name& stream,
                                 const read_stream_options& options) const {
  if (!state_) return stream_reader(nullptr);
  return stream_reader(std::make_shared<detail::stream_read>(state_, stream, options));
}

log_reader store::read_all(const read_all_options& options) const {
  if (!state_) return log_reader(nullptr);
  return log_reader(std::make_shared<detail::log_read>(state_, options));
}

result<std::optional<event>> store::read_last(const stream_name& stream, visibility seen) const {
  read_stream_options newest;
  newest.direction = direction::backwards;
  newest.limit = 1;
  newest.visibility = seen;
  return attempt([&]() -> result<std::optional<event>> {
    auto batch = read_stream(stream, newest).next();
    if (!batch) return batch.error();
    if (batch->empty()) return std::optional<event>();
    return std::optional(detail::event_access::first_of(*batch));
  });
}

result<std::optional<event>> store::read_event(position at, visibility seen) const {
  if (!state_) return errc::store_closed;
  const auto pass = state_->enter();
  if (!pass) return pass.error();
  return attempt(
      [&] { return engine::read_position(state_->log(), at, state_->log().visible(seen)); });
}

result<std::optional<event>> store::read_event(const stream_name& stream, version at,
                                               visibility seen) const {
  if (!state_) return errc::store_closed;
  return read_one(
      *state_, stream, seen,
      [&](const engine::read_snapshot& snapshot, const engine::record_reader&,
          const index::name_hash& hash) { return find_version(snapshot, hash, stream.str(), at); });
}

result<std::optional<event>> store::read_event(const stream_name& stream, const event_id& id,
                                               visibility seen) const {
  if (!state_) return errc::store_closed;
  return read_one(*state_, stream, seen,
                  [&](const engine::read_snapshot& snapshot, const engine::record_reader& reader,
                      const index::name_hash& hash) {
                    return find_id(snapshot, reader, hash, stream.str(), id);
                  });
}

result<stream_info> store::stream_info(const stream_name& stream, visibility seen) const {
  if (!state_) return errc::store_closed;
  const auto pass = state_->enter();
  if (!pass) return pass.error();
  return attempt([&]() -> result<mainstem::stream_info> {
    auto snapshot = engine::read_snapshot::take(state_->log(), seen);
    if (!snapshot) return snapshot.error();
    return snapshot->info_of(index::hash_name(stream.str(), state_->log().store().secret),
                             stream.str());
  });
}

result<subscription> store::subscribe(const subscription_options& options) const {
  if (!state_) return errc::store_closed;
  const auto pass = state_->enter();
  if (!pass) return pass.error();
  return attempt([&]() -> result<subscription> {
    if (options.stream && !options.category.empty()) {
      return error(errc::invalid_argument,
                   "a subscription follows a stream or a category, not both");
    }
    subscription_options settled = options;
    if (settled.after == from_now) settled.after = state_->log().durable();
    if (settled.after > state_->log().written()) {
      return error(errc::invalid_argument, "position " + std::to_string(settled.after.value()) +
                                               " lies behind the end of the log, " +
                                               std::to_string(state_->log().written().value()) +
                                               ": is it from another store?");
    }
    return subscription(std::make_shared<detail::subscription_state>(state_, settled));
  });
}

result<void> store::wait_for(position at, std::chrono::nanoseconds timeout) const {
  return wait_in(state_.get(), at, detail::wait_limit::after(timeout));
}

result<void> store::wait_for(position at, std::stop_token stop) const {
  return wait_in(state_.get(), at, {.stop = std::move(stop)});
}

}  // namespace mainstem
