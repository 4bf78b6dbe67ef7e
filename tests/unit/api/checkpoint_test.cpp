// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "api_support.h"
#include "other_process.h"

// Named checkpoints: store::save_checkpoint() and the functions beside it.
namespace mainstem::api::test {
namespace {

namespace fs = std::filesystem;

std::string listed(const store& log) {
  std::string text;
  for (const auto& [consumer, at] : log.checkpoints().value()) {
    if (!text.empty()) text += ' ';
    text += consumer + ':' + std::to_string(at.value());
  }
  return text;
}

class Checkpoint : public testing::Test {
 protected:
  temporary_folder folder;
  fs::path path = folder / "store";
  std::optional<store> opened = store::open(path, quiet_options()).value();
  store& log = *opened;

  void SetUp() override { fill(log, 1, 20); }
  void reopen() {
    log.close().value();
    opened.emplace(store::open(path, quiet_options()).value());
  }
};

TEST_F(Checkpoint, IsWhatWasSavedLast) {
  EXPECT_FALSE(log.checkpoint("mail").value());
  log.save_checkpoint("mail", position(7)).value();
  EXPECT_EQ(log.checkpoint("mail").value(), position(7));
  log.save_checkpoint("mail", position(20)).value();
  EXPECT_EQ(log.checkpoint("mail").value(), position(20));
  log.save_checkpoint("mail", position(3)).value();
  EXPECT_EQ(log.checkpoint("mail").value(), position(3)) << "a consumer may go back";
  log.save_checkpoint("mail", position(0)).value();
  EXPECT_EQ(log.checkpoint("mail").value(), position(0)) << "which is not the same as none";
}

TEST_F(Checkpoint, IsTheConsumersOwn) {
  log.save_checkpoint("mail", position(1)).value();
  log.save_checkpoint("ledger", position(2)).value();
  log.save_checkpoint(std::string(255, 'z'), position(3)).value();
  EXPECT_EQ(listed(log), "ledger:2 mail:1 " + std::string(255, 'z') + ":3");
  log.forget_checkpoint("mail").value();
  log.forget_checkpoint("never was").value();
  EXPECT_FALSE(log.checkpoint("mail").value());
  EXPECT_EQ(listed(log), "ledger:2 " + std::string(255, 'z') + ":3");
}

TEST_F(Checkpoint, SurvivesReopeningAndTheLossOfTheIndex) {
  log.save_checkpoint("mail", position(7)).value();
  reopen();
  EXPECT_EQ(log.checkpoint("mail").value(), position(7));
  log.close().value();
  fs::remove_all(path / "index");
  fs::remove(path / "control");
  opened.emplace(store::open(path, quiet_options()).value());
  EXPECT_EQ(log.checkpoint("mail").value(), position(7));
}

TEST_F(Checkpoint, MustBeDurable) {
  const auto refused = log.save_checkpoint("mail", position(21));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), errc::invalid_argument);
  EXPECT_EQ(refused.error().info().detail, "position 21 is not durable: the log is at 20");
  log.append(stream_name("a"), any, numbered(21), {.durability = durability::buffered}).value();
  EXPECT_EQ(log.save_checkpoint("mail", position(21)).error(), errc::invalid_argument);
  log.flush().value();
  EXPECT_TRUE(log.save_checkpoint("mail", position(21)));
}

TEST_F(Checkpoint, NeedsAName) {
  for (const std::string& name :
       {std::string(), std::string(256, 'x'), std::string("\xff"), std::string("$mine")}) {
    EXPECT_EQ(log.save_checkpoint(name, position(1)).error(), errc::invalid_argument);
    EXPECT_EQ(log.forget_checkpoint(name).error(), errc::invalid_argument);
  }
}

TEST_F(Checkpoint, AnswersThatTheStoreIsClosed) {
  log.close().value();
  EXPECT_EQ(log.save_checkpoint("mail", position(1)).error(), errc::store_closed);
  EXPECT_EQ(log.checkpoint("mail").error(), errc::store_closed);
  EXPECT_EQ(log.checkpoints().error(), errc::store_closed);
  EXPECT_EQ(log.forget_checkpoint("mail").error(), errc::store_closed);
}

// What a consumer has seen must not be given to other events: the log has lost something.
TEST_F(Checkpoint, IsEvidenceOfEventsThatAreGone) {
  log.save_checkpoint("mail", position(20)).value();
  log.close().value();
  fs::remove_all(path / "index");
  fs::remove(path / "control");
  fs::remove_all(path / "log");
  fs::create_directory(path / "log");
  const auto refused = store::open(path, quiet_options());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), errc::store_damaged) << refused.error();
  EXPECT_EQ(refused.error().info().last_position, 20U) << refused.error();
  auto accepting = quiet_options();
  accepting.accept_loss = true;
  auto given_up = store::open(path, accepting).value();
  EXPECT_EQ(append(given_up, "a", any, {30}), "committed 21..21 a@1") << "no position twice";
}

TEST_F(Checkpoint, SaysWhatToDoWhenTheFolderIsDamaged) {
  log.save_checkpoint("mail", position(7)).value();
  log.close().value();
  fs::resize_file(path / "state" / "data.mdb", 100);
  opened.emplace(store::open(path, quiet_options()).value());
  EXPECT_EQ(append(log, "a", any, {30}), "committed 21..21 a@1") << "the log does not need it";
  const auto lost = log.checkpoint("mail");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error(), errc::corrupt_state);
  EXPECT_NE(lost.error().message().find("Put the folder `state` back from a copy"),
            std::string::npos)
      << lost.error();
  EXPECT_EQ(log.save_checkpoint("mail", position(1)).error(), errc::corrupt_state);
  EXPECT_EQ(log.checkpoints().error(), errc::corrupt_state);
  log.close().value();
  fs::remove_all(path / "state");
  opened.emplace(store::open(path, quiet_options()).value());
  EXPECT_FALSE(log.checkpoint("mail").value()) << "begun anew, because somebody removed it";
  EXPECT_TRUE(log.save_checkpoint("mail", position(1)));
}

TEST_F(Checkpoint, OfAnotherStoreIsRefused) {
  log.save_checkpoint("mail", position(7)).value();
  log.close().value();
  store::open(folder / "other").value().close().value();
  fs::remove_all(folder / "other" / "state");
  fs::copy(path / "state", folder / "other" / "state");
  auto other = store::open(folder / "other").value();
  EXPECT_FALSE(other.recovery().damage) << "what others say is no evidence";
  EXPECT_EQ(other.checkpoint("mail").error(), errc::corrupt_state);
}

TEST_F(Checkpoint, IsSavedByFollowersToo) {
  log.save_checkpoint("mail", position(7)).value();
  log.close().value();
  {
    auto follower = store::open_read_only(path).value();
    EXPECT_EQ(follower.checkpoint("mail").value(), position(7));
    follower.save_checkpoint("mail", position(9)).value();
    EXPECT_EQ(follower.save_checkpoint("mail", position(21)).error(), errc::invalid_argument);
    EXPECT_EQ(listed(follower), "mail:9");
  }
  opened.emplace(store::open(path, quiet_options()).value());
  EXPECT_EQ(log.checkpoint("mail").value(), position(9));
}

}  // namespace
}  // namespace mainstem::api::test
