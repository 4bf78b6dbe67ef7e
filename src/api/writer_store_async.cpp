// SPDX-License-Identifier: Apache-2.0
#include "api/pending_queue.h"
#include "api/writer_store.h"
#include "base/thread.h"
#include "engine/look_up.h"

// Appends that no thread waits for. Their callers judge them, as all callers do, unless that takes
// a look into the index or a wait: then the usher goes that way for them, one after the other, and
// whoever comes later waits behind them, so that the order of the calls is kept.
namespace mainstem::detail {

using submitted = engine::commit_pipeline::submitted;

void writer_store::start_append(operation_pointer operation) {
  const auto pass = enter();
  if (!pass) return operation->complete(pass.error());
  auto prepared = engine::prepare(operation->request(), operation->options().durability,
                                  core_->identity().secret, core_->options().segment_size_bytes);
  if (!prepared) return operation->complete(prepared.error());
  operation->commit().emplace(std::move(*prepared));

  lock held(mutex_);
  begin_threads_for_async();
  if (!detour_.empty() || ushering_) return take_detour(operation);
  const auto said = submit_detached(held, operation);
  if (!said) return;
  if (*said == submitted::queue_full) {
    held.unlock();
    return operation->complete(error(errc::overloaded));
  }
  take_detour(operation);
}

/// @returns what is in the way; nothing if the operation is answered, or will be.
std::optional<submitted> writer_store::submit_detached(lock& held,
                                                       const operation_pointer& operation) {
  if (!operation->submit()) return std::nullopt;  // Cancelled.
  engine::commit_request& request = *operation->commit();
  request.owner = operation;
  const submitted said = core_->pipeline().submit(request);
  if (said == submitted::queued) {
    if (!writing_) committer_work_.notify_one();
    return std::nullopt;
  }
  request.owner.reset();
  if (said == submitted::answered) {
    held.unlock();
    operation->complete(std::move(*request.answer));
    return std::nullopt;
  }
  if (!operation->take_back()) return std::nullopt;
  return said;
}

void writer_store::take_detour(const operation_pointer& operation) {
  const std::uint64_t bytes = operation->commit()->frame.length;
  if (detour_bytes_ != 0 && detour_bytes_ + bytes > core_->options().queue_bytes)
    return operation->complete(error(errc::overloaded));
  detour_bytes_ += bytes;
  detour_.push_back(operation);
  usher_work_.notify_one();
}

void writer_store::usher() {
  name_thread("mainstem-usher");
  lock held(mutex_);
  for (;;) {
    usher_work_.wait(held, [this] { return usher_stopping_ || !detour_.empty(); });
    if (detour_.empty()) return;
    const operation_pointer operation = std::move(detour_.front());
    detour_.pop_front();
    const std::uint64_t bytes = operation->commit()->frame.length;
    ushering_ = true;
    carry(held, operation);
    if (!held.owns_lock()) held.lock();
    ushering_ = false;
    detour_bytes_ -= bytes;
  }
}

/// May return with the lock let go of.
void writer_store::carry(lock& held, const operation_pointer& operation) {
  for (;;) {
    if (!held.owns_lock()) held.lock();
    if (usher_stopping_) return operation->complete(error(errc::store_closed));
    const auto said = submit_detached(held, operation);
    if (!said) return;
    engine::commit_request& request = *operation->commit();
    result<void> done;
    if (*said == submitted::needs_lookup) {
      held.unlock();
      done = engine::look_up(core_->log(), request);
    } else if (*said == submitted::needs_segment) {
      done = wait_for_spare(held);
    } else {
      wait_for_group(held, request.group);
    }
    if (!done) return operation->complete(done.error());
  }
}

void writer_store::commit_detached() {
  name_thread("mainstem-commit");
  lock held(mutex_);
  while (!committer_stopping_) {
    const group_pointer next = core_->pipeline().next_group();
    if (!writing_ && next && !next->detached().empty()) {
      lead(held);
      held.lock();
    } else {
      committer_work_.wait(held);
    }
  }
}

void writer_store::pass_on_answers(const std::vector<group_pointer>& finished) noexcept {
  pending_queue answered;
  for (const auto& group : finished) {
    for (engine::commit_request* const request : group->detached()) {
      const auto operation =
          std::static_pointer_cast<append_operation>(std::exchange(request->owner, nullptr));
      if (pending* const handler = operation->finish(std::move(*request->answer)))
        answered.add(handler);
    }
  }
}

void writer_store::begin_threads_for_async() {
  if (usher_.joinable()) return;
  usher_ = std::thread([this] { usher(); });
  committer_ = std::thread([this] { commit_detached(); });
}

void writer_store::end_usher() {
  {
    const lock held(mutex_);
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
  committer_work_.notify_one();
  if (committer_.joinable()) committer_.join();
}

}  // namespace mainstem::detail
