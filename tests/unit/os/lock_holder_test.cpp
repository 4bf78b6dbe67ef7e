// SPDX-License-Identifier: Apache-2.0
#include "os/lock_holder.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace mainstem::os {
namespace {

TEST(LockHolder, ReadsBackWhatItWrites) {
  const lock_holder holder{.host = "river-7", .pid = 4711, .start_time = "2026-11-22T10:00:00Z"};
  EXPECT_EQ(lock_file_text(holder), "host river-7\npid 4711\nsince 2026-11-22T10:00:00Z\n");
  const auto parsed = parse_lock_file(lock_file_text(holder));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->host, "river-7");
  EXPECT_EQ(parsed->pid, 4711);
  EXPECT_EQ(parsed->start_time, "2026-11-22T10:00:00Z");
}

TEST(LockHolder, IsThisProcessWithATimeInUtc) {
  const lock_holder holder = this_process();
  EXPECT_EQ(holder.pid, ::getpid());
  EXPECT_FALSE(holder.host.empty());
  std::string shape = holder.start_time;
  std::replace_if(
      shape.begin(), shape.end(), [](unsigned char c) { return std::isdigit(c) != 0; }, '0');
  EXPECT_EQ(shape, "0000-00-00T00:00:00Z");
  EXPECT_TRUE(parse_lock_file(lock_file_text(holder)));
}

TEST(LockHolder, IsNotReadFromDamagedText) {
  for (const char* text :
       {"", "\n", "host", "host \npid 1\nsince t\n", "host a\npid 1\nsince t",
        "host a\npid x\nsince t\n", "host a\npid 1x\nsince t\n", "host a\npid -1\nsince t\n",
        "host a\npid 0\nsince t\n", "host a\npid 99999999999999999999\nsince t\n",
        "pid 1\nhost a\nsince t\n", "host a b\npid 1\nsince t\n",
        "host \x1b[2J\npid 1\nsince t\n"}) {
    EXPECT_FALSE(parse_lock_file(text)) << text;
  }
}

RC_GTEST_PROP(LockHolder, SurvivesAnyText, (const std::string& text)) {
  if (const auto parsed = parse_lock_file(text)) RC_ASSERT(parsed->pid > 0);
}

TEST(LockHolder, IsNamedInTheErrorWithTheWayOut) {
  const error named =
      locked_error("dir/lock", "host river-7\npid 12\nsince 2026-11-22T10:00:00Z\n");
  EXPECT_EQ(named, errc::store_locked);
  EXPECT_EQ(named.info().path, "dir/lock");
  EXPECT_EQ(named.info().detail,
            "the store is open for writing in process 12 on host river-7 since "
            "2026-11-22T10:00:00Z; close it there first");
  const error unnamed = locked_error("dir/lock", "");
  EXPECT_EQ(unnamed, errc::store_locked);
  EXPECT_EQ(unnamed.info().detail,
            "the store is open for writing elsewhere (the lock file does not say where); close it "
            "there first");
}

}  // namespace
}  // namespace mainstem::os
