// SPDX-License-Identifier: Apache-2.0
#include "index/memory_environment.h"

#include <map>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "index/memory_table.h"
#include "index_support.h"

namespace mainstem::index {
namespace {

void put(environment& env, std::string_view key, std::string_view value) {
  auto writing = env.begin_write().value();
  writing->put(table::heads, as_bytes(key), as_bytes(value), false).value();
  writing->commit().value();
}

std::string get(environment_provider& from, std::string_view key) {
  auto env = from.open("one").value();
  auto reading = env->begin_read().value();
  const auto found = reading->get(table::heads, as_bytes(key)).value();
  return found ? std::string(as_text(*found)) : "(nothing)";
}

TEST(MemoryProvider, CrashBringsBackAnyStateSinceTheLastSync) {
  memory_provider original;
  auto env = original.open("one").value();
  put(*env, "a", "1");
  put(*env, "a", "2");
  env->sync().value();
  put(*env, "a", "3");
  put(*env, "a", "4");
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const auto image = original.clone();
    image->crash(seed);
    seen.insert(get(*image, "a"));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"2", "3", "4"}));
  EXPECT_EQ(get(original, "a"), "4");
}

TEST(MemoryProvider, CrashAfterASyncLosesNothing) {
  memory_provider provider;
  auto env = provider.open("one").value();
  put(*env, "a", "1");
  env->sync().value();
  provider.crash(7);
  EXPECT_EQ(get(provider, "a"), "1");
}

TEST(MemoryProvider, WhatIsOpenAcrossACrashIsSeenNoMore) {
  memory_provider provider;
  auto env = provider.open("one").value();
  put(*env, "a", "1");
  env->sync().value();
  provider.crash(7);
  put(*env, "a", "2");
  EXPECT_EQ(get(provider, "a"), "1");
}

TEST(MemoryProvider, ClonesGoTheirOwnWays) {
  memory_provider original;
  put(*original.open("one").value(), "a", "1");
  const auto copy = original.clone();
  put(*copy->open("one").value(), "a", "2");
  put(*original.open("one").value(), "b", "3");
  EXPECT_EQ(get(original, "a"), "1");
  EXPECT_EQ(get(*copy, "a"), "2");
  EXPECT_EQ(get(*copy, "b"), "(nothing)");
}

TEST(MemoryProvider, LosesAnEnvironment) {
  memory_provider provider;
  put(*provider.open("one").value(), "a", "1");
  provider.lose("one");
  provider.lose("never there");
  EXPECT_EQ(get(provider, "a"), "(nothing)");
}

TEST(MemoryProvider, FailsTheCallThatItWasTold) {
  memory_provider provider;
  auto env = provider.open("one").value();
  provider.fail_call(3, error(errc::disk_full));
  auto writing = env->begin_write().value();
  writing->put(table::heads, as_bytes("a"), as_bytes("1"), false).value();
  EXPECT_EQ(writing->commit().error(), errc::disk_full);
  writing.reset();
  EXPECT_EQ(provider.calls(), 3U);
  EXPECT_EQ(get(provider, "a"), "(nothing)");
}

TEST(MemoryProvider, FailsForGoodIfItWasTold) {
  memory_provider provider;
  auto env = provider.open("one").value();
  provider.fail_call(2, error(errc::disk_full), true);
  EXPECT_TRUE(env->begin_read().has_value());
  EXPECT_EQ(env->sync().error(), errc::disk_full);
  EXPECT_EQ(env->begin_write().error(), errc::disk_full);
  EXPECT_EQ(provider.open("one").error(), errc::disk_full);
  provider.fail_call(0, {});
  EXPECT_TRUE(env->begin_write().has_value());
}

TEST(MemoryProvider, CallsTheHookBeforeAnythingIsDone) {
  memory_provider provider;
  std::vector<std::string> calls;
  provider.on_call = [&](std::string_view call) {
    calls.push_back(std::string(call) + " at " + get(provider, "a"));
  };
  auto env = provider.open("one").value();
  put(*env, "a", "1");
  env->sync().value();
  EXPECT_EQ(calls, (std::vector<std::string>{"commit at (nothing)", "sync at 1"}));
}

TEST(MemoryProvider, TampersWithWhatIsCommitted) {
  memory_provider provider;
  put(*provider.open("one").value(), "a", "1");
  provider.tamper("one", table::heads, as_bytes("a"), as_bytes("x"));
  EXPECT_EQ(get(provider, "a"), "x");
  provider.tamper("one", table::heads, as_bytes("a"), std::nullopt);
  EXPECT_EQ(get(provider, "a"), "(nothing)");
}

std::map<std::string, std::string> contents(const memory_table& from) {
  std::map<std::string, std::string> all;
  for (auto at = from.find({}); at != from.end(); at = from.after(at)) {
    all.emplace(from.at(at).key, from.at(at).value);
  }
  return all;
}

RC_GTEST_PROP(MemoryTable, HoldsWhatAMapHolds, ()) {
  std::vector<memory_table> tables(1);
  std::vector<std::map<std::string, std::string>> models(1);
  const int steps = *rc::gen::inRange(0, 400);
  for (int i = 0; i < steps; ++i) {
    // Rarely, the table is copied, and only the copy goes on.
    if (*rc::gen::inRange(0, 40) == 0) {
      tables.push_back(memory_table(tables.back()));
      models.push_back(models.back());
    }
    const std::string key = std::to_string(*rc::gen::inRange(0, 150));
    if (*rc::gen::inRange(0, 3) == 0) {
      tables.back().erase(key);
      models.back().erase(key);
    } else {
      tables.back().put(key, std::to_string(i));
      models.back()[key] = std::to_string(i);
    }
  }
  for (std::size_t i = 0; i < tables.size(); ++i) RC_ASSERT(contents(tables[i]) == models[i]);
  const std::string key = std::to_string(*rc::gen::inRange(0, 150));
  const auto found = tables.back().find(key);
  const auto expected = models.back().lower_bound(key);
  RC_ASSERT((found == tables.back().end()) == (expected == models.back().end()));
  if (expected != models.back().end()) RC_ASSERT(tables.back().at(found).key == expected->first);
  const auto before = tables.back().before(found);
  RC_ASSERT((before == tables.back().end()) == (expected == models.back().begin()));
}

}  // namespace
}  // namespace mainstem::index
