// SPDX-License-Identifier: Apache-2.0
#include "support/simulated_store.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "engine/look_up.h"
#include "index/canonical_digest.h"
#include "support/scarce_memory.h"

namespace mainstem::test_support {
namespace {

/// Says what is being done, as long as it lives.
class doing_now {
 public:
  doing_now(activity& now, activity what) : now_(now), before_(std::exchange(now, what)) {}
  ~doing_now() { now_ = before_; }
  doing_now(const doing_now&) = delete;
  doing_now& operator=(const doing_now&) = delete;

 private:
  activity& now_;
  activity before_;
};

}  // namespace

struct simulated_store::tracked_request {
  append_request request;
  engine::commit_request commit;
  std::optional<store_model::verdict> expected;
  bool is_queued = false;  ///< Its group will answer it; otherwise it only waits for that group.
};

simulated_store::simulated_store(simulated_machine& machine, store_model& model, findings& found,
                                 const settings& how)
    : machine_(machine), model_(model), found_(found), how_(how) {}

simulated_store::~simulated_store() { forget(); }

result<void> simulated_store::open() {
  const activity opening = model_.last() == 0 ? activity::creating
                           : index_is_lost_   ? activity::rebuilding
                                              : activity::recovering;
  const doing_now now(doing_, opening);
  const auto around = machine_.around();
  auto opened =
      in_engine([&] { return engine::store_core::open(store_path, how_.options, around); });
  if (!opened) {
    note_error("opening", opened.error());
    return opened.error();
  }
  core_ = std::move(*opened);
  index_is_lost_ = false;
  held_.emplace(mutex_);
  failed_ = false;
  if (core_->report().damage) {
    complain("opening found damage: " + core_->report().damage->message());
    return {};
  }
  const std::uint64_t last = core_->log().written().value();
  if (const auto& why = core_->pipeline().failure()) {
    // Recovery could not write: what is proven can be read, and nothing was changed.
    note_error("recovery", *why);
    if (*why != errc::disk_full) complain("opened for reading alone: " + why->message());
    failed_ = true;
    return {};
  }
  if (core_->log().durable().value() != last) complain("opened with events that are not durable");
  if (!model_.is_boundary(last))
    complain("opened with " + std::to_string(last) + " events: half a commit, or too many");
  if (last < model_.synced()) {
    complain("opened with " + std::to_string(last) + " events, but " +
             std::to_string(model_.synced()) + " were acknowledged");
  }
  if (last <= model_.last()) model_.recovered(last);
  check_checkpoints();
  return {};
}

void simulated_store::save_checkpoint(const std::string& consumer, position at) {
  const doing_now now(doing_, activity::saving_checkpoint);
  auto kept = core_->kept();
  if (!kept) return note_error("opening what is kept", kept.error());
  model_.begin_checkpoint(consumer, at.value());
  if (auto saved = in_engine([&] { return (*kept)->save_checkpoint(consumer, at); }); !saved)
    return note_error("saving a checkpoint", saved.error());
  model_.end_checkpoint(consumer, at.value());
}

void simulated_store::check_checkpoints() {
  auto kept = core_->kept();
  if (!kept) return note_error("opening what is kept", kept.error());
  for (const auto& consumer : model_.consumers()) {
    const auto found = (*kept)->checkpoint(consumer);
    if (!found) return note_error("reading a checkpoint", found.error());
    const auto at = *found ? std::optional((*found)->value()) : std::nullopt;
    if (!model_.may_be_checkpoint(consumer, at)) {
      complain("the checkpoint of " + consumer + " is " +
               (at ? std::to_string(*at) : std::string("gone")));
    }
  }
}

void simulated_store::forget() {
  requests_.clear();
  plan_.reset();
  held_.reset();
  core_.reset();
}

void simulated_store::kill() { forget(); }

void simulated_store::kill_and_lose_index() {
  forget();
  machine_.index().lose("index");
  index_is_lost_ = true;
}

void simulated_store::complain(const std::string& what) { found_.add(what); }

void simulated_store::note_error(const char* doing, const error& why) {
  const bool is_expected = !how_.only_fault || why == *how_.only_fault || why == errc::store_failed;
  if (!how_.faults_expected || !is_expected)
    complain(std::string(doing) + " fails: " + why.message());
}

std::uint64_t simulated_store::must_survive_power_loss() const noexcept {
  const std::uint64_t seen = core_ ? core_->log().durable().value() : 0;
  return std::max(seen, model_.synced());
}

std::uint64_t simulated_store::must_survive_kill() const noexcept {
  const std::uint64_t seen = core_ ? core_->log().written().value() : 0;
  return std::max(seen, model_.written());
}

void simulated_store::submit(append_request request, durability wanted) {
  requests_.emplace_back();
  tracked_request& mine = requests_.back();
  mine.request = std::move(request);
  const std::uint64_t segment_size = core_->options().segment_size_bytes;
  auto prepared = in_engine([&] {
    return engine::prepare(mine.request, wanted, core_->identity().secret, segment_size);
  });
  if (!prepared && prepared.error() == errc::out_of_memory) {
    note_error("an append", prepared.error());
    return requests_.pop_back();
  }
  if (!prepared) {
    const bool is_too_large = format::commit_frame_bytes(mine.request.writes()) > segment_size / 2;
    if (prepared.error() != errc::commit_too_large || !is_too_large) {
      complain("a good request is refused: " + prepared.error().message());
    }
    requests_.pop_back();
    return;
  }
  mine.commit = std::move(*prepared);
  if (!drive(mine)) requests_.pop_back();
}

/// False if the request is done with.
bool simulated_store::drive(tracked_request& mine) {
  using submitted = engine::commit_pipeline::submitted;
  const doing_now now(doing_, activity::append);
  // Each round takes what the one before could not know. There are never many.
  constexpr int most_rounds = 1'000;
  for (int round = 0; round < most_rounds; ++round) {
    const auto said =
        in_engine([&]() -> result<submitted> { return core_->pipeline().submit(mine.commit); });
    if (!said) {
      note_error("an append", said.error());
      return false;
    }
    switch (*said) {
      case submitted::answered:
        if (!failed_) mine.expected = model_.judge(mine.request);
        settle(mine);
        return false;
      case submitted::queued:
        mine.expected = model_.judge(mine.request);
        if (mine.expected->outcome.committed() != nullptr && mine.commit.writes()) {
          model_.accept(mine.request);
        }
        mine.is_queued = true;
        return true;
      case submitted::must_wait:
      case submitted::queue_full:
        if (!plan_) begin_write();
        end_write();
        break;
      case submitted::needs_lookup:
        if (auto looked = in_engine([&] { return engine::look_up(core_->log(), mine.commit); });
            !looked) {
          note_error("a look-up", looked.error());
          return false;
        }
        break;
      case submitted::needs_segment: {
        const doing_now changing(doing_, activity::segment_change);
        if (auto made = in_engine([&] { return core_->spare_step(*held_); }); !made) {
          note_error("making a segment", made.error());
          return false;
        }
      }
    }
  }
  complain("an append is looked up again and again");
  return false;
}

void simulated_store::submit_flush() {
  requests_.emplace_back();
  tracked_request& mine = requests_.back();
  using submitted = engine::commit_pipeline::submitted;
  const auto said =
      in_engine([&]() -> result<submitted> { return core_->pipeline().submit_flush(mine.commit); });
  if (!said) {
    note_error("a flush", said.error());
    return requests_.pop_back();
  }
  if (!failed_) {
    mine.expected =
        store_model::verdict{append_outcome(append_outcome::committed_t{}), model_.last()};
  }
  mine.is_queued = *said == submitted::queued;
  if (mine.is_queued) return;
  settle(mine);
  requests_.pop_back();
}

// The request has been answered.
void simulated_store::settle(tracked_request& mine) {
  const auto& answer = *mine.commit.answer;
  if (!answer) {
    // What was refused from the beginning is refused with the reason: the disk was full at opening.
    const auto& why = core_->pipeline().failure();
    const bool says_so = failed_ && (answer.error() == errc::outcome_unknown ||
                                     (why && answer.error().code() == why->code()));
    if (!says_so) complain("a request ends with " + answer.error().message());
    return;
  }
  if (!mine.expected) {
    complain("a store that has failed answers: " + answer->message());
    return;
  }
  if (!is_same_outcome(*answer, mine.expected->outcome)) {
    complain("the answer is \"" + answer->message() + "\", expected was \"" +
             mine.expected->outcome.message() + "\"");
  }
  model_.acknowledge(mine.expected->rests_on, mine.commit.durability == durability::synced);
}

void simulated_store::begin_write() {
  if (plan_ || !core_->pipeline().can_write()) return;
  const auto begun = in_engine([&]() -> result<void> {
    plan_ = core_->pipeline().begin_write(machine_.clock().unix_nanoseconds());
    return {};
  });
  if (begun) return;
  note_error("beginning a write", begun.error());
  core_->pipeline().fail(begun.error());
  fail(begun.error());
}

// Everybody is told.
void simulated_store::fail(const error& why) {
  note_error("a write", why);
  failed_ = true;
  for (const auto& group : core_->pipeline().take_failed_groups()) finish_group(group);
}

void simulated_store::end_write() {
  if (!plan_) return;
  const bool changes = plan_->offset_bytes == 0 && !plan_->parts.empty();
  const doing_now now(doing_, changes ? activity::segment_change : activity::append);
  const engine::write_plan plan = *plan_;
  result<void> performed;
  if (how_.acknowledges_before_writing) {
    core_->finish_write(plan, performed);
    plan_.reset();
    const auto kept = finish_group(plan.group);  // The plan's bytes are theirs.
    held_->unlock();
    static_cast<void>(engine::perform(plan));
    held_->lock();
    return;
  }
  held_->unlock();
  performed = in_engine([&] { return engine::perform(plan); });
  held_->lock();
  {
    const memory_of_engine engine(true);
    core_->finish_write(plan, performed);
  }
  plan_.reset();
  if (!performed) return fail(performed.error());
  finish_group(plan.group);
}

std::list<simulated_store::tracked_request> simulated_store::finish_group(
    const std::shared_ptr<engine::commit_group>& group) {
  std::list<tracked_request> answered;
  for (auto each = requests_.begin(); each != requests_.end();) {
    const auto next = std::next(each);
    if (each->is_queued && each->commit.group == group) {
      settle(*each);
      answered.splice(answered.end(), requests_, each);
    }
    each = next;
  }
  return answered;
}

void simulated_store::write_all() {
  while (plan_ || core_->pipeline().can_write()) {
    begin_write();
    end_write();
  }
  if (!requests_.empty()) complain("requests wait although nothing is queued");
}

void simulated_store::make_spare() {
  if (!core_->pipeline().wants_spare()) return;
  const doing_now now(doing_, activity::segment_change);
  if (auto made = in_engine([&] { return core_->spare_step(*held_); }); !made)
    note_error("making a segment", made.error());
}

void simulated_store::seal() {
  const doing_now now(doing_, activity::segment_change);
  for (;;) {
    auto sealed = in_engine([&] { return core_->seal_step(*held_); });
    if (!sealed) note_error("sealing", sealed.error());
    if (!sealed || !*sealed) return;
  }
}

// What finds no memory for these does them another time.
void simulated_store::queue_mark() {
  static_cast<void>(
      in_engine([&]() -> result<bool> { return core_->pipeline().queue_mark() != nullptr; }));
}
void simulated_store::queue_sync() {
  static_cast<void>(
      in_engine([&]() -> result<bool> { return core_->pipeline().queue_sync() != nullptr; }));
}
void simulated_store::rotate_index() {
  static_cast<void>(in_engine([&]() -> result<void> {
    core_->pipeline().rotate_generation();
    return {};
  }));
}

void simulated_store::flush_index() {
  const doing_now now(doing_, activity::index_flush);
  for (;;) {
    auto flushed = in_engine([&] { return core_->flush_step(*held_); });
    if (!flushed) note_error("an index flush", flushed.error());
    if (!flushed || !*flushed) return;
  }
}

bool simulated_store::merge_index() {
  const doing_now now(doing_, activity::index_merge);
  auto merged = in_engine([&] { return core_->merge_step(); });
  if (!merged) note_error("a merge", merged.error());
  return merged && *merged;
}

void simulated_store::close() {
  submit_flush();
  write_all();
  queue_mark();
  write_all();
  if (!failed_) {
    seal();
    rotate_index();
    flush_index();
  }
  forget();
}

std::optional<std::uint64_t> simulated_store::index_digest() {
  submit_flush();
  write_all();
  rotate_index();
  flush_index();
  auto snapshot = core_->log().index()->snapshot();
  if (!snapshot) {
    note_error("an index snapshot", snapshot.error());
    return std::nullopt;
  }
  if (snapshot->flushed().last != core_->log().durable())
    complain("the index does not have everything after a flush");
  auto digest = index::canonical_digest(*snapshot);
  if (!digest) {
    complain("the index contradicts itself: " + digest.error().message());
    return std::nullopt;
  }
  return *digest;
}

}  // namespace mainstem::test_support
