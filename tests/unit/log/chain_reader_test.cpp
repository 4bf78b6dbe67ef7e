// SPDX-License-Identifier: Apache-2.0
#include "log/chain_reader.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/recovery_support.h"

namespace mainstem::test {
namespace {

/// Three segments; the points behind each of its commits.
class LogPoints : public testing::Test {
 protected:
  void SetUp() override {
    for (int segment = 0; segment < 3; ++segment) {
      ASSERT_TRUE(built_.begin_segment());
      if (segment != 0) points_.push_back(built_.end());
      for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(built_.commit_synced(2));
        points_.push_back(built_.end());
      }
    }
  }
  bool has(const format::log_point& point) {
    const auto answer = log::has_point(*open_log_folder(disk_), a_store(), point);
    EXPECT_TRUE(answer) << answer.error();
    return answer && *answer;
  }

  os::simulated_disk disk_;
  log_builder built_{open_log_folder(disk_)};
  std::vector<format::log_point> points_;
};

TEST_F(LogPoints, AreThereIfTheLogHasComeByThem) {
  EXPECT_TRUE(has({}));
  for (const auto& point : points_) EXPECT_TRUE(has(point)) << point.last;
  ASSERT_TRUE(built_.seal_previous());
  ASSERT_TRUE(built_.mark());
  for (const auto& point : points_) EXPECT_TRUE(has(point)) << point.last;
}

TEST_F(LogPoints, AreNotThereIfAnythingDiffers) {
  for (auto point : points_) {
    ++point.chain;
    EXPECT_FALSE(has(point)) << point.last;
    --point.chain;
    point.last = position(point.last.value() + 1);
    EXPECT_FALSE(has(point)) << point.last;
    point.last = position(point.last.value() - 1);
    point.offset_bytes += 8;
    // Behind the last frame of a segment the next one's header says so, wherever that frame ends.
    EXPECT_TRUE(point.last.value() % 6 == 0 || !has(point)) << point.last;
  }
}

// Whoever reads on says that it is gone.
TEST_F(LogPoints, AreTakenForThereWhereTheFileHasEnded) {
  const auto cut = disk_.clone();
  ASSERT_TRUE(cut->truncate(log_path(3), points_.back().offset_bytes - 8));
  EXPECT_TRUE(*log::has_point(*open_log_folder(*cut), a_store(), points_.back()));
  ASSERT_TRUE(disk_.remove(log_path(3)));
  EXPECT_TRUE(has(points_.back()));
}

TEST_F(LogPoints, AreThereThoughSomethingBeforeThemIsDamaged) {
  ASSERT_TRUE(disk_.flip_bit(log_path(1), built_.frames()[0].offset * 8 + 100));
  EXPECT_TRUE(has(points_[1]));
  EXPECT_TRUE(has(points_[2]));
}

// Its last frames were taken back by a crash, and written again in the segment behind it.
TEST_F(LogPoints, AreNotThereIfTheNextSegmentBeginsBeforeThem) {
  const auto crashed = disk_.crash(1, {.unsynced = os::survival::everything});
  const auto recovered = recover_on(*crashed);
  ASSERT_TRUE(recovered) << recovered.error();
  ASSERT_EQ(recovered->end.segment, 4U);
  const auto there = log::has_point(*open_log_folder(*crashed), a_store(), points_.back());
  ASSERT_TRUE(there) << there.error();
  EXPECT_FALSE(*there);
  EXPECT_TRUE(*log::has_point(*open_log_folder(*crashed), a_store(), recovered->end));
}

// The same before recovery has come to cutting them off: frames that go on from the point stand
// behind it, and do not count.
TEST_F(LogPoints, AreNotThereIfTheNextSegmentReplacesWhatStandsBehindThem) {
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(built_.commit(2));
    points_.push_back(built_.end());
  }
  const auto crashed = disk_.crash(1, {.unsynced = os::survival::everything});
  ASSERT_TRUE(recover_on(*crashed));
  const auto written_again = crashed->files().at(log_path(4));
  const auto header = format::decode_segment_header(written_again, a_store());
  ASSERT_TRUE(header);
  ASSERT_TRUE(disk_.put(log_path(4), written_again));
  for (const auto& point : points_) {
    const bool counts = point.last.value() < header->first_position;
    EXPECT_EQ(has(point), counts) << point.last;
  }
  EXPECT_GE(points_[points_.size() - 2].last.value(), header->first_position)
      << "one with a frame behind it";
}

TEST_F(LogPoints, PassOnWhatTheDiskSays) {
  const auto folder = open_log_folder(disk_);
  disk_.fail_call(1, {.error = EIO});
  const auto answer = log::has_point(*folder, a_store(), points_[1]);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), error_condition::fatal);
}

}  // namespace
}  // namespace mainstem::test
