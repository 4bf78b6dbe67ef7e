// SPDX-License-Identifier: Apache-2.0
#include "log/segment.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/recovery_support.h"

namespace mainstem::test {
namespace {

using log::read_access;

constexpr std::uint64_t header_bytes = format::segment_header_layout::size;

TEST(SegmentFileName, HasTenDigits) {
  EXPECT_EQ(log::segment_file_name(42), "0000000042.log");
  EXPECT_EQ(log::segment_file_name(4294967295U), "4294967295.log");
  for (const std::uint32_t number : {1U, 42U, 999999999U, 4294967295U}) {
    EXPECT_EQ(log::parse_segment_file_name(log::segment_file_name(number)), number);
  }
  for (const char* name :
       {"", "42.log", "0000000000.log", "4294967296.log", "00000000042.log", "0000000042.LOG",
        "0000000042.log.new", "000000004-.log", "+000000042.log"}) {
    EXPECT_FALSE(log::parse_segment_file_name(name)) << name;
  }
}

class SegmentAccess : public ::testing::TestWithParam<read_access> {
 protected:
  SegmentAccess()
      : built_(open_log_folder(disk_),
               {.segment_size_bytes = 1U << 20U, .payload_bytes = 3000, .access = GetParam()}) {}

  std::shared_ptr<log::segment> reopen() {
    auto opened = recover_on(disk_, {}, built_.options());
    EXPECT_TRUE(opened);
    return opened->segments.front();
  }

