// SPDX-License-Identifier: Apache-2.0
#include "api/follower_store.h"

#include "base/thread.h"

namespace mainstem::detail {
namespace {

using clock = std::chrono::steady_clock;

// Closing waits for the end of a sleep.
constexpr std::chrono::milliseconds longest_sleep{100};
// How often the folder itself is looked at while the control page says enough.
constexpr std::chrono::seconds look_interval{1};
// How often the log is read for news while there is no control page to sleep on.
constexpr std::chrono::milliseconds poll_interval{20};

}  // namespace

follower_store::follower_store(std::unique_ptr<engine::follower_core> core)
    : store_state(core->options().reader_threads),
      core_(std::move(core)),
      report_(core_->report()) {
  failure_ = report_.damage;
  follower_ = std::thread([this] { follow(); });
}

follower_store::~follower_store() {
  if (core_) static_cast<void>(close());
}

std::optional<error> follower_store::failure() const {
  const std::lock_guard held(mutex_);
  return failure_;
}

result<append_outcome> follower_store::append(const append_request& /*request*/,
                                              const append_options& /*options*/) {
  const auto pass = enter();
  return pass ? error(errc::store_read_only) : pass.error();
}

void follower_store::start_append(append_pointer operation) {
  const auto pass = enter();
  operation->complete(pass ? error(errc::store_read_only) : pass.error());
}

result<void> follower_store::flush() {
  const auto pass = enter();
  return pass ? error(errc::store_read_only) : pass.error();
}

store_info follower_store::info() {
  const auto pass = enter();
  if (!pass) {
    store_info nothing;
    nothing.failure = pass.error();
    return nothing;
  }
  store_info info = core_->info();
  info.failure = failure().value_or(error(errc::store_read_only));
  return info;
}

void follower_store::follow() {
  using look = engine::follower_core::look;
  name_thread("mainstem-follow");
  auto next_look = clock::now() + look_interval;
  while (!is_stopping()) {
    const auto now = clock::now();
    const bool sleeps = core_->sleep(std::min(next_look, now + longest_sleep));
    if (!sleeps) {
      std::unique_lock held(mutex_);
      stop_.wait_for(held, poll_interval, [this] { return stopping_; });
    }
    const bool thorough = !sleeps || failure() || clock::now() >= next_look;
    note(core_->advance(thorough ? look::thorough : look::quick));
    if (thorough) next_look = clock::now() + look_interval;
  }
}

/// Whoever waits learns of what is new, or of why nothing comes.
void follower_store::note(const result<void>& advanced) {
  bool is_new = false;
  {
    const std::lock_guard held(mutex_);
    is_new = !advanced && (!failure_ || failure_->code() != advanced.error().code());
    failure_ = advanced ? std::nullopt : std::optional(advanced.error());
  }
  is_new ? watch().wake_all() : watch().notify(log().durable());
}

bool follower_store::is_stopping() const {
  const std::lock_guard held(mutex_);
  return stopping_;
}

result<void> follower_store::end() {
  workers().end();
  {
    const std::lock_guard held(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  follower_.join();
  core_.reset();
  return {};
}

}  // namespace mainstem::detail
