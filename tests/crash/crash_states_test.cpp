// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scenario.h"

namespace mainstem::test_support {
namespace {

TEST(CrashStates, HoldUnderAMixedLoad) {
  run_scenarios(50, 1'000'000, [](fake_random& random) {
    return scenario::plan{.options = draw_options(random), .sizes = {}};
  });
}

TEST(CrashStates, HoldWhileSegmentsChange) {
  run_scenarios(50, 2'000'000, [](fake_random& random) {
    scenario::plan plan{.options = draw_options(random), .sizes = {.payload_bytes = 500}};
    plan.options.segment_size_bytes = 4096;
    plan.index_weight = 2;
    return plan;
  });
}

TEST(CrashStates, HoldWhileTheIndexIsFlushedAndMerged) {
  run_scenarios(100, 3'000'000, [](fake_random& random) {
    scenario::plan plan{.options = draw_options(random), .sizes = {.payload_bytes = 16}};
    plan.options.index_flush_events = 2 + random.below(3);
    plan.index_weight = 70;
    plan.image_percent = 5;
    plan.index_image_percent = 100;
    return plan;
  });
}

TEST(CrashStates, HoldWhileStoresAreMade) {
  run_scenarios(25, 4'000'000, [](fake_random& random) {
    scenario::plan plan{.options = draw_options(random), .sizes = {}};
    plan.steps = 4;
    plan.image_percent = 60;
    return plan;
  });
}

TEST(CrashStates, HoldThroughManyShortLives) {
  run_scenarios(15, 5'000'000, [](fake_random& random) {
    scenario::plan plan{.options = draw_options(random), .sizes = {}};
    plan.ending_percent = 40;
    return plan;
  });
}

}  // namespace
}  // namespace mainstem::test_support