  os::simulated_disk disk_;
  log_builder built_;
};

TEST_P(SegmentAccess, ShowsTheBytesOfTheFile) {
  ASSERT_TRUE(built_.begin_segment());
  ASSERT_TRUE(built_.commit_synced(2));
  ASSERT_TRUE(built_.mark());
  const auto segment = reopen();
  const auto bytes = disk_.files().at(log_path(1));
  for (const std::uint64_t offset :
       {std::uint64_t{0}, header_bytes, std::uint64_t{777}, segment->end_offset() - 1}) {
    const std::uint64_t size = segment->end_offset() - offset;
    const auto lease = segment->view(offset, size);
    ASSERT_TRUE(lease) << lease.error();
    EXPECT_TRUE(std::ranges::equal(lease->bytes, std::span(bytes).subspan(offset, size)));
    EXPECT_TRUE(lease->owner);
  }
  EXPECT_TRUE(segment->view(segment->end_offset(), 0));
}

TEST_P(SegmentAccess, RefusesBytesBehindTheEndOfTheFile) {
  ASSERT_TRUE(built_.begin_segment());
  ASSERT_TRUE(built_.commit_synced());
  ASSERT_TRUE(built_.mark());
  const auto segment = reopen();
  const std::uint64_t size = segment->file().size().value();
  EXPECT_TRUE(segment->view(size - 8, 8));
  for (const auto& [offset, count] : {std::pair{size - 8, std::uint64_t{9}},
                                      {size, std::uint64_t{1}},
                                      {size + 8, std::uint64_t{8}},
                                      {std::uint64_t{8}, UINT64_MAX},
                                      {UINT64_MAX, std::uint64_t{2}}}) {
    const auto lease = segment->view(offset, count);
    ASSERT_FALSE(lease);
    EXPECT_EQ(lease.error(), errc::corrupt_data);
    EXPECT_EQ(lease.error().info().offset, offset);
    EXPECT_EQ(lease.error().info().path, segment->file().path());
  }
}

// Sealing cuts the file under a mapping that was made before.
TEST_P(SegmentAccess, KnowsTheEndOfAFileThatWasSealedAfterItWasMapped) {
  ASSERT_TRUE(built_.begin_segment());
  ASSERT_TRUE(built_.commit_synced());
  ASSERT_TRUE(built_.mark());
  const auto segment = reopen();
  const std::uint64_t size = segment->file().size().value();
  ASSERT_TRUE(segment->view(size - 8, 8));
  ASSERT_TRUE(built_.files().seal(*segment, built_.end().chain, 1, segment->last_position()));
  const auto lease = segment->view(size - 8, 8);
  ASSERT_FALSE(lease);
  EXPECT_EQ(lease.error(), errc::corrupt_data);
  EXPECT_TRUE(segment->view(header_bytes, segment->end_offset() - header_bytes));
}

TEST_P(SegmentAccess, AnswersWithCorruptDataIfTheFileWasCutBehindItsBack) {
  ASSERT_TRUE(built_.begin_segment());
  ASSERT_TRUE(built_.commit_synced());
  ASSERT_TRUE(built_.mark());
  const auto segment = reopen();
  ASSERT_TRUE(disk_.truncate(log_path(1), header_bytes));
  const auto lease = segment->view(header_bytes, 64);
  ASSERT_FALSE(lease);
  EXPECT_EQ(lease.error(), errc::corrupt_data);
}

TEST_P(SegmentAccess, PassesOnWhatTheDiskSays) {
  ASSERT_TRUE(built_.begin_segment());
  ASSERT_TRUE(built_.commit_synced());
  ASSERT_TRUE(built_.mark());
  const auto segment = reopen();
  disk_.fail_call(1, {.error = EIO});
  const auto lease = segment->view(header_bytes, 64);
  ASSERT_FALSE(lease);
  EXPECT_EQ(lease.error(), error_condition::fatal);
  EXPECT_TRUE(segment->view(header_bytes, 64)) << "the next try may succeed";
}

TEST_P(SegmentAccess, KeepsBytesAliveAsLongAsTheirLease) {
  ASSERT_TRUE(built_.begin_segment());
  ASSERT_TRUE(built_.commit_synced());
  ASSERT_TRUE(built_.mark());
  auto segment = reopen();
  const auto lease = segment->view(header_bytes, 128);
  const std::vector<std::byte> before(lease->bytes.begin(), lease->bytes.end());
  segment.reset();
  EXPECT_TRUE(std::ranges::equal(lease->bytes, before));
}

/// Every commit is found by walking from where seek() says.
void expect_seek_is_close(const log::segment& segment, const std::vector<built_frame>& frames) {
  for (const built_frame& frame : frames) {
    if (frame.kind != format::frame_kind::commit) continue;
    for (std::uint64_t at = frame.first_position; at <= frame.last_position; ++at) {
      const auto begin = segment.seek(position(at));
      ASSERT_TRUE(begin) << begin.error();
      ASSERT_LE(begin->offset, frame.offset);
      ASSERT_LT(frame.offset - begin->offset, 2 * log::segment::sparse_interval_bytes);
      ASSERT_TRUE(std::ranges::any_of(frames, [&](const auto& any) {
        return any.offset == begin->offset && any.first_position == begin->position;
      })) << begin->offset;
    }
  }
}

TEST_P(SegmentAccess, FindsPositionsInAllThreeWays) {
  ASSERT_TRUE(built_.begin_segment());
  while (built_.has_room(3)) ASSERT_TRUE(built_.commit_synced(3));
  const auto frames = built_.frames();
  ASSERT_GT(frames.back().offset, 10 * log::segment::sparse_interval_bytes);
  ASSERT_TRUE(built_.begin_segment());
  ASSERT_TRUE(built_.commit_synced());
  ASSERT_TRUE(built_.mark());

  const auto noted = reopen();
  expect_seek_is_close(*noted, frames);
  const auto table = noted->sparse_table().value();
  EXPECT_GT(table.size(), 10U);

  const auto header = noted->header();
  const std::uint64_t secret = a_store().secret;
  const auto file = open_log_folder(disk_)
                        ->open_file(log::segment_file_name(1), os::open_mode::read_only)
                        .value();
  log::segment by_trailer(file, header, GetParam(), secret);
  by_trailer.publish(noted->end_offset(), noted->last_position());
  EXPECT_EQ(by_trailer.sparse_table().value(), table);
  expect_seek_is_close(by_trailer, frames);

  ASSERT_TRUE(disk_.flip_bit(log_path(1), (noted->end_offset() + 90) * 8));
  log::segment by_walking(file, header, GetParam(), secret);
  by_walking.publish(noted->end_offset(), noted->last_position());
  EXPECT_EQ(by_walking.sparse_table().value(), table);
  expect_seek_is_close(by_walking, frames);
}

TEST_P(SegmentAccess, BeginsAtTheFirstFrameIfItKnowsNothing) {
  ASSERT_TRUE(built_.begin_segment());
  ASSERT_TRUE(built_.commit_synced());
  ASSERT_TRUE(built_.mark());
  const auto opened = reopen();
  const log::segment bare(open_log_folder(disk_)
                              ->open_file(log::segment_file_name(1), os::open_mode::read_only)
                              .value(),
                          opened->header(), GetParam());
  EXPECT_EQ(bare.seek(position(1)).value().offset, header_bytes);
  EXPECT_TRUE(bare.sparse_table().value().empty());
}

TEST_P(SegmentAccess, DropsNotedFramesThatAreTooClose) {
  ASSERT_TRUE(built_.begin_segment());
  ASSERT_TRUE(built_.commit_synced());
  ASSERT_TRUE(built_.mark());
  const auto opened = reopen();
  log::segment segment(open_log_folder(disk_)
                           ->open_file(log::segment_file_name(1), os::open_mode::read_only)
                           .value(),
                       opened->header(), GetParam());
  constexpr std::uint64_t interval = log::segment::sparse_interval_bytes;
  for (std::uint64_t i = 0; i < 400; ++i)
    segment.note_frame(position(i + 1), header_bytes + i * interval / 4);
  const auto table = segment.sparse_table().value();
  ASSERT_LE(table.size(), 18U) << "there is room for what fits into the segment, and no more";
  for (std::size_t i = 0; i < table.size(); ++i) {
    EXPECT_EQ(table[i], (log::sparse_entry{4 * i + 1, header_bytes + i * interval}));
  }
}

INSTANTIATE_TEST_SUITE_P(, SegmentAccess,
                         ::testing::Values(read_access::mapped, read_access::copied),
                         [](const auto& parameter) {
                           return parameter.param == read_access::mapped ? "Mapped" : "Copied";
                         });

}  // namespace
}  // namespace mainstem::test
