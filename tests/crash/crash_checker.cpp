// SPDX-License-Identifier: Apache-2.0
#include "crash_checker.h"

#include <array>
#include <string>
#include <utility>

#include "support/request_maker.h"
#include "support/store_check.h"

namespace mainstem::test_support {
namespace {

constexpr unsigned most_depth = 3;

// In how many of 100 images something is done beyond opening and reading all.
constexpr unsigned kill_percent = 12;
// Of the calls of a recovery, by how many were interrupted before.
constexpr std::array<unsigned, most_depth> nested_percent{9, 4, 3};
constexpr unsigned reopening_percent = 20;
constexpr unsigned second_loss_percent = 20;
constexpr unsigned going_on_percent = 25;
constexpr unsigned index_percent = 8;
constexpr unsigned following_percent = 15;

/// What was submitted and may be there or not.
std::vector<append_request> unanswered_of(const crash_image& image) {
  std::vector<append_request> requests;
  for (const auto& commit : image.model->commits()) {
    if (commit.last > image.must_hold) requests.push_back(commit.request);
  }
  return requests;
}

}  // namespace

phase phase_of(activity doing) noexcept {
  switch (doing) {
    case activity::idle: return phase::idle;
    case activity::creating: return phase::creation;
    case activity::recovering: return phase::recovery;
    case activity::rebuilding: return phase::index_rebuild;
    case activity::append: return phase::append;
    case activity::segment_change: return phase::segment_change;
    case activity::index_flush: return phase::index_flush;
    case activity::index_merge: return phase::index_merge;
    case activity::saving_checkpoint: return phase::checkpoint;
  }
  return phase::idle;
}

void crash_checker::take(const simulated_machine& machine, const simulated_store& store) {
  crash_image image;
  const bool is_kill = random_.chance(kill_percent);
  image.machine = is_kill ? machine.killed() : machine.crashed(random_.next());
  image.machine->disk().set_capacity(std::nullopt);
  image.model = &store.model();
  image.must_hold_after_power_loss = store.must_survive_power_loss();
  image.must_hold = is_kill ? store.must_survive_kill() : image.must_hold_after_power_loss;
  image.taken_in = phase_of(store.doing());
  const bool is_opening =
      image.taken_in == phase::recovery || image.taken_in == phase::index_rebuild;
  image.depth = is_opening ? 1 : 0;
  if (image.taken_in == phase::append &&
      store.must_survive_kill() > image.must_hold_after_power_loss) {
    image.taken_in = phase::buffered_append;
  }
  // Of a process that was killed, the control page is left: whoever was told, it was told first.
  // Only if that page could not be written do they have to find out from the log.
  if (is_kill && image.depth == 0 && !store.how().faults_expected)
    image.must_be_followed = store.model().synced();
  const auto model_of_another = exchange_state(image);
  if (model_of_another) image.model = &*model_of_another;
  exchange_index(image);
  damage_index(image);
  check(std::move(image));
  check_newer_index(machine, store);
  keep_moment(machine, store);
}

void crash_checker::take_nested(const crash_image& from) {
  crash_image image;
  const bool is_kill = random_.chance(kill_percent);
  image.machine = is_kill ? from.machine->killed() : from.machine->crashed(random_.next());
  image.model = from.model;
  image.must_hold_after_power_loss = from.must_hold_after_power_loss;
  image.must_hold = is_kill ? from.must_hold : from.must_hold_after_power_loss;
  static constexpr std::array by_depth{phase::recovery, phase::second_recovery,
                                       phase::third_recovery};
  image.taken_in = by_depth[from.depth];
  image.depth = from.depth + 1;
  check(std::move(image));
}

void crash_checker::check(crash_image image) {
  if (found_.any()) return;
  count_.add_state(image.taken_in, image.machine->disk().fingerprint());
  count_.add_acknowledged(image.must_hold);
  findings wrong;
  image.index_is_damaged ? check_damaged_index(image, wrong) : check_recovery(image, wrong);
  for (const auto& what : wrong.all()) {
    found_.add(std::string(image.index_is_damaged ? "with a damaged index, " : "") + "crash in " +
               name_of(image.taken_in) + ", depth " + std::to_string(image.depth) + ", of " +
               std::to_string(image.model->last()) + " submitted events " +
               std::to_string(image.must_hold) + " must be there: " + what);
  }
}

void crash_checker::check_recovery(crash_image& image, findings& wrong) {
  store_model model = *image.model;
  const auto follower = random_.chance(following_percent) ? follow(image, wrong) : nullptr;
  const simulated_store::settings how{.options = options_};
  simulated_store store(*image.machine, model, wrong, how);
  if (image.depth < most_depth) {
    image.machine->watch([&] {
      if (random_.chance(nested_percent[image.depth])) take_nested(image);
    });
  }
  const auto opened = store.open();
  image.machine->watch({});
  if (!opened) {
    count_.add_lost(image.must_hold);
    return wrong.add("the store does not open: " + opened.error().message());
  }
  const std::uint64_t last = store.log().written().value();
  if (last < image.must_hold) {
    count_.add_lost(image.must_hold - last);
    return wrong.add(std::to_string(last) + " events are there");
  }
  const std::uint64_t read = check_contents(store.log(), model, visibility::durable, wrong);
  if (read < image.must_hold) count_.add_lost(image.must_hold - read);
  if (follower) check_follower(*follower, store, wrong);

  const auto goes_on = [&](unsigned percent) {
    return !wrong.any() && !found_.any() && random_.chance(percent);
  };
  const auto unanswered = unanswered_of(image);
  if (goes_on(second_loss_percent)) lose_power_again(image, model);
  if (goes_on(reopening_percent)) reopen_unchanged(image, store, wrong);
  if (goes_on(going_on_percent)) go_on(image, store, unanswered, wrong);
  if (goes_on(index_percent)) compare_index(image, store, wrong);
}

// Somebody reads along before anybody has opened the store for writing: what they see was submitted
// in this order, and is durable.
std::unique_ptr<engine::follower_core> crash_checker::follow(const crash_image& image,
                                                             findings& wrong) {
  auto opened = engine::follower_core::open(store_path, options_, image.machine->around());
  if (!opened) {
    if (image.must_hold > 0) wrong.add("nobody can follow: " + opened.error().message());
    return nullptr;
  }
  engine::follower_core& follower = **opened;
  if (follower.report().damage)
    wrong.add("a follower finds damage: " + follower.report().damage->message());
  const std::uint64_t last = follower.log().durable().value();
  if (last > image.model->last() || !image.model->is_boundary(last)) {
    wrong.add("a follower sees " + std::to_string(last) + " events");
    return nullptr;
  }
  if (last < image.must_be_followed)
    wrong.add("a follower sees only " + std::to_string(last) + " events");
  store_model seen = *image.model;
  seen.recovered(last);
  check_contents(follower.log(), seen, visibility::durable, wrong);
  count_.add_followed(last);
  return std::move(*opened);
}

// After recovery they see what everybody sees, and nothing of what they had seen has changed.
void crash_checker::check_follower(engine::follower_core& follower, const simulated_store& store,
                                   findings& wrong) {
  const std::uint64_t before = follower.log().durable().value();
  if (before > store.log().durable().value())
    wrong.add("a follower had seen " + std::to_string(before) + " events");
  if (auto advanced = follower.advance(engine::follower_core::look::thorough); !advanced)
    return wrong.add("a follower does not go on: " + advanced.error().message());
  if (follower.log().durable() != store.log().durable())
    wrong.add("a follower is at " + std::to_string(follower.log().durable().value()));
  check_contents(follower.log(), store.model(), visibility::durable, wrong);
}

// What an opened store shows has been seen by somebody: no crash may take it back.
void crash_checker::lose_power_again(const crash_image& image, const store_model& model) {
  crash_image next;
  next.machine = image.machine->crashed(random_.next());
  next.model = &model;
  next.must_hold = next.must_hold_after_power_loss = model.last();
  next.taken_in = phase::recovered;
  next.depth = most_depth;
  check(std::move(next));
}

void crash_checker::reopen_unchanged(crash_image& image, simulated_store& store, findings& wrong) {
  store.kill();
  const std::uint64_t before = image.machine->disk().fingerprint();
  const std::uint64_t last = store.model().last();
  if (auto opened = store.open(); !opened) {
    return wrong.add("the store opens once, and then no more: " + opened.error().message());
  }
  if (store.model().last() != last) wrong.add("the second opening finds another number of events");
  if (image.machine->disk().fingerprint() != before)
    wrong.add("the second opening changes the disk");
}

// Whoever got no answer tries again, and others come: nothing is there twice, and it all survives.
void crash_checker::go_on(crash_image& image, simulated_store& store,
                          const std::vector<append_request>& unanswered, findings& wrong) {
  request_maker maker({});
  for (const auto& request : unanswered) store.submit(request, durability::synced);
  for (int i = 0; i < 3; ++i) {
    store.submit(maker.make(random_, store.model()),
                 random_.chance(70) ? durability::synced : durability::buffered);
    if (random_.chance(50)) store.write_all();
  }
  store.write_all();
  check_contents(store.log(), store.model(), visibility::written, wrong);
  if (wrong.any()) return;

  crash_image next;
  next.machine = image.machine->crashed(random_.next());
  next.model = &store.model();
  next.must_hold = next.must_hold_after_power_loss = store.must_survive_power_loss();
  next.taken_in = phase::append;
  next.depth = most_depth;
  check(std::move(next));
}

// The index that was maintained through all this says the same as one that is made from the log
// alone.
void crash_checker::compare_index(crash_image& image, simulated_store& store, findings& wrong) {
  const auto maintained = store.index_digest();
  store.queue_mark();
  store.write_all();
  auto copy = image.machine->killed();
  copy->index().lose("index");
  store_model copied = store.model();
  simulated_store rebuilt(*copy, copied, wrong, {.options = options_});
  if (auto opened = rebuilt.open(); !opened) {
    return wrong.add("the store does not open without its index: " + opened.error().message());
  }
  // A segment too full for a mark: recovery has moved its tail, and addresses are others.
  if (!rebuilt.core().report().clean) return;
  const auto fresh = rebuilt.index_digest();
  if (!maintained || !fresh || *maintained != *fresh)
    wrong.add("the index differs from a rebuilt one");
}

}  // namespace mainstem::test_support
