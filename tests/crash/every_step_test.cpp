// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

#include "engine/follower_core.h"
#include "generous_disk.h"
#include "os/system_error.h"
#include "scenario.h"
#include "support/scarce_memory.h"
#include "support/store_check.h"

// One thing that a store does, again and again: with its first call of the disk or of the index
// failing, with its second, and so on, until it needs no more calls than that.
namespace mainstem::test_support {
namespace {

constexpr std::uint64_t step_stride = is_sanitized ? 6 : 1;

struct deed {
  const char* name;
  void (*prepare)(scenario& life);  ///< On an open store.
  void (*act)(scenario& life);
};

void append_until_segment_changes(scenario& life) {
  const std::uint32_t before = life.store().core().pipeline().spare_number();
  for (int i = 0; i < 60 && life.store().is_open() && !life.store().has_failed(); ++i) {
    life.append_some();
    if (life.store().core().pipeline().spare_number() != before) break;
  }
  life.store().submit_flush();
  life.store().write_all();
}

void follow(scenario& life) {
  const auto around = life.machine().around();
  auto opened = in_engine(
      [&] { return engine::follower_core::open(store_path, life.store().how().options, around); });
  if (!opened) return;
  for (const auto how :
       {engine::follower_core::look::quick, engine::follower_core::look::thorough}) {
    if (!in_engine([&] { return (*opened)->advance(how); })) break;
  }
  // What it has taken over is right, whatever failed on the way; and it goes on.
  life.machine().disk().clear_faults();
  life.machine().index().fail_call(0, errc::store_failed);
  scarce_memory::here().fails = 0;
  auto advanced = (*opened)->advance(engine::follower_core::look::thorough);
  if (!advanced) return life.found().add("a follower stops: " + advanced.error().message());
  if ((*opened)->log().durable() != life.store().log().durable())
    life.found().add("a follower stays behind");
  check_contents((*opened)->log(), life.model(), visibility::durable, life.found());
}

constexpr auto nothing = [](scenario&) {};

const std::array deeds{
    deed{"append", nothing, [](scenario& life) { life.append_something(); }},
    deed{"group of several", nothing,
         [](scenario& life) {
           life.append_some();
           life.store().begin_write();
           for (int i = 0; i < 4; ++i) life.append_some();
           life.store().end_write();
           life.append_something();
         }},
    deed{"segment change", nothing, append_until_segment_changes},
    deed{"seal", append_until_segment_changes, [](scenario& life) { life.store().seal(); }},
    deed{"index flush", [](scenario& life) { life.append_something(); },
         [](scenario& life) { life.flush_something(); }},
    deed{"index merge",
         [](scenario& life) {
           for (int i = 0; i < 8; ++i) life.flush_something();
         },
         [](scenario& life) {
           while (life.store().merge_index()) continue;
         }},
    deed{"named checkpoint", [](scenario& life) { life.append_something(); },
         [](scenario& life) {
           life.save_checkpoint();
           life.save_checkpoint();
         }},
    deed{"close", [](scenario& life) { life.append_some(); },
         [](scenario& life) { life.store().close(); }},
    deed{"open after closing", [](scenario& life) { life.store().close(); },
         [](scenario& life) { life.open(); }},
    deed{"open after a kill",
         [](scenario& life) {
           for (int i = 0; i < 3; ++i) life.append_some();
           life.store().kill();
         },
         [](scenario& life) { life.open(); }},
    deed{"open after a loss of power",
         [](scenario& life) {
           for (int i = 0; i < 3; ++i) life.append_some();
           life.cut_power();
         },
         [](scenario& life) { life.open(); }},
    deed{"open without the index",
         [](scenario& life) {
           append_until_segment_changes(life);
           life.store().kill_and_lose_index();
         },
         [](scenario& life) { life.open(); }},
    deed{"follow", [](scenario& life) { life.flush_something(); }, follow},
};

enum class where { disk, index, memory };

struct failure {
  const char* name;
  where in;
  os::fault how;
};

const std::array failures{
    failure{"EIO", where::disk, {.error = EIO}},
    failure{"EIO for good", where::disk, {.error = EIO, .for_good = true}},
    failure{"EIO after half of it",
            where::disk,
            {.error = EIO, .effect = os::fault_effect::fails_halfway}},
    failure{"ENOSPC", where::disk, {.error = ENOSPC}},
    failure{"EMFILE for good", where::disk, {.error = EMFILE, .for_good = true}},
    failure{"EIO of the index", where::index, {.error = EIO}},
    failure{"ENOSPC of the index for good", where::index, {.error = ENOSPC, .for_good = true}},
    failure{"no memory", where::memory, {.error = ENOMEM}},
    failure{"no memory for good", where::memory, {.error = ENOMEM, .for_good = true}},
};

std::uint64_t calls_of(scenario& life, where in) {
  if (in == where::memory) return scarce_memory::here().calls;
  return in == where::disk ? life.machine().disk().calls() : life.machine().index().calls();
}

void arm(scenario& life, const failure& what, std::uint64_t nth) {
  if (what.in == where::memory) {
    scarce_memory::here().calls = 0;
    scarce_memory::here().fails = nth;
    scarce_memory::here().for_good = what.how.for_good;
    life.store().how().only_fault = errc::out_of_memory;
    return;
  }
  if (what.in == where::disk) return life.machine().disk().fail_call(nth, what.how);
  life.machine().index().fail_call(nth,
                                   what.how.error == ENOSPC
                                       ? error(errc::disk_full, "simulated")
                                       : os::system_error(what.how.error, "use the index in", "/"),
                                   what.how.for_good);
}

/// There is memory again: the same store goes on, unless it has failed.
void go_on_with_memory(scenario& life) {
  scarce_memory::here().fails = 0;
  life.store().how().only_fault.reset();
  if (!life.store().is_open() || life.store().has_failed()) return;
  life.store().how().faults_expected = false;
  life.store().write_all();
  life.flush_something();
  life.append_something();
  life.check_contents();
}

/// @returns how many calls it made.
std::uint64_t run_once(const deed& what, const failure& fails, std::uint64_t nth,
                       const std::string& name) {
  scenario::plan plan;
  plan.options.segment_size_bytes = 4096;
  plan.options.index_flush_events = 4;
  plan.sizes.payload_bytes = 200;
  scenario life(17, plan, total_count());
  life.take_images(false);
  std::optional<generous_disk> kernel(life.machine().disk());
  if (fails.in == where::memory) life.machine().set_front(&*kernel);
  life.open();
  for (int i = 0; i < 6; ++i) life.append_some();
  what.prepare(life);
  kernel.emplace(life.machine().disk());  // The machine may be another one by now.
  if (fails.in == where::memory) life.machine().set_front(&*kernel);
  EXPECT_FALSE(life.found().any()) << name << ", before any fault:\n" << life.found().text();

  life.store().how().faults_expected = true;
  const std::uint64_t before = fails.in == where::disk ? calls_of(life, fails.in) : 0;
  arm(life, fails, nth);
  what.act(life);
  const std::uint64_t made = calls_of(life, fails.in) - before;
  if (fails.in == where::memory) go_on_with_memory(life);
  life.expect_healthy();
  EXPECT_FALSE(life.found().any())
      << name << ", with call " << nth << " of " << made << " failing:\n"
      << life.found().text();
  return made;
}

class EveryStep : public testing::TestWithParam<std::size_t> {};

TEST_P(EveryStep, FailsWithoutHarm) {
  const deed& what = deeds[GetParam()];
  std::uint64_t failed = 0;
  for (const failure& fails : failures) {
    const std::string name = std::string(what.name) + ", " + fails.name;
    std::uint64_t nth = 1;
    while (run_once(what, fails, nth, name) >= nth && !HasFailure()) nth += step_stride;
    RecordProperty(fails.name, std::to_string((nth - 1) / step_stride));
    ASSERT_FALSE(HasFailure());
    failed += (nth - 1) / step_stride;
  }
  EXPECT_GT(failed, 0U) << "nothing was made to fail";
}

INSTANTIATE_TEST_SUITE_P(Of, EveryStep, testing::Range<std::size_t>(0, deeds.size()),
                         [](const auto& which) {
                           std::string name = deeds[which.param].name;
                           std::ranges::replace(name, ' ', '_');
                           return name;
                         });

}  // namespace
}  // namespace mainstem::test_support
