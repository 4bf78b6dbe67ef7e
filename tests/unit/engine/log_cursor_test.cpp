// SPDX-License-Identifier: Apache-2.0
#include "engine/log_cursor.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/recovery_support.h"

namespace mainstem::test {
namespace {

using positions = std::vector<std::uint64_t>;

/// Eight commits of two events in one segment. Frames are changed afterwards, with checksums made
/// right: so readers have nothing to go by but what the frames say.
class LogCursor : public testing::TestWithParam<direction> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(built_.begin_segment());
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(built_.commit_synced(2));
    log_.set_segments({built_.current()});
    log_.publish_written(built_.end().last);
    log_.publish_durable(built_.end().last);
  }

  /// Gives the frame of a commit, counted from 0, another first position.
  void renumber(std::size_t commit, std::uint64_t first_position) {
    renumber_frame(built_.current()->file(), built_.frames()[commit], first_position);
  }

  /// What a reader hands out, ascending, and which positions it says are damaged or missing.
  struct reading {
    positions good;
    positions bad;
  };
  reading read(read_all_options options = {}) {
    options.direction = GetParam();
    engine::log_cursor cursor(log_, options);
    reading all;
    for (int call = 0; call < 100; ++call) {
      const auto batch = cursor.next();
      if (!batch) {
        EXPECT_EQ(batch.error(), errc::corrupt_data);
        const auto& info = batch.error().info();
        EXPECT_TRUE(info.first_position && info.last_position) << batch.error();
        for (auto at = *info.first_position; at <= *info.last_position; ++at) all.bad.push_back(at);
        continue;
      }
      if (batch->empty()) {
        std::sort(all.good.begin(), all.good.end());
        std::sort(all.bad.begin(), all.bad.end());
        return all;
      }
      for (const auto& event : batch->events()) {
        EXPECT_EQ(event.payload_text(), built_.events().at(event.position().value()));
        all.good.push_back(event.position().value());
      }
    }
    ADD_FAILURE() << "the reader does not come to an end";
    return all;
  }

  os::simulated_disk disk_;
  log_builder built_{open_log_folder(disk_)};
  engine::published_log log_{a_store()};
};

const positions all_but_5_and_6{1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
const positions missing{5, 6};

TEST_P(LogCursor, GivesEverything) {
  const auto all = read();
  EXPECT_EQ(all.good.size(), 16U);
  EXPECT_EQ(all.bad, positions{});
}

TEST_P(LogCursor, PassesAFrameWhosePositionsLieBehindItsSegment) {
  renumber(2, 9'846);
  const auto all = read();
  EXPECT_EQ(all.good, all_but_5_and_6);
  EXPECT_EQ(all.bad, missing);
}

TEST_P(LogCursor, PassesAFrameWhosePositionsDoNotExist) {
  for (const std::uint64_t first : {UINT64_MAX, UINT64_MAX - 1, std::uint64_t{1} << 63U}) {
    renumber(2, first);
    const auto all = read();
    EXPECT_EQ(all.good, all_but_5_and_6) << first;
    EXPECT_EQ(all.bad, missing) << first;
  }
}

TEST_P(LogCursor, GivesNoPositionTwice) {
  renumber(2, 3);
  const auto all = read();
  EXPECT_EQ(all.good, all_but_5_and_6);
  EXPECT_EQ(all.bad, missing);
}

TEST_P(LogCursor, SaysWhatIsMissingBeforeAFrame) {
  renumber(2, 9);  // Its events are not those of 9 and 10, which no checksum can tell.
  renumber(3, 9);
  read_all_options options;
  options.before = position(9);
  options.direction = GetParam();
  engine::log_cursor cursor(log_, options);
  positions good;
  positions bad;
  for (int call = 0; call < 20; ++call) {
    const auto batch = cursor.next();
    if (batch && batch->empty()) break;
    if (!batch) {
      bad.push_back(batch.error().info().first_position.value_or(0));
      EXPECT_EQ(batch.error().info().last_position, 8U) << batch.error();
      continue;
    }
    for (const auto& event : batch->events()) good.push_back(event.position().value());
  }
  std::sort(good.begin(), good.end());
  EXPECT_EQ(good, (positions{1, 2, 3, 4}));
  EXPECT_EQ(bad, positions{5});
}

TEST_P(LogCursor, IsNotLedAstrayByATableOfPositions) {
  const auto at = [this](std::size_t commit) { return built_.frames()[commit].offset; };
  // Of a frame that is another one, and of none at all.
  for (const std::uint64_t offset : {at(6), at(6) + 8, at(0)}) {
    const auto again = std::make_shared<log::segment>(
        disk_.open_directory(log_folder, false)
            .value()
            ->open_file(log::segment_file_name(1), os::open_mode::read_only)
            .value(),
        built_.current()->header(), log::read_access::copied, a_store().secret);
    again->note_frame(position(3), offset);
    again->publish(built_.end().offset_bytes, built_.end().last);
    log_.set_segments({again});
    const auto all = read();
    EXPECT_EQ(all.good.size(), 16U) << offset;
    EXPECT_EQ(all.bad, positions{}) << offset;
    for (std::uint64_t each = 1; each <= 16; ++each) {
      const auto event = engine::read_position(log_, position(each), log_.durable());
      ASSERT_TRUE(event && *event) << each << ", table at " << offset;
      EXPECT_EQ((*event)->view().payload_text(), built_.events().at(each));
    }
  }
}

TEST_P(LogCursor, PassesADamagedMarkWithoutAWord) {
  ASSERT_TRUE(built_.mark());
  ASSERT_TRUE(built_.commit_synced(2));
  ASSERT_TRUE(built_.mark());
  log_.publish_written(built_.end().last);
  log_.publish_durable(built_.end().last);
  for (const auto& frame : built_.frames()) {
    if (frame.kind != format::frame_kind::mark) continue;
    ASSERT_TRUE(disk_.flip_bit(log_path(1), frame.offset * 8 + 100));
  }
  const auto all = read();
  EXPECT_EQ(all.good.size(), 18U) << "no event stood there";
  EXPECT_EQ(all.bad, positions{});
}

TEST_P(LogCursor, ReadsBehindDamageThatIsNotAskedFor) {
  ASSERT_TRUE(disk_.flip_bit(log_path(1), built_.frames()[2].offset * 8 + 100));
  for (const std::uint64_t at : {1U, 4U, 7U, 9U, 16U}) {
    const auto event = engine::read_position(log_, position(at), log_.durable());
    ASSERT_TRUE(event && *event) << at << (event ? "" : event.error().message());
    EXPECT_EQ((*event)->view().payload_text(), built_.events().at(at));
  }
  for (const std::uint64_t at : {5U, 6U})
    EXPECT_EQ(engine::read_position(log_, position(at), log_.durable()).error(),
              errc::corrupt_data);
  const auto all = read({.after = position(5), .before = position(9)});
  EXPECT_EQ(all.good, (positions{7, 8}));
  EXPECT_EQ(all.bad, positions{6});
  const auto behind = read({.after = position(6)});
  EXPECT_EQ(behind.good.size(), 10U);
  EXPECT_EQ(behind.bad, positions{});
}

// A reader that goes backwards reads one stretch between two entries of the table after the other.
TEST_P(LogCursor, SaysOnceWhatIsDamagedAtTheBorderOfTwoStretches) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk),
                    {.segment_size_bytes = 1U << 20U, .payload_bytes = 4000});
  ASSERT_TRUE(built.begin_segment());
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(built.commit_synced());
  const auto table = built.current()->sparse_table().value();
  ASSERT_GT(table.size(), 2U);
  ASSERT_TRUE(disk.flip_bit(log_path(1), table[1].offset * 8 + 100));
  log_.set_segments({built.current()});
  log_.publish_written(built.end().last);
  log_.publish_durable(built.end().last);
  std::uint64_t good = 0;
  read_all_options options;
  options.direction = GetParam();
  engine::log_cursor cursor(log_, options);
  positions bad;
  for (int call = 0; call < 100; ++call) {
    const auto batch = cursor.next();
    if (batch && batch->empty()) break;
    if (batch) good += batch->size();
    if (!batch) bad.push_back(batch.error().info().first_position.value_or(0));
  }
  EXPECT_EQ(good, 59U);
  EXPECT_EQ(bad, positions{table[1].position});
}

