// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scenario.h"

namespace mainstem::test_support {
namespace {

/// Images of whatever the index and what is kept beside it are asked for, and few others.
scenario::plan plan_around_the_index(fake_random& random) {
  scenario::plan plan{.options = draw_options(random), .sizes = {}};
  plan.image_percent = 5;
  plan.index_image_percent = 100;
  return plan;
}

TEST(CrashStates, HoldUnderAMixedLoad) {
  run_scenarios(50, 1'000'000, [](fake_random& random) {
    scenario::plan plan{.options = draw_options(random), .sizes = {}};
    plan.keeps_meanwhile = true;
    return plan;
  });
}

TEST(CrashStates, HoldWhileSegmentsChange) {
  run_scenarios(50, 2'000'000, [](fake_random& random) {
    scenario::plan plan{.options = draw_options(random), .sizes = {.payload_bytes = 500}};
    plan.options.segment_size_bytes = 4096;
    plan.index_weight = 2;
    plan.keeps_meanwhile = true;
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

TEST(CrashStates, HoldWhileTheIndexIsMerged) {
  run_scenarios(
      130, 3'500'000,
      [](fake_random& random) {
        scenario::plan plan{.options = draw_options(random), .sizes = {.payload_bytes = 16}};
        plan.options.index_flush_events = 2;
        plan.index_image_percent = 100;
        return plan;
      },
      [](scenario& life) {
        life.open();
        for (int i = 0; i < 8 && !life.found().any(); ++i) {
          life.take_images(false);
          for (int j = 0; j < 6; ++j) life.flush_something();
          life.take_images(true);
          while (!life.found().any() && life.store().merge_index()) continue;
        }
      });
}

TEST(CrashStates, HoldUnderBufferedAppends) {
  run_scenarios(75, 3'800'000, [](fake_random& random) {
    scenario::plan plan{.options = draw_options(random), .sizes = {}};
    plan.synced_percent = 5;
    plan.image_percent = 100;
    plan.keeps_meanwhile = true;
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

TEST(CrashStates, HoldWhileTheIndexIsRebuilt) {
  run_scenarios(
      40, 5'500'000,
      [](fake_random& random) {
        scenario::plan plan = plan_around_the_index(random);
        plan.options.index_flush_events = 2 + random.below(6);
        return plan;
      },
      [](scenario& life) {
        life.open();
        for (int i = 0; i < 40 && !life.found().any(); ++i) {
          life.step();
          if (i % 10 == 9 && !life.found().any()) life.lose_index();
        }
        if (!life.found().any()) life.check_contents();
      });
}

TEST(CrashStates, HoldWhileCheckpointsAreSaved) {
  run_scenarios(20, 5'800'000, plan_around_the_index, [](scenario& life) {
    life.open();
    for (int i = 0; i < 40 && !life.found().any(); ++i) {
      life.step();
      if (!life.found().any()) life.save_checkpoint();
    }
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
