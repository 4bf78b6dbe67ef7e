// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "log/segment.h"
#include "support/recovery_support.h"

namespace mainstem::test {
namespace {

class SegmentThreads : public ::testing::TestWithParam<log::read_access> {};

TEST_P(SegmentThreads, ReadersSeeWholeFramesWhileAWriterPublishes) {
  os::simulated_disk disk;
  const log_builder_options options{
      .segment_size_bytes = 1U << 20U, .payload_bytes = 2000, .access = GetParam()};
  log_builder built(open_log_folder(disk), options);
  ASSERT_TRUE(built.begin_segment());
  const auto segment = built.current();

  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  std::atomic<std::uint64_t> frames_read{0};
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      std::uint64_t last = 0;
      while (!done.load() || last < segment->last_position().value()) {
        const std::uint64_t end = segment->end_offset();
        last = segment->last_position().value();
        if (last == 0) continue;
        std::uint64_t offset = segment->seek(position(last / 2 + 1)).value().offset;
        while (offset < end) {
          const auto lease = segment->view(offset, end - offset);
          ASSERT_TRUE(lease) << lease.error();
          const auto prefix = format::decode_prefix(lease->bytes, options.store.secret, offset);
          ASSERT_TRUE(prefix);
          ASSERT_TRUE(format::verify_commit(*prefix, lease->bytes));
          offset += prefix->length;
          ++frames_read;
        }
        ASSERT_LE(segment->sparse_table().value().size(), 18U);
      }
    });
  }
  while (built.has_room(2)) ASSERT_TRUE(built.commit(2));
  done = true;
  for (auto& reader : readers) reader.join();
  EXPECT_GT(frames_read.load(), 0U);
}

INSTANTIATE_TEST_SUITE_P(, SegmentThreads,
                         ::testing::Values(log::read_access::mapped, log::read_access::copied),
                         [](const auto& parameter) {
                           return parameter.param == log::read_access::mapped ? "Mapped" : "Copied";
                         });

TEST(SealedSegment, IsMappedOnceByManyThreads) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk),
                    {.segment_size_bytes = 1U << 20U, .payload_bytes = 2000});
  ASSERT_TRUE(built.begin_segment());
  while (built.has_room(2)) ASSERT_TRUE(built.commit_synced(2));
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced());
  ASSERT_TRUE(built.mark());
  auto opened = recover_on(disk, {}, built.options());
  ASSERT_TRUE(opened);
  const auto& first = *opened->segments.front();
  log::segment sealed(built.files()
                          .directory()
                          .open_file(log::segment_file_name(1), os::open_mode::read_only)
                          .value(),
                      first.header(), log::read_access::mapped, a_store().secret);
  sealed.publish(first.end_offset(), first.last_position());
  const auto maps_before = disk.calls(os::call_kind::map);
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&sealed, &first] {
      for (std::uint64_t at = 1; at <= first.last_position().value(); ++at) {
        const auto begin = sealed.seek(position(at));
        ASSERT_TRUE(begin);
        ASSERT_TRUE(sealed.view(begin->offset, 80));
      }
    });
  }
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(disk.calls(os::call_kind::map) - maps_before, 1U);
  EXPECT_GT(sealed.sparse_table().value().size(), 10U);
}

}  // namespace
}  // namespace mainstem::test