// Seen while its writer goes on: the end that was read is not the one that the position belongs to.
TEST_P(LogCursor, GivesWhatIsWrittenBehindADamagedEnd) {
  ASSERT_TRUE(disk_.flip_bit(log_path(1), built_.frames()[7].offset * 8 + 100));
  const auto live = built_.current();
  live->publish(live->end_offset(), position(18));
  read_all_options options;
  engine::log_cursor cursor(log_, options);
  EXPECT_EQ(cursor.next()->size(), 14U);
  const auto lost = cursor.next();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().info().last_position, 16U);
  ASSERT_TRUE(built_.commit_synced(2));
  log_.publish_written(built_.end().last);
  log_.publish_durable(built_.end().last);
  const auto fresh = cursor.next();
  ASSERT_TRUE(fresh) << fresh.error();
  EXPECT_EQ(fresh->size(), 2U);
}

// The segment was sealed, so all of it was there; and the next one is gone.
TEST_P(LogCursor, GivesWhatIsGoodOfADamagedEnd) {
  ASSERT_TRUE(built_.begin_segment());
  ASSERT_TRUE(built_.commit_synced(2));
  ASSERT_TRUE(built_.seal_previous());
  ASSERT_TRUE(disk_.remove(log_path(2)));
  const built_frame& last = built_.frames()[7];
  ASSERT_TRUE(disk_.flip_bit(log_path(1), (last.end() - 16) * 8)) << "a byte of event 16";
  const auto recovered = recover_on(disk_);
  ASSERT_TRUE(recovered) << recovered.error();
  ASSERT_TRUE(recovered->damage);
  EXPECT_EQ(recovered->end.last, position(16));
  EXPECT_EQ(recovered->durable, position(16));

  log_.set_segments(recovered->segments);
  log_.publish_written(recovered->end.last);
  log_.publish_durable(recovered->durable);
  const auto all = read();
  EXPECT_EQ(all.good.size(), 15U) << "event 15 as well";
  EXPECT_EQ(all.bad, positions{16});
}

INSTANTIATE_TEST_SUITE_P(BothWays, LogCursor,
                         testing::Values(direction::forwards, direction::backwards),
                         [](const auto& each) {
                           return each.param == direction::forwards ? "Forwards" : "Backwards";
                         });

}  // namespace
}  // namespace mainstem::test
