// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "log/recovery.h"
#include "support/recovery_support.h"

namespace mainstem::test {
namespace {

TEST(Replay, BeginsBehindAPoint) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  std::vector<log::log_point> points{{}};
  for (int segment = 0; segment < 2; ++segment) {
    ASSERT_TRUE(built.begin_segment());
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(built.commit_synced(2));
      points.push_back(built.end());
    }
  }
  ASSERT_TRUE(built.mark());
  ASSERT_TRUE(built.sync());
  const auto opened = open_log(disk);
  ASSERT_TRUE(opened.log) << opened.log.error();
  for (auto point : points) {
    auto expected = built.events();
    expected.erase(expected.begin(), expected.upper_bound(point.last.value()));
    EXPECT_EQ(read_events(opened.log->segments, a_store(), point).value(), expected);
    // A place that says nothing is looked for.
    point.offset_bytes += 8;
    EXPECT_EQ(read_events(opened.log->segments, a_store(), point).value(), expected);
    point.segment = 1;
    point.offset_bytes = 0;
    EXPECT_EQ(read_events(opened.log->segments, a_store(), point).value(), expected);
  }
}

TEST(Replay, PassesOnTheErrorOfItsHandler) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced(2));
  const auto opened = open_log(disk);
  ASSERT_TRUE(opened.log);
  const auto played =
      log::replay(opened.log->segments, {}, a_store(),
                  [](const log::segment&, std::uint64_t, const format::frame_prefix&,
                     std::span<const std::byte>) -> result<void> { return errc::store_closed; });
  EXPECT_EQ(played.error(), errc::store_closed);
}

TEST(Replay, SkipsWhatIsDamaged) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(built.commit_synced(2));
  ASSERT_TRUE(built.mark());
  const auto opened = open_log(disk);
  ASSERT_TRUE(opened.log) << opened.log.error();
  for (std::size_t index = 0; index < 6; ++index) {
    const auto& frame = built.frames()[index];
    for (std::uint64_t byte = 0; byte < frame.length; byte += 7) {
      auto damaged = disk.clone();
      ASSERT_TRUE(damaged->flip_bit(log_path(1), (frame.offset + byte) * 8));
      const auto reopened = open_log(*damaged, {.change_nothing = true});
      auto left = built.events();
      left.erase(frame.first_position);
      left.erase(frame.last_position);
      ASSERT_EQ(reopened.events, left) << index << " " << byte;
    }
  }
}

// A position beyond the log would get into the index, and the log would seem to have lost events.
TEST(Replay, SkipsAFrameWhosePositionsLieBehindItsSegment) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(built.commit_synced(2));
  for (const std::uint64_t first : {std::uint64_t{12}, std::uint64_t{8'417}, UINT64_MAX}) {
    renumber_frame(built.current()->file(), built.frames()[2], first);
    auto left = built.events();
    left.erase(5);
    left.erase(6);
    EXPECT_EQ(read_events({built.current()}, a_store()).value(), left) << first;
  }
}

}  // namespace
}  // namespace mainstem::test
