// SPDX-License-Identifier: Apache-2.0
#include "scenario.h"

#include <gtest/gtest.h>

#include <array>
#include <ctime>
#include <utility>

#include "support/store_check.h"

namespace mainstem::test_support {

scenario::scenario(std::uint64_t seed, const plan& how, crash_count& count)
    : how_(how),
      random_(seed),
      checker_(count, found_, random_, how.options),
      maker_(how.sizes),
      machine_(std::make_unique<simulated_machine>(seed)) {
  make_store();
}

void scenario::make_store() {
  store_ = std::make_unique<simulated_store>(
      *machine_, model_, found_,
      simulated_store::settings{.options = how_.options,
                                .acknowledges_before_writing = how_.acknowledges_before_writing,
                                .faults_expected = how_.faults_expected});
  machine_->watch([this] { maybe_take(); });
}

void scenario::maybe_take() {
  const bool is_index =
      store_->doing() == activity::index_flush || store_->doing() == activity::index_merge ||
      store_->doing() == activity::saving_checkpoint || store_->doing() == activity::rebuilding;
  const unsigned percent = is_index ? how_.index_image_percent : how_.image_percent;
  if (takes_images_ && random_.chance(percent)) checker_.take(*machine_, *store_);
}

void scenario::open() {
  if (auto opened = store_->open(); !opened && !store_->how().faults_expected) {
    found_.add("the store does not open: " + opened.error().message());
  }
}

void scenario::run() {
  open();
  for (unsigned i = 0; i < how_.steps && !found_.any(); ++i) step();
  if (found_.any()) return;
  store_->close();
  open();
  if (!found_.any()) check_contents();
}

void scenario::check_contents() {
  test_support::check_contents(store_->log(), model_, visibility::written, found_);
}

void scenario::expect_healthy() {
  machine_->disk().clear_faults();
  machine_->disk().set_capacity(std::nullopt);
  machine_->index().fail_call(0, errc::store_failed);
  store_->how().faults_expected = false;
  kill();
  if (!store_->is_open()) return found_.add("the store does not open after the fault");
  for (int i = 0; i < 3; ++i) append_some();
  store_->submit_flush();
  store_->write_all();
  if (model_.synced() != model_.last()) found_.add("the store does not go on after the fault");
  check_contents();
  lose_power();
  if (store_->is_open()) check_contents();
}

void scenario::step() {
  if (random_.chance(30)) machine_->clock().advance(std::chrono::milliseconds(random_.below(100)));
  if (random_.chance(2)) machine_->clock().set_unix_nanoseconds(random_.next() >> 8U);
  if (random_.chance(how_.ending_percent)) return end_and_reopen();
  const std::uint64_t drawn = random_.below(100);
  if (drawn < how_.index_weight) return index_step();
  if (drawn < how_.index_weight + 15) return log_step();
  append_some();
}

void scenario::append_some() {
  const bool is_in_flight = random_.chance(30);
  const auto submit = [&] {
    store_->submit(maker_.make(random_, model_),
                   random_.chance(how_.synced_percent) ? durability::synced : durability::buffered);
  };
  for (std::uint64_t i = random_.chance(60) ? 1 : random_.below(5); i > 0; --i) submit();
  if (is_in_flight) {
    store_->begin_write();
    for (std::uint64_t i = random_.below(4); i > 0; --i) submit();
    if (random_.chance(20)) store_->submit_flush();
    if (random_.chance(20)) store_->flush_index();
    if (how_.keeps_meanwhile && random_.chance(20)) store_->seal();
    if (how_.keeps_meanwhile && random_.chance(20)) store_->make_spare();
    store_->end_write();
  }
  if (random_.chance(80)) store_->write_all();
}

void scenario::log_step() {
  switch (random_.below(6)) {
    case 0: return store_->make_spare();
    case 1: return store_->seal();
    case 2: store_->queue_mark(); break;
    case 3: store_->queue_sync(); break;
    case 4: return save_checkpoint();
    default: store_->submit_flush();
  }
  store_->write_all();
}

void scenario::append_something() {
  const std::uint64_t before = model_.last();
  for (int i = 0; i < 20 && model_.last() == before; ++i) append_some();
  store_->submit_flush();
  store_->write_all();
}

void scenario::flush_something() {
  append_something();
  store_->rotate_index();
  store_->flush_index();
}

void scenario::save_checkpoint() {
  const std::string consumer = "consumer-" + std::to_string(random_.below(3));
  store_->save_checkpoint(consumer, position(random_.below(store_->log().durable().value() + 1)));
}

void scenario::index_step() {
  const std::uint64_t drawn = random_.below(10);
  if (drawn < 6) {
    store_->rotate_index();
    store_->submit_flush();
    store_->write_all();
    store_->flush_index();
  } else if (drawn < 8) {
    store_->flush_index();
  } else {
    while (store_->merge_index()) continue;
  }
}

void scenario::end_and_reopen() {
  switch (random_.below(5)) {
    case 0: kill(); break;
    case 4: lose_index(); break;
    case 1:
      store_->close();
      open();
      break;
    default: lose_power();
  }
  if (!found_.any() && store_->is_open() && !how_.faults_expected) check_contents();
}

void scenario::kill() {
  store_->kill();
  open();
}

void scenario::lose_index() {
  store_->kill_and_lose_index();
  open();
}

void scenario::lose_power() {
  cut_power();
  open();
}

void scenario::cut_power() {
  auto next = machine_->crashed(random_.next());
  model_.acknowledge(store_->must_survive_power_loss(), true);
  model_.lose_power();
  store_.reset();
  machine_ = std::move(next);
  make_store();
}

store_options draw_options(fake_random& random) {
  static constexpr std::array<std::uint64_t, 4> segment_sizes{4096, 8192, 16384, 65536};
  store_options options;
  options.segment_size_bytes = segment_sizes[random.below(segment_sizes.size())];
  options.index_flush_events = 2 + random.below(20);
  options.queue_bytes = random.chance(20) ? 1024 : 1U << 20U;
  options.preallocation = random.chance(50) ? preallocation::zero_fill : preallocation::reserve;
  options.read_mode = random.chance(50) ? read_mode::mapped : read_mode::copied;
  return options;
}

namespace {

/// Counts the time of its life, if states are checked in it. One thread does all of that, so it is
/// the time of one processor.
class counted_time {
 public:
  explicit counted_time(crash_count& count) : count_(count), states_before_(count.states()) {}
  ~counted_time() {
    if (count_.states() == states_before_) return;
    count_.add_seconds(static_cast<double>(std::clock() - began_) / CLOCKS_PER_SEC);
  }
  counted_time(const counted_time&) = delete;
  counted_time& operator=(const counted_time&) = delete;

 private:
  crash_count& count_;
  std::uint64_t states_before_;
  std::clock_t began_ = std::clock();
};

}  // namespace

void run_scenarios(std::uint64_t usually, std::uint64_t first_seed,
                   const std::function<scenario::plan(fake_random&)>& make_plan,
                   const std::function<void(scenario&)>& live) {
  const counted_time counted(total_count());
  const auto replayed = replayed_seed();
  const std::uint64_t count = replayed ? 1 : rounds(usually);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t seed = replayed.value_or(first_seed + i);
    fake_random random(~seed);
    scenario life(seed, make_plan(random), total_count());
    live(life);
    ASSERT_FALSE(life.found().any()) << "MAINSTEM_CRASH_SEED=" << seed << " replays this:\n"
                                     << life.found().text();
  }
}

}  // namespace mainstem::test_support
