// SPDX-License-Identifier: Apache-2.0
// Random flushes, merge steps, crashes and failures, against a plain map.
#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "index/lmdb_environment.h"
#include "index/stream_index.h"
#include "index_support.h"
#include "os/posix_disk.h"

namespace mainstem::index {
namespace {

using testing::index_model;
using testing::merge_all;
using testing::open_index;
using testing::plan_flush;
using testing::planned_flush;
using testing::read_all;

index_options any_options() {
  return {.merge_fanout = *rc::gen::inRange<std::uint32_t>(2, 5),
          .events_per_row = *rc::gen::inRange<std::uint32_t>(1, 6)};
}

void run_against_model(environment_provider& provider, int steps) {
  const index_options options = any_options();
  std::mt19937_64 random(*rc::gen::arbitrary<std::uint64_t>());
  index_model model;
  auto index = open_index(provider, options);
  for (int i = 0; i < steps; ++i) {
    const auto what = random() % 10;
    if (what < 5) {
      const planned_flush flush = plan_flush(model, random, 6, 7);
      flush.apply(*index).value();
      model.accept(flush);
    } else if (what < 9) {
      index->merge_step(1 + random() % 20).value();
    } else {
      index.reset();
      index = open_index(provider, options);
    }
    if (random() % 5 == 0) read_all(index->snapshot().value(), model).value();
  }
  read_all(index->snapshot().value(), model).value();
  merge_all(*index, 5);
  read_all(index->snapshot().value(), model).value();
}

RC_GTEST_PROP(StreamIndexModel, SaysWhatAMapSaysInMemory, ()) {
  memory_provider provider;
  run_against_model(provider, *rc::gen::inRange(0, 60));
}

TEST(StreamIndexModel, SaysWhatAMapSaysInLmdb) {
  EXPECT_TRUE(rc::check([] {
    testing::scratch_folder folder;
    os::posix_disk disk;
    lmdb_provider provider(disk.open_directory(folder.path().string(), false).value());
    // Each commit waits for the disk.
    run_against_model(provider, *rc::gen::inRange(0, 9));
  }));
}

/// Images of an environment before each commit and sync, and what the index may say after a crash
/// there.
struct crash_run {
  struct image {
    std::unique_ptr<memory_provider> provider;
    position synced;
  };
  std::vector<image> images;
  std::map<std::uint64_t, index_model> models;  ///< By last position.
};

crash_run run_with_images(std::uint64_t seed, index_options options) {
  std::mt19937_64 random(seed);
  crash_run run;
  memory_provider provider;
  index_model model;
  position synced;
  provider.on_call = [&](std::string_view) { run.images.push_back({provider.clone(), synced}); };
  run.models[0] = model;
  auto index = open_index(provider, options);
  for (int i = 0; i < 12; ++i) {
    planned_flush flush = plan_flush(model, random, 4, 5);
    if (flush.parts.empty()) continue;
    flush.apply(*index).value();
    model.accept(flush);
    run.models[model.flushed.last.value()] = model;
    if (random() % 6 == 0) {
      index->sync().value();
      synced = model.flushed.last;
    }
    for (auto steps = random() % 5; steps > 0; --steps) index->merge_step(1 + random() % 9).value();
  }
  merge_all(*index, 4);
  run.images.push_back({provider.clone(), synced});
  return run;
}

void continue_after_crash(memory_provider& provider, const crash_run& run, position synced,
                          index_options options, std::mt19937_64& random) {
  auto index = open_index(provider, options);
  const position reached = index->snapshot().value().flushed().last;
  ASSERT_GE(reached, synced);
  ASSERT_EQ(run.models.count(reached.value()), 1U);
  index_model model = run.models.at(reached.value());
  read_all(index->snapshot().value(), model).value();
  const planned_flush more = plan_flush(model, random, 4, 5);
  more.apply(*index).value();
  model.accept(more);
  index->merge_step(3).value();
  read_all(index->snapshot().value(), model).value();
  merge_all(*index, 5);
  read_all(index->snapshot().value(), model).value();
}

TEST(StreamIndexCrash, ComesBackAtAFlushAndGoesOn) {
  std::size_t crashes = 0;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const index_options options{.merge_fanout = 2 + static_cast<std::uint32_t>(seed % 3),
                                .events_per_row = 2 + static_cast<std::uint32_t>(seed % 2)};
    const crash_run run = run_with_images(seed, options);
    std::mt19937_64 random(seed);
    for (const auto& image : run.images) {
      for (int again = 0; again < 3; ++again) {
        auto crashed = image.provider->clone();
        crashed->crash(random());
        continue_after_crash(*crashed, run, image.synced, options, random);
        ++crashes;
      }
    }
  }
  RecordProperty("crashes", static_cast<int>(crashes));
  EXPECT_GT(crashes, 500U);
}

/// Fails call after call of `act`, until it gets through. After each failure the index must be as
/// before.
template <class Act>
void fail_every_call(memory_provider& provider, stream_index& index, const index_model& before,
                     const Act& act) {
  const auto disk_full = error(errc::disk_full);
  for (std::uint64_t nth = 1; nth < 100000; ++nth) {
    provider.fail_call(nth, disk_full);
    const error failure = act();
    const bool reached = provider.calls() >= nth;
    provider.fail_call(0, {});
    if (!reached) {
      ASSERT_FALSE(failure.code()) << failure;
      return;
    }
    ASSERT_EQ(failure, errc::disk_full) << "call " << nth;
    read_all(index.snapshot().value(), before).value();
  }
  FAIL() << "no end";
}

template <class T>
error error_of(const result<T>& from) {
  return from ? error() : from.error();
}

TEST(StreamIndexFailure, LeavesTheIndexAsItWas) {
  memory_provider provider;
  index_model model;
  std::mt19937_64 random(3);
  auto index = open_index(provider, {.merge_fanout = 2, .events_per_row = 2});
  for (int i = 0; i < 6; ++i) {
    const planned_flush flush = plan_flush(model, random, 4, 5);
    fail_every_call(provider, *index, model, [&] { return error_of(flush.apply(*index)); });
    model.accept(flush);
  }
  bool more = true;
  while (more) {
    fail_every_call(provider, *index, model, [&] {
      auto stepped = index->merge_step(7);
      if (stepped) more = *stepped;
      return error_of(stepped);
    });
  }
  fail_every_call(provider, *index, model, [&] { return error_of(index->sync()); });
  fail_every_call(provider, *index, model, [&] {
    auto snapshot = index->snapshot();
    return snapshot ? error_of(read_all(*snapshot, model)) : snapshot.error();
  });
}

TEST(StreamIndexFailure, OpeningFailsCleanly) {
  for (std::uint64_t nth = 1;; ++nth) {
    memory_provider provider;
    auto env = provider.open("index").value();
    provider.fail_call(nth, error(errc::disk_full));
    auto opened = stream_index::open(std::move(env), testing::a_store_id(), {});
    const bool reached = provider.calls() >= nth;
    provider.fail_call(0, {});
    ASSERT_EQ(opened.has_error(), reached);
    if (!reached) break;
    ASSERT_EQ(opened.error(), errc::disk_full);
    read_all(open_index(provider)->snapshot().value(), {}).value();
  }
}

}  // namespace
}  // namespace mainstem::index
