// SPDX-License-Identifier: Apache-2.0
#include <mainstem/backup.h>
#include <mainstem/inspect.h>
#include <mainstem/repair.h>
#include <mainstem/verify.h>

#include <gtest/gtest.h>

#include <thread>

#include "api_support.h"

// The tools for the worst day as a program calls them, from inside the process that has the store
// open.
namespace mainstem::api::test {
namespace {

TEST(Backup, OfAStoreThatThisProcessIsWriting) {
  const temporary_folder folder;
  store log = store::open(folder / "store", quiet_options()).value();
  fill(log, 1, 50);
  log.save_checkpoint("mail", position(7)).value();
  std::jthread writer([&log](const std::stop_token& stop) {
    for (std::uint64_t number = 1000; !stop.stop_requested(); number += 10) fill(log, number, 10);
  });
  for (int round = 0; round < 5; ++round) {
    const auto made = backup(log, folder / "copy");
    ASSERT_TRUE(made.has_value()) << made.error();
    EXPECT_GE(made->up_to, position(50));
    EXPECT_EQ(made->checkpoints, 1U);
    const auto checked = verify(folder / "copy").value();
    EXPECT_TRUE(checked.clean());
    EXPECT_EQ(checked.last_position, made->up_to);
    EXPECT_EQ(checked.log_digest, made->log_digest);
  }
  writer.request_stop();
  writer.join();
  const auto made = backup(log, folder / "copy").value();
  EXPECT_EQ(made.up_to, log.info().durable);
  restore(folder / "copy", folder / "again").value();
  const store again = store::open(folder / "again", quiet_options()).value();
  EXPECT_EQ(all_of(again), all_of(log));
  EXPECT_EQ(again.checkpoint("mail").value(), position(7));
}

TEST(Backup, OfAStoreThatIsReadAlong) {
  const temporary_folder folder;
  {
    store log = store::open(folder / "store", quiet_options()).value();
    fill(log, 1, 20);
  }
  const store follower = store::open_read_only(folder / "store").value();
  EXPECT_EQ(backup(follower, folder / "copy").value().up_to, position(20));
}

TEST(Backup, OfAStoreThatWasClosed) {
  const temporary_folder folder;
  store log = store::open(folder / "store", quiet_options()).value();
  log.close().value();
  EXPECT_EQ(backup(log, folder / "copy").error(), errc::store_closed);
}

// LMDB must not be opened twice in one process: whoever has the store open is told so.
TEST(ByItsFolder, AStoreThatThisProcessHasOpenIsLocked) {
  const temporary_folder folder;
  store log = store::open(folder / "store", quiet_options()).value();
  fill(log, 1, 20);
  EXPECT_EQ(verify(folder / "store").error(), errc::store_locked);
  EXPECT_EQ(backup(folder / "store", folder / "copy").error(), errc::store_locked);
  EXPECT_EQ(repair(folder / "store", folder / "new").error(), errc::store_locked);
  const auto log_only = verify(folder / "store", {.derived = false});
  ASSERT_TRUE(log_only.has_value()) << log_only.error();
  EXPECT_EQ(log_only->events, 20U);
  const auto described = describe_store(folder / "store");
  ASSERT_TRUE(described.has_value());
  EXPECT_TRUE(described->is_locked);
  EXPECT_NE(described->lock_holder.find("pid"), std::string::npos);
  EXPECT_EQ(dump_event(folder / "store", position(3))->lines.front().name, "commit");
}

TEST(Verify, NamesEveryKindOfFinding) {
  for (int kind = 1; kind <= 13; ++kind)
    EXPECT_NE(to_string(static_cast<finding_kind>(kind)), "unknown") << kind;
  EXPECT_EQ(to_string(static_cast<finding_kind>(14)), "unknown");
}

}  // namespace
}  // namespace mainstem::api::test
