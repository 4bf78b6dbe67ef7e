// SPDX-License-Identifier: Apache-2.0
#include <mainstem/testing/every_step.h>

#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace ms = mainstem;
namespace mt = mainstem::testing;

namespace {

const ms::stream_name stream("thing-1");

struct told {
  std::vector<ms::append_request> submitted;
  std::size_t acknowledged = 0;
};

void append_three(mt::simulated_disk& disk, told& known) {
  auto store = mt::open(disk, "s").value();
  for (std::uint64_t i = 0; i < 3; ++i) {
    known.submitted.push_back(ms::append_request().write(
        stream, ms::exactly(ms::version(i)), ms::event_data("e", ms::text(std::to_string(i)))));
    if (!store.append(known.submitted.back()).value().succeeded()) return;
    ++known.acknowledged;
  }
}

std::string compare(mt::simulated_disk& left, const told& known) {
  return mt::compare_with(mt::open(left, "s").value(), known.submitted, known.acknowledged);
}

TEST(EveryStep, FindsNothingWrongWithTheStoreItself) {
  const auto crashed = mt::crash_at_every_step<told>(append_three, compare);
  EXPECT_TRUE(crashed.ok()) << crashed;
  EXPECT_GT(crashed.steps, 15U);
  EXPECT_EQ(crashed.checks, crashed.steps * 3);
  for (const auto& how : {mt::fault{}, mt::fault{.error = ENOSPC, .for_good = true},
                          mt::fault{.effect = mt::fault_effect::fails_halfway}}) {
    const auto failed = mt::fail_at_every_step<told>(append_three, compare, how);
    EXPECT_TRUE(failed.ok()) << failed;
    EXPECT_GT(failed.steps, 15U);
  }
}

// A service that says "done" before the disk has it.
void append_hastily(mt::simulated_disk& disk, told& known) {
  auto options = mt::small_store();
  options.buffered_sync_interval = std::chrono::hours(1);
  auto store = mt::open(disk, "s", options).value();
  known.submitted.push_back(
      ms::append_request().write(stream, ms::no_stream, ms::event_data("e", ms::text("x"))));
  if (store.append(known.submitted.back(), {ms::durability::buffered}).value().succeeded())
    ++known.acknowledged;
}

TEST(EveryStep, FindsAPromiseThatALossOfPowerBreaks) {
  mt::step_options options;
  options.power_losses = 8;
  // The store's threads take other turns each time: the one step that matters may be passed over.
  mt::step_report report;
  for (options.seed = 1; options.seed <= 20 && report.ok(); ++options.seed)
    report = mt::crash_at_every_step<told>(append_hastily, compare, options);
  ASSERT_FALSE(report.ok());
  EXPECT_NE(report.finding->find("power lost at step "), std::string::npos) << *report.finding;
  EXPECT_NE(report.finding->find("but 1 were acknowledged"), std::string::npos) << *report.finding;
  EXPECT_NE(report.finding->find("MAINSTEM_STEP="), std::string::npos) << *report.finding;
}

TEST(EveryStep, RerunsTheStepThatTheEnvironmentNames) {
  ASSERT_EQ(setenv("MAINSTEM_STEP", "7", 1), 0);
  std::vector<std::uint64_t> seen;
  const auto report = mt::crash_at_every_step<told>(
      append_three, [&](mt::simulated_disk&, const told&, const mt::interruption& at) {
        seen.push_back(at.step);
      });
  ASSERT_EQ(unsetenv("MAINSTEM_STEP"), 0);
  EXPECT_EQ(report.steps, 1U);
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{7, 7, 7}));
}

TEST(EveryStep, TakesExceptionsOfTheCheckForFindings) {
  const auto report = mt::crash_at_every_step<told>(
      append_three, [](mt::simulated_disk&, const told&) { throw std::runtime_error("no good"); });
  ASSERT_FALSE(report.ok());
  EXPECT_NE(report.finding->find("no good"), std::string::npos);
  std::ostringstream text;
  text << report;
  EXPECT_NE(text.str().find("1 steps, 1 checks: process killed at step 1"), std::string::npos)
      << text.str();
}

TEST(EveryStep, SaysThatAScenarioFailsByItself) {
  const auto report = mt::crash_at_every_step<told>(
      [](mt::simulated_disk&, told&) { throw std::runtime_error("broken"); },
      [](mt::simulated_disk&, const told&) {});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(*report.finding, "without any interruption: broken");
}

TEST(EveryStep, StopsWhenItIsTold) {
  mt::step_options options;
  options.should_stop = [] { return true; };
  const auto report = mt::crash_at_every_step<told>(append_three, compare, options);
  EXPECT_EQ(report.steps, 1U);
  EXPECT_FALSE(report.ok());
}

// A consumer's checkpoint is in the index's machinery and not on the disk: it has to be cut off by
// the loss of power as well.
TEST(EveryStep, CutsTheIndexOffAsWell) {
  const auto report = mt::crash_at_every_step<std::uint64_t>(
      [](mt::simulated_disk& disk, std::uint64_t& saved) {
        auto store = mt::open(disk, "s").value();
        for (std::uint64_t i = 1; i <= 2; ++i) {
          store.append(stream, ms::any, ms::event_data("e", ms::text("x"))).value();
          store.save_checkpoint("reader", ms::position(i)).value();
          saved = i;
        }
      },
      [](mt::simulated_disk& left, const std::uint64_t& saved) -> std::string {
        const auto store = mt::open(left, "s").value();
        const auto found = store.checkpoint("reader").value().value_or(ms::position{});
        return found.value() < saved ? "a checkpoint is gone" : "";
      });
  EXPECT_TRUE(report.ok()) << report;
}

TEST(CompareWith, SaysWhatDiffers) {
  mt::simulated_disk disk;
  told known;
  append_three(disk, known);
  const auto store = mt::open(disk, "s").value();
  EXPECT_EQ(mt::compare_with(store, known.submitted, 3), "");
  EXPECT_EQ(mt::compare_with(store, std::span(known.submitted).first(2), 2),
            "there are more events than were submitted");
  auto more = known.submitted;
  more.push_back(known.submitted.front());
  EXPECT_EQ(mt::compare_with(store, more, 3), "");
  EXPECT_EQ(mt::compare_with(store, more, 4), "there are 3 events, but 4 were acknowledged");
  std::swap(more[0], more[1]);
  EXPECT_EQ(mt::compare_with(store, more, 3), "position 1: wrong id");
  const auto both = ms::append_request().write(
      stream, ms::any,
      {known.submitted[0].writes()[0].events[0], known.submitted[1].writes()[0].events[0],
       known.submitted[2].writes()[0].events[0], ms::event_data("e", ms::text("3"))});
  EXPECT_EQ(mt::compare_with(store, std::span(&both, 1), 0),
            "there are 3 events: a commit is there in part");
}

}  // namespace
