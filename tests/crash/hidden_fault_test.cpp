// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "engine/follower_core.h"
#include "scenario.h"
#include "support/store_check.h"

// A disk that says OK and does something else. What comes of it is noticed when the store is opened
// or read, with its place, and nothing is ever read back wrong. One thing nobody can notice: that
// the last group is gone of which nothing else speaks.
namespace mainstem::test_support {
namespace {

scenario::plan quiet_plan(fake_random& random) {
  scenario::plan plan{.options = draw_options(random), .sizes = {}};
  plan.options.segment_size_bytes = random.chance(70) ? 4096 : 16384;
  return plan;
}

struct tally {
  std::uint64_t noticed = 0;
  std::uint64_t harmless = 0;
  std::uint64_t undecidable = 0;

  void expect_all(const char* what) const {
    std::cout << what << ": " << noticed << " noticed, " << harmless << " harmless, " << undecidable
              << " undecidable\n";
    if (replayed_seed()) return;
    EXPECT_GT(noticed, 0U);
    EXPECT_TRUE(is_sanitized || harmless > 0U);  // Of a few cases it may be none.
  }
};

/// Opens what the power left, and reads all of it. `may_end_early`: nothing in the log speaks of
/// what came after the fault.
void judge(simulated_machine& machine, scenario& life, bool may_end_early, tally& counted) {
  findings& wrong = life.found();
  auto opened = engine::store_core::open(store_path, life.store().how().options, machine.around());
  if (!opened) {
    ++counted.noticed;
    if (opened.error().info().path.empty())
      wrong.add("an error that does not say where: " + opened.error().message());
    return;
  }
  const auto& told = (*opened)->report().damage;
  const auto events = check_readable((*opened)->log(), life.model(), wrong);
  const std::uint64_t gone = std::max(events.gone, life.model().last() - life.model().synced()) -
                             (life.model().last() - life.model().synced());
  if (gone > 0 && !told && !may_end_early)
    wrong.add(std::to_string(gone) + " acknowledged events are gone, and nobody says so");
  if (told || events.refused > 0) {
    ++counted.noticed;
  } else {
    ++(gone > 0 ? counted.undecidable : counted.harmless);
  }
}

/// One write of the log meets `fault`; then the store goes on for a while, or not, and the machine
/// loses power.
void live_through(scenario& life, const std::function<os::fault(scenario&)>& make, tally& counted) {
  life.take_images(false);
  life.open();
  for (std::uint64_t i = 5 + life.random().below(15); i > 0; --i) life.step();
  if (!life.store().is_open()) life.open();
  auto& disk = life.machine().disk();
  os::fault hidden = make(life);
  hidden.only = os::call_kind::write;
  hidden.path_contains = "/log/";
  disk.fail_call(1 + life.random().below(3), hidden);
  for (int i = 0; i < 4; ++i) life.append_something();
  disk.clear_faults();
  const bool goes_on = life.random().chance(60);
  for (int i = 0; goes_on && i < 4; ++i) life.append_something();
  if (life.found().any()) return;
  const auto machine = life.machine().crashed(life.random().next());
  judge(*machine, life, !goes_on, counted);
}

TEST(HiddenFaults, LostWriteIsNoticed) {
  tally counted;
  run_scenarios(200, 20'000'000, quiet_plan, [&](scenario& life) {
    live_through(
        life, [](scenario&) { return os::fault{.effect = os::fault_effect::is_lost}; }, counted);
  });
  counted.expect_all("lost writes");
}

TEST(HiddenFaults, WriteThatGoesAstrayIsNoticed) {
  tally counted;
  run_scenarios(200, 20'100'000, quiet_plan, [&](scenario& life) {
    live_through(
        life,
        [](scenario& in) {
          const auto files = in.machine().disk().files();
          auto target = files.begin();
          std::advance(target, in.random().below(files.size()));
          // A look-up for a retry may meet it while the store is open.
          in.store().how().faults_expected = true;
          return os::fault{.effect = os::fault_effect::goes_astray,
                           .to_path = target->first,
                           .to_offset = in.random().below(target->second.size() + 1)};
        },
        counted);
  });
  counted.expect_all("stray writes");
}

TEST(HiddenFaults, BitFlippedInAWriteIsNoticed) {
  tally counted;
  run_scenarios(200, 20'200'000, quiet_plan, [&](scenario& life) {
    live_through(
        life,
        [](scenario& in) {
          // A look-up for a retry may meet it while the store is open.
          in.store().how().faults_expected = true;
          return os::fault{.effect = os::fault_effect::flips_a_bit, .bit = in.random().next()};
        },
        counted);
  });
  counted.expect_all("flipped writes");
}

// A disk whose syncs mean nothing loses what was acknowledged, and no program can know. What is
// left is a part of what was submitted, from the beginning on, or said to be damaged.
TEST(HiddenFaults, SyncsThatLieLeaveAPrefixOrSaySo) {
  tally counted;
  run_scenarios(200, 20'300'000, quiet_plan, [&](scenario& life) {
    life.take_images(false);
    life.open();
    for (int i = 0; i < 5; ++i) life.append_something();
    life.take_images(false);
    os::fault lie{.effect = os::fault_effect::lies};
    lie.for_good = life.random().chance(70);
    life.machine().disk().fail_call(1 + life.random().below(4), lie);
    for (int i = 0; i < 8; ++i) {
      life.append_something();
      if (life.random().chance(30)) life.flush_something();
    }
    if (life.found().any()) return;
    const auto machine = life.machine().crashed(life.random().next());
    judge(*machine, life, true, counted);
  });
  counted.expect_all("lying syncs");
}

scenario::plan copying_plan(fake_random& random) {
  auto plan = quiet_plan(random);
  plan.options.read_mode = read_mode::copied;
  return plan;
}

// What comes from the disk wrong once is right the next time: it is an error, and nothing is done
// on the strength of it.
TEST(HiddenFaults, BitFlippedInAReadIsAnErrorAndNothingElse) {
  std::uint64_t refused = 0;
  run_scenarios(200, 20'400'000, copying_plan, [&](scenario& life) {
    life.take_images(false);
    life.open();
    for (int i = 0; i < 12; ++i) life.step();
    if (!life.store().is_open()) life.open();
    if (life.found().any()) return;
    for (std::uint64_t nth = 1; nth <= 40; ++nth) {
      life.machine().disk().fail_call(nth, {.effect = os::fault_effect::flips_a_bit,
                                            .only = os::call_kind::read,
                                            .bit = life.random().next()});
      refused += check_readable(life.store().log(), life.model(), life.found()).refused;
      life.machine().disk().clear_faults();
    }
    const auto again = check_readable(life.store().log(), life.model(), life.found());
    if (again.refused != 0) life.found().add("an error stays though the disk is right");
  });
  EXPECT_TRUE(refused > 0 || replayed_seed());
}

TEST(HiddenFaults, BitFlippedInAReadWhileOpeningLosesNothing) {
  std::uint64_t refused = 0;
  std::uint64_t opened = 0;
  run_scenarios(600, 20'500'000, copying_plan, [&](scenario& life) {
    life.take_images(false);
    life.open();
    for (std::uint64_t i = 3 + life.random().below(12); i > 0; --i) life.step();
    if (life.found().any()) return;
    const std::uint64_t must_hold = life.store().must_survive_power_loss();
    const auto machine = life.machine().crashed(life.random().next());
    machine->disk().fail_call(1 + life.random().below(25), {.effect = os::fault_effect::flips_a_bit,
                                                            .only = os::call_kind::read,
                                                            .bit = life.random().next()});
    {
      const auto first =
          engine::store_core::open(store_path, life.store().how().options, machine->around());
      machine->disk().clear_faults();
      ++(first ? opened : refused);
      if (first) {
        const auto events = check_readable((*first)->log(), life.model(), life.found());
        if (events.refused > 0) life.found().add("damage, though the disk is right");
      }
      if (first && (*first)->log().durable().value() < must_hold)
        life.found().add("opened with " + std::to_string((*first)->log().durable().value()) +
                         " of " + std::to_string(must_hold) + " acknowledged events");
    }
    store_model model = life.model();
    simulated_store later(*machine, model, life.found(), {.options = life.store().how().options});
    if (auto again = later.open(); !again)
      return life.found().add("it stays closed: " + again.error().message());
    if (model.last() < must_hold)
      life.found().add(std::to_string(model.last()) + " of " + std::to_string(must_hold) +
                       " acknowledged events are left");
  });
  std::cout << "flipped reads at opening: " << refused << " refused, " << opened << " opened\n";
}

}  // namespace
}  // namespace mainstem::test_support
