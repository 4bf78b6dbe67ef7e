// SPDX-License-Identifier: Apache-2.0
#include "api/writer_store.h"

#include <algorithm>

#include "base/attempt.h"
#include "base/futex.h"
#include "base/thread.h"
#include "engine/look_up.h"

namespace mainstem::detail {
namespace {

// commit_group::wake_word: the lowest bit says that the group is finished; what is above counts how
// often one of its waiters was asked to lead, so that no such call is slept over.
constexpr std::uint32_t finished_bit = 1;
constexpr std::uint32_t asked_to_lead = 2;

constexpr std::chrono::seconds retry_interval{1};

}  // namespace

writer_store::writer_store(std::unique_ptr<engine::store_core> core)
    : store_state(core->options().reader_threads),
      core_(std::move(core)),
      report_(core_->report()),
      intake_(core_->options().queue_bytes) {
  failed_ = core_->pipeline().failure().has_value();
  log_keeper_ = std::thread([this] { keep_log(); });
  try {
    index_keeper_ = std::thread([this] { keep_index(); });
  } catch (...) {
    stop_threads();
    throw;
  }
}

writer_store::~writer_store() {
  if (core_) static_cast<void>(close());
}

std::optional<error> writer_store::failure() const {
  if (!failed_.load(std::memory_order_acquire)) return std::nullopt;
  const std::lock_guard held(mutex_);
  return core_->pipeline().failure();
}

result<append_outcome> writer_store::append(const append_request& request,
                                            const append_options& options) {
  const auto pass = enter();
  if (!pass) return pass.error();
  auto prepared = attempt([&] {
    return engine::prepare(request, options.durability, core_->identity().secret,
                           core_->options().segment_size_bytes);
  });
  if (!prepared) return prepared.error();
  lock held(mutex_);
  take_in(held);
  return drive(held, *prepared);
}

result<append_outcome> writer_store::drive(lock& held, engine::commit_request& request) {
  using submitted = engine::commit_pipeline::submitted;
  for (;;) {
    if (!held.owns_lock()) held.lock();
    const auto said =
        attempt([&]() -> result<submitted> { return core_->pipeline().submit(request); });
    if (!said) return said.error();
    switch (*said) {
      case submitted::answered: return std::move(*request.answer);
      case submitted::queued:
        wait_for_group(held, request.group);
        return std::move(*request.answer);
      case submitted::must_wait:
      case submitted::queue_full: wait_for_group(held, request.group); break;
      case submitted::needs_lookup:
        held.unlock();
        if (auto looked = attempt([&] { return engine::look_up(core_->log(), request); }); !looked)
          return looked.error();
        break;
      case submitted::needs_segment:
        if (auto ready = wait_for_spare(held); !ready) return ready.error();
        break;
    }
  }
}

result<void> writer_store::flush() {
  const auto pass = enter();
  if (!pass) return pass.error();
  return flush_now();
}

result<void> writer_store::flush_now() {
  using submitted = engine::commit_pipeline::submitted;
  engine::commit_request request;
  lock held(mutex_);
  take_in(held);
  const auto said =
      attempt([&]() -> result<submitted> { return core_->pipeline().submit_flush(request); });
  if (!said) return said.error();
  if (*said == submitted::queued) wait_for_group(held, request.group);
  if (!*request.answer) return request.answer->error();
  return {};
}

void writer_store::wait_for_group(lock& held, const group_pointer& group) noexcept {
  for (;;) {
    const std::uint32_t word = group->wake_word.load(std::memory_order_acquire);
    if ((word & finished_bit) != 0) return;
    if (!held.owns_lock()) held.lock();
    if (!writing_ && core_->pipeline().can_write()) {
      lead(held);
      continue;
    }
    held.unlock();
    futex_wait(group->wake_word, word);
  }
}

void writer_store::lead(lock& held) noexcept {
  take_in(held);
  writing_ = true;
  const auto began = std::chrono::steady_clock::now();
  const auto finished = core_->write_step(held);
  last_write_ = std::chrono::steady_clock::now() - began;
  writing_ = false;
  // First somebody goes on writing, then the others are told: the disk shall not wait for them.
  const group_pointer next = core_->pipeline().next_group();
  const bool is_detached = next && !next->detached().empty();
  if (next && !is_detached) next->wake_word.fetch_add(asked_to_lead, std::memory_order_release);
  wake_keepers();
  const position durable = core_->log().durable();
  const bool failed_now = core_->pipeline().failure() && !failed_.exchange(true);
  const auto answered = std::exchange(answered_, {});
  held.unlock();
  if (is_detached) {
    intake_.ring();
  } else if (next) {
    futex_wake_one(next->wake_word);
  }
  for (const auto& group : finished) {
    group->wake_word.fetch_or(finished_bit, std::memory_order_release);
    futex_wake_all(group->wake_word);
  }
  core_->wake_followers();
  pass_on_answers(finished, answered);
  failed_now ? watch().wake_all() : watch().notify(durable);
}

void writer_store::wake_keepers() {
  if (core_->pipeline().failure()) {
    // Nothing is kept any more, and whoever waits for a segment waits in vain.
    log_work_.notify_all();
    index_work_.notify_all();
    spare_ready_.notify_all();
    return;
  }
  if (log_keeper_idle_ || has_spare_to_make() || buffered_ends_pause()) log_work_.notify_one();
  if (index_keeper_idle_ || core_->pipeline().oldest_flushable()) index_work_.notify_one();
}

result<void> writer_store::wait_for_spare(lock& held) {
  const std::uint64_t attempts = spare_attempts_;
  spare_demanded_ = true;
  log_work_.notify_one();
  spare_ready_.wait(held, [&] {
    return !core_->pipeline().wants_spare() || spare_attempts_ != attempts || stopping_;
  });
  if (!core_->pipeline().wants_spare() || core_->pipeline().failure()) return {};
  if (stopping_) return errc::store_closed;
  if (spare_failure_) return *spare_failure_;
  return {};  // One was made, and somebody else was quicker to take it: the caller asks again.
}

void writer_store::keep_log() {
  name_thread("mainstem-log");
  lower_thread_priority();  // Or else it keeps those who commit from their core.
  lock held(mutex_);
  while (!stopping_ && !core_->pipeline().failure()) {
    if (has_spare_to_make()) {
      make_spare(held);
      continue;
    }
    if (auto sealed = core_->seal_step(held); !sealed || *sealed) continue;
    if (core_->pipeline().is_settled()) {
      log_keeper_idle_ = true;
      log_work_.wait(held);
      log_keeper_idle_ = false;
      continue;
    }
    settle(held);
  }
  // Whoever waits for a segment learns that there will be none.
  spare_ready_.notify_all();
}

// A segment that could not be made is tried again when an append needs it, and not before.
bool writer_store::has_spare_to_make() const {
  return core_->pipeline().wants_spare() && (spare_demanded_ || !spare_failure_);
}

void writer_store::make_spare(lock& held) {
  spare_demanded_ = false;
  spare_failure_.reset();
  if (auto made = core_->spare_step(held); !made) spare_failure_ = made.error();
  ++spare_attempts_;
  spare_ready_.notify_all();
}

// What is buffered is synced within its interval; what is durable is marked so after a pause.
void writer_store::settle(lock& held) {
  const bool durable = core_->log().durable() == core_->pipeline().last_assigned();
  const position before = core_->pipeline().last_assigned();
  const auto pause =
      durable ? core_->options().mark_interval : core_->options().buffered_sync_interval;
  pausing_ = durable;
  const bool called = log_work_.wait_for(held, pause, [this] {
    return stopping_ || core_->pipeline().failure() || has_spare_to_make() || buffered_ends_pause();
  });
  pausing_ = false;
  if (called) return;
  const auto group = attempt([&]() -> result<group_pointer> {
    if (!durable) return core_->pipeline().queue_sync();
    if (core_->pipeline().last_assigned() == before) return core_->pipeline().queue_mark();
    return group_pointer();
  });
  if (group && *group) wait_for_group(held, *group);
  if (!held.owns_lock()) held.lock();
}

// The pause before a mark may be longer than what is buffered is allowed to wait.
bool writer_store::buffered_ends_pause() const {
  return pausing_ && core_->log().durable() < core_->log().written();
}

void writer_store::keep_index() {
  name_thread("mainstem-index");
  lower_thread_priority();  // Nobody waits for it, and it is busy for long.
  lock held(mutex_);
  while (!stopping_ && !core_->pipeline().failure()) {
    auto flushed = core_->flush_step(held);
    if (!flushed) {
      index_work_.wait_for(held, retry_interval, [this] { return stopping_; });
      continue;
    }
    if (*flushed) {
      merge_index(held);
      continue;
    }
    if (core_->pipeline().unflushed_events() == 0) {
      index_keeper_idle_ = true;
      index_work_.wait(held);
      index_keeper_idle_ = false;
      continue;
    }
    const bool woken = index_work_.wait_for(held, core_->options().index_flush_interval, [this] {
      return stopping_ || core_->pipeline().failure() || core_->pipeline().oldest_flushable();
    });
    if (!woken) end_generation();
  }
}

// Without memory for the next one, it goes on being filled.
void writer_store::end_generation() noexcept {
  static_cast<void>(attempt([this]() -> result<void> {
    core_->pipeline().rotate_generation();
    return {};
  }));
}

void writer_store::merge_index(lock& held) {
  bool more = true;
  while (more && !stopping_ && !core_->pipeline().oldest_flushable()) {
    held.unlock();
    const auto merged = core_->merge_step();
    held.lock();
    // A merge that fails leaves the index as it was: the next flush tries again.
    more = merged && *merged;
  }
}

result<void> writer_store::end() {
  workers().end();
  end_usher();
  auto flushed = flush_now();
  end_committer();
  {
    lock held(mutex_);
    const auto mark =
        attempt([&]() -> result<group_pointer> { return core_->pipeline().queue_mark(); });
    if (mark && *mark) wait_for_group(held, *mark);
  }
  stop_threads();
  lock held(mutex_);
  if (!core_->pipeline().failure()) {
    // What fails here is done again when the store is opened: the log has everything.
    const auto did_something = [](const result<bool>& step) { return step && *step; };
    while (did_something(core_->seal_step(held))) continue;
    end_generation();
    while (did_something(core_->flush_step(held))) continue;
  }
  core_.reset();
  return flushed;
}

void writer_store::stop_threads() {
  {
    const lock held(mutex_);
    stopping_ = true;
    log_work_.notify_all();
    index_work_.notify_all();
  }
  log_keeper_.join();
  if (index_keeper_.joinable()) index_keeper_.join();
}

store_info writer_store::info() {
  const auto pass = enter();
  if (!pass) {
    store_info nothing;
    nothing.failure = pass.error();
    return nothing;
  }
  lock held(mutex_);
  return core_->info(held);
}

}  // namespace mainstem::detail
