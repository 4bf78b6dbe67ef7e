// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "api/pending_queue.h"
#include "api/writer_store.h"
#include "base/attempt.h"
#include "base/thread.h"
#include "engine/look_up.h"

// Appends that no thread waits for. Their callers encode them and leave them in the intake; whoever
// drives the pipeline judges them from there, in order. What takes a look into the index or a wait
// is carried by the usher, and those behind it stay in the intake meanwhile.
namespace mainstem::detail {

using submitted = engine::commit_pipeline::submitted;

namespace {

// While a request is the pipeline's, so is a reference to its operation.
void lend(engine::commit_request& request, append_pointer operation) noexcept {
  request.owner = operation.detach();
}
append_pointer give_back(engine::commit_request& request) noexcept {
  return {static_cast<append_operation*>(std::exchange(request.owner, nullptr)), false};
}

}  // namespace

// The disk stands still while answers are being heard: a quarter of a write buys a fuller group,
// where writes are slow; where they are fast, two groups take turns instead. And a disk that stood
// still once says nothing about the next write.
constexpr int gathering_part = 4;
constexpr std::chrono::nanoseconds longest_gathering = std::chrono::milliseconds(10);

void writer_store::start_append(append_pointer operation) {
  const auto pass = enter();
  if (!pass) return operation->complete(pass.error());
  const auto taken = attempt([&]() -> result<void> {
    auto prepared = engine::prepare(operation->commit().emplace(), operation->request(),
                                    operation->options().durability, core_->identity().secret,
                                    core_->options().segment_size_bytes);
    if (!prepared) return prepared;
    operation->release_writes();
    std::call_once(async_begun_, [this] {
      if (!usher_.joinable()) usher_ = std::thread([this] { usher(); });
      committer_ = std::thread([this] { commit_detached(); });
    });
    if (!intake_.push(std::move(operation))) return errc::overloaded;
    return {};
  });
  if (!taken) operation->complete(taken.error());
}

void writer_store::take_in(lock& held) noexcept {
  // Judging is bound by memory latency: what it will touch is asked for ahead.
  constexpr std::size_t near = 6;
  while (!ushering_) {
    if (intake_.front() == nullptr) return;
    if (const auto* ahead = intake_.peek(3 * near)) prefetch(ahead, sizeof(*ahead));
    if (auto* ahead = intake_.peek(2 * near)) core_->pipeline().prefetch_heads(*ahead->commit());
    if (auto* ahead = intake_.peek(near)) core_->pipeline().prefetch_tail(*ahead->commit());
    append_pointer operation = intake_.pop();
    if (submit_detached(held, operation)) {
      carried_ = std::move(operation);
      ushering_ = true;
      usher_work_.notify_one();
    }
  }
}

/// @returns what is in the way; nothing if the operation is answered, or will be. Then it is gone.
std::optional<submitted> writer_store::submit_detached(lock& /*held*/,
                                                       append_pointer& operation) noexcept {
  if (!operation->submit()) return std::nullopt;  // Cancelled.
  engine::commit_request& request = *operation->commit();
  lend(request, std::move(operation));
  const auto said =
      attempt([&]() -> result<submitted> { return core_->pipeline().submit(request); });
  if (!said) {
    answer_detached(request, said.error());
    return std::nullopt;
  }
  if (*said == submitted::queued) return std::nullopt;
  if (*said == submitted::answered) {
    note_answered(request);
    return std::nullopt;
  }
  operation = give_back(request);
  if (!operation->take_back()) return std::nullopt;
  return *said;
}

void writer_store::answer_detached(engine::commit_request& request, const error& why) noexcept {
  request.answer = result<append_outcome>(why);
  note_answered(request);
}

void writer_store::note_answered(engine::commit_request& request) noexcept {
  try {
    answered_.push_back(&request);
  } catch (const std::bad_alloc&) {
    engine::commit_request* const alone[] = {&request};
    pass_on_answers({}, alone);
  }
}

void writer_store::usher() {
  name_thread("mainstem-usher");
  lock held(mutex_);
  for (;;) {
    usher_work_.wait(held, [this] { return usher_stopping_ || ushering_; });
    if (!ushering_) return;
    carry(held, std::exchange(carried_, nullptr));
    ushering_ = false;
    take_in(held);
    intake_.ring();
  }
}

void writer_store::carry(lock& held, append_pointer operation) noexcept {
  engine::commit_request& request = *operation->commit();
  while (const auto in_the_way = submit_detached(held, operation)) {
    result<void> done;
    if (usher_stopping_) {
      done = errc::store_closed;
    } else if (*in_the_way == submitted::needs_lookup) {
      held.unlock();
      done = attempt([&] { return engine::look_up(core_->log(), request); });
    } else if (*in_the_way == submitted::needs_segment) {
      done = wait_for_spare(held);
    } else {
      wait_for_group(held, request.group);
    }
    if (!held.owns_lock()) held.lock();
    if (done) continue;
    if (!operation->submit()) return;  // Cancelled.
    lend(request, std::move(operation));
    return answer_detached(request, done.error());
  }
}

bool writer_store::leads_detached() const {
  const group_pointer next = core_->pipeline().next_group();
  return !writing_ && next && !next->detached().empty();
}

void writer_store::commit_detached() {
  name_thread("mainstem-commit");
  lock held(mutex_);
  while (!committer_stopping_) {
    const std::uint32_t rung = intake_.rung();
    take_in(held);
    if (leads_detached()) {
      const auto limit = std::min(last_write_ / gathering_part, longest_gathering);
      held.unlock();
      intake_.gather(limit);
      held.lock();
      if (leads_detached()) lead(held);
    } else if (!answered_.empty()) {
      pass_on_waiting(held);
    } else {
      held.unlock();
      intake_.sleep(rung);
    }
    if (!held.owns_lock()) held.lock();
  }
}

void writer_store::pass_on_answers(const std::vector<group_pointer>& finished,
                                   std::span<engine::commit_request* const> answered) noexcept {
  pending_queue handlers(intake_);
  const auto pass_on = [&](engine::commit_request* request) {
    append_pointer operation = give_back(*request);
    pending* const handler = operation->finish(std::move(*request->answer));
    // Null if it was cancelled.
    if (handler != nullptr) handlers.add(handler, std::move(operation));
  };
  std::ranges::for_each(answered, pass_on);
  for (const auto& group : finished) std::ranges::for_each(group->detached(), pass_on);
}

void writer_store::pass_on_waiting(lock& held) noexcept {
  const auto answered = std::exchange(answered_, {});
  held.unlock();
  pass_on_answers({}, answered);
}

// What can be judged without a wait is still taken in; the rest is told that the store is closed.
void writer_store::end_usher() {
  {
    lock held(mutex_);
    take_in(held);
    usher_stopping_ = true;
  }
  usher_work_.notify_one();
  if (usher_.joinable()) usher_.join();
}

void writer_store::end_committer() {
  {
    const lock held(mutex_);
    committer_stopping_ = true;
  }
  intake_.ring();
  if (committer_.joinable()) committer_.join();
  // The keeper of the log may be leading a group at this moment.
  lock held(mutex_);
  pass_on_waiting(held);
}

}  // namespace mainstem::detail
