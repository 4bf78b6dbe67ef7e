// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scenario.h"
#include "support/store_check.h"

namespace mainstem::test_support {
namespace {

scenario::plan faulty_plan(fake_random& random) {
  scenario::plan plan{.options = draw_options(random), .sizes = {}};
  plan.options.segment_size_bytes = random.chance(50) ? 4096 : 16384;
  plan.image_percent = 2;
  plan.index_image_percent = 5;
  plan.faults_expected = true;
  return plan;
}

/// Goes on until the store has failed or the steps are used up.
void live_until_failure(scenario& life, unsigned steps) {
  if (!life.store().is_open()) life.open();
  for (unsigned i = 0; i < steps && !life.found().any() && life.store().is_open(); ++i) {
    life.append_some();
    if (!life.store().has_failed()) continue;
    // Sticky: what comes now is refused, and what is durable can be read.
    life.append_some();
    life.machine().disk().clear_faults();
    check_contents(life.store().log(), life.model(), visibility::durable, life.found());
    return;
  }
}

TEST(CrashFaults, FailedSyncIsFinalAndNothingAcknowledgedIsLost) {
  run_scenarios(300, 6'000'000, faulty_plan, [](scenario& life) {
    life.open();
    for (int i = 0; i < 5; ++i) life.step();
    os::fault failing{.error = EIO, .only = os::call_kind::sync};
    failing.for_good = life.random().chance(30);
    life.machine().disk().fail_call(1 + life.random().below(6), failing);
    live_until_failure(life, 20);
    life.expect_healthy();
  });
}

TEST(CrashFaults, FailedCallOfAnyKindLosesNothing) {
  run_scenarios(400, 7'000'000, faulty_plan, [](scenario& life) {
    os::fault failing{.error = life.random().chance(70) ? EIO : ENOSPC};
    if (life.random().chance(30)) failing.effect = os::fault_effect::fails_halfway;
    failing.for_good = life.random().chance(20);
    life.machine().disk().fail_call(1 + life.random().below(120), failing);
    live_until_failure(life, 30);
    life.expect_healthy();
  });
}

TEST(CrashFaults, FailedCallOfTheIndexLosesNothing) {
  run_scenarios(
      200, 8'000'000,
      [](fake_random& random) {
        auto plan = faulty_plan(random);
        plan.options.index_flush_events = 3;
        return plan;
      },
      [](scenario& life) {
        life.machine().index().fail_call(1 + life.random().below(300),
                                         error(errc::disk_full, "simulated"),
                                         life.random().chance(30));
        life.open();
        if (!life.store().is_open()) life.open();
        for (int i = 0; i < 40 && !life.found().any() && life.store().is_open(); ++i) life.step();
        if (life.store().is_open() && life.store().has_failed())
          life.found().add("the index has made the store fail");
        life.expect_healthy();
      });
}

TEST(CrashFaults, FailureOfTheIndexIsToldUntilItIsOver) {
  run_scenarios(20, 8'500'000, faulty_plan, [](scenario& life) {
    auto& store = life.store();
    const auto flush_some = [&] {
      life.append_some();
      store.submit_flush();
      store.write_all();
      store.rotate_index();
      store.flush_index();
      return store.info();
    };
    life.open();
    while (life.model().last() == 0) life.append_some();
    if (flush_some().index_failure) life.found().add("the index is said to fail");
    life.machine().index().fail_call(1, error(errc::disk_full, "simulated"), true);
    const auto failing = flush_some();
    if (failing.indexed < failing.durable && failing.index_failure != errc::disk_full)
      life.found().add("nothing is said of the failure of the index");
    life.machine().index().fail_call(0, errc::store_failed);
    const auto after = flush_some();
    if (after.index_failure || after.indexed != after.durable)
      life.found().add("the failure of the index is over, and still said");
  });
}

TEST(CrashFaults, FullDiskHarmsNothingAndPasses) {
  run_scenarios(200, 9'000'000, faulty_plan, [](scenario& life) {
    life.open();
    for (int i = 0; i < 10; ++i) life.append_some();
    auto& disk = life.machine().disk();
    disk.set_capacity(disk.used_bytes() + life.random().below(12'000));
    for (int i = 0; i < 25; ++i) life.append_some();
    if (life.store().has_failed()) life.found().add("a full disk has made the store fail");
    check_contents(life.store().log(), life.model(), visibility::durable, life.found());

    // Room again: it works without being opened anew.
    disk.set_capacity(std::nullopt);
    life.store().how().faults_expected = false;
    for (int i = 0; i < 3; ++i) life.append_some();
    life.store().submit_flush();
    life.store().write_all();
    if (life.model().synced() != life.model().last())
      life.found().add("the store does not go on when there is room");
    life.expect_healthy();
  });
}

// Recovery has to write. Where it cannot, what is proven can be read, nothing is changed, and
// nothing is lost.
TEST(CrashFaults, FullDiskOpensForReading) {
  std::uint64_t read_only = 0;
  run_scenarios(200, 10'000'000, faulty_plan, [&](scenario& life) {
    life.take_images(false);
    life.open();
    for (int i = 0; i < 15; ++i) life.step();
    const std::uint64_t must_hold = life.store().must_survive_power_loss();
    auto machine = life.machine().crashed(life.random().next());
    machine->disk().set_capacity(machine->disk().used_bytes());
    auto opened =
        engine::store_core::open(store_path, life.store().how().options, machine->around());
    if (!opened)
      return life.found().add("a full disk cannot be opened: " + opened.error().message());
    check_contents((*opened)->log(), life.model(), visibility::durable, life.found());
    if (const auto& why = (*opened)->pipeline().failure()) {
      ++read_only;
      if (*why != errc::disk_full)
        life.found().add("refused for another reason: " + why->message());
    }
    opened->reset();

    machine->disk().set_capacity(std::nullopt);
    store_model model = life.model();
    simulated_store later(*machine, model, life.found(), {.options = life.store().how().options});
    if (auto again = later.open(); !again)
      return life.found().add("with room: " + again.error().message());
    if (model.last() < must_hold) life.found().add("acknowledged events are gone");
    check_contents(later.log(), model, visibility::durable, life.found());
  });
  EXPECT_GT(read_only, 0U);
}

}  // namespace
}  // namespace mainstem::test_support
