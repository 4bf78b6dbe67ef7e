// SPDX-License-Identifier: Apache-2.0
#include "log/segment_files.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <string>
#include <vector>

#include "log/file_window.h"
#include "support/recovery_support.h"

namespace mainstem::test {
namespace {

constexpr std::uint64_t size_bytes = 64U << 10U;

class SegmentFiles : public ::testing::TestWithParam<log::space_preparation> {
 protected:
  log::segment_files files_on(os::simulated_disk& disk) {
    return {open_log_folder(disk),
            a_store(),
            {.segment_size_bytes = size_bytes, .preparation = GetParam()},
            clock_};
  }

  os::simulated_disk disk_;
  fake_clock clock_;
};

TEST_P(SegmentFiles, MakesSparesOfTheirWholeSize) {
  auto files = files_on(disk_);
  const auto spare = files.make_spare(3, size_bytes);
  ASSERT_TRUE(spare) << spare.error();
  EXPECT_EQ((*spare)->size().value(), size_bytes);
  EXPECT_NE((*spare)->path().find(log::segment_file_name(3)), std::string::npos);
  EXPECT_FALSE((*spare)->path().ends_with(".new"));
  EXPECT_EQ(disk_.used_bytes(), size_bytes) << "space that is not there cannot be written to";
}

// At each call on the way: what a crash leaves under the name is a whole spare, and if it leaves
// none, one can be made. Once it has been made, every crash leaves it.
TEST_P(SegmentFiles, MakesSparesThatSurviveAnyCrash) {
  const std::vector<std::byte> blank(size_bytes);
  const std::map<std::string, std::vector<std::byte>> made{{log_path(3), blank}};
  const auto each_crash = [&](const auto& look) {
    look(*disk_.crash(0, {.unsynced = os::survival::nothing}));
    look(*disk_.crash(0, {.unsynced = os::survival::everything}));
    for (std::uint64_t seed = 1; seed <= 20; ++seed) look(*disk_.crash(seed));
  };
  std::size_t without = 0;
  std::size_t with = 0;
  auto files = files_on(disk_);
  disk_.on_call([&](const os::call&) {
    each_crash([&](os::simulated_disk& left) {
      const auto before = left.files();
      const auto found = before.find(log_path(3));
      ++(found == before.end() ? without : with);
      if (found != before.end()) {
        ASSERT_EQ(found->second, blank);
      }
      auto again = files_on(left);
      ASSERT_TRUE(again.make_spare(3, size_bytes));
      ASSERT_EQ(left.files(), made);
    });
  });
  ASSERT_TRUE(files.make_spare(3, size_bytes));
  disk_.on_call({});
  EXPECT_GT(without, 0U);
  EXPECT_GT(with, 0U);
  EXPECT_EQ(disk_.unsynced_operations(), 0U);
  each_crash([&](const os::simulated_disk& left) { ASSERT_EQ(left.files(), made); });
}

// Under its name, a file is complete: whatever the moment of the crash.
TEST_P(SegmentFiles, NamesAFileOnlyWhenItIsComplete) {
  const std::vector<std::byte> content(1000, std::byte{7});
  auto files = files_on(disk_);
  std::size_t states = 0;
  disk_.on_call([&](const os::call&) {
    for (std::uint64_t seed = 0; seed < 40; ++seed, ++states) {
      const auto crashed = disk_.crash(seed);
      const auto left = crashed->files();
      const auto found = left.find(log_path(2));
      if (found == left.end()) continue;
      ASSERT_EQ(found->second.size(), size_bytes);
      ASSERT_TRUE(std::equal(content.begin(), content.end(), found->second.begin()));
    }
  });
  ASSERT_TRUE(files.make_filled(2, size_bytes, content));
  EXPECT_GT(states, 100U);
}

TEST_P(SegmentFiles, LeavesNothingBehindOnAFullDisk) {
  auto files = files_on(disk_);
  disk_.set_capacity(size_bytes / 2);
  const auto spare = files.make_spare(1, size_bytes);
  ASSERT_FALSE(spare);
  EXPECT_EQ(spare.error(), errc::disk_full) << spare.error();
  EXPECT_EQ(spare.error(), error_condition::capacity);
  EXPECT_FALSE(spare.error().info().path.empty());
  EXPECT_TRUE(disk_.files().empty());
  disk_.set_capacity({});
  EXPECT_TRUE(files.make_spare(1, size_bytes));
}

TEST_P(SegmentFiles, ReportsEveryFailedCallAndWorksAgainLater) {
  bool failed = true;
  for (std::uint64_t n = 1; failed; ++n) {
    ASSERT_LT(n, 100U);
    for (const int number : {EIO, ENOSPC}) {
      os::simulated_disk disk;
      auto files = files_on(disk);
      disk.fail_call(n, {.error = number});
      const auto spare = files.make_spare(1, size_bytes);
      failed = !spare;
      if (!failed) continue;
      EXPECT_EQ(spare.error() == errc::disk_full, number == ENOSPC) << spare.error();
      const auto again = files.make_spare(1, size_bytes);
      ASSERT_TRUE(again) << again.error() << " after call " << n;
      EXPECT_EQ(disk.files().size(), 1U);
    }
  }
}

TEST_P(SegmentFiles, ReplacesASpareButNeverASegment) {
  log_builder built(open_log_folder(disk_), {.segment_size_bytes = size_bytes});
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.files().make_spare(1, size_bytes)) << "it has no header yet";
  log_builder other(open_log_folder(disk_), {.segment_size_bytes = size_bytes});
  ASSERT_TRUE(other.begin_segment());
  ASSERT_TRUE(other.commit_synced());
  const auto before = disk_.fingerprint();
  auto files = files_on(disk_);
  const auto spare = files.make_spare(1, size_bytes);
  ASSERT_FALSE(spare);
  EXPECT_EQ(spare.error(), errc::missing_segment);
  EXPECT_EQ(disk_.fingerprint(), before);
}

TEST_P(SegmentFiles, WritesHeadersThatItReads) {
  auto files = files_on(disk_);
  clock_.set_unix_nanoseconds(77);
  const auto header =
      files.header_for(5, 3, position(1000), 99, size_bytes, format::segment_flags::loss_accepted);
  std::byte bytes[format::segment_header_layout::size];
  format::encode_segment_header(header, a_store(), bytes);
  const auto read = format::decode_segment_header(bytes, a_store());
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(*read, header);
  EXPECT_EQ(read->created, 77U);
  EXPECT_EQ(read->segment, 5U);
  EXPECT_EQ(read->store_id, a_store().store_id);
}

TEST_P(SegmentFiles, SealsWithWhatTheSegmentHolds) {
  log_builder built(open_log_folder(disk_), {.segment_size_bytes = size_bytes});
  ASSERT_TRUE(built.begin_segment());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(built.commit_synced(2));
  ASSERT_TRUE(built.mark());
  const std::uint64_t end = built.end().offset_bytes;
  const std::uint64_t chain = built.end().chain;
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced());
  ASSERT_TRUE(built.seal_previous());
  const auto sealed = disk_.files().at(log_path(1));
  const auto trailer =
      format::decode_trailer(std::span(sealed).subspan(end), a_store().secret, end);
  ASSERT_TRUE(trailer);
  EXPECT_EQ(trailer->frame_count, 6U);
  EXPECT_EQ(trailer->event_count, 10U);
  EXPECT_EQ(trailer->first_position, 1U);
  EXPECT_EQ(trailer->last_position, 10U);
  EXPECT_EQ(trailer->prefix.first_position, 11U);
  EXPECT_EQ(trailer->prefix.durable_position, 10U);
  EXPECT_EQ(trailer->prefix.previous_checksum, chain);
  EXPECT_LT(trailer->first_timestamp, trailer->last_timestamp);
  EXPECT_EQ(trailer->entries,
            (std::vector<format::sparse_entry>{{1, format::segment_header_layout::size}}));
  EXPECT_EQ(end + trailer->prefix.length, sealed.size());

  // Once more: nothing changes.
  const auto before = disk_.fingerprint();
  ASSERT_TRUE(built.seal_previous());
  EXPECT_EQ(disk_.fingerprint(), before);
}

TEST_P(SegmentFiles, SealsAfterACrashInTheMiddle) {
  log_builder built(open_log_folder(disk_), {.segment_size_bytes = size_bytes});
  ASSERT_TRUE(built.begin_segment());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(built.commit_synced(2));
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced());
  ASSERT_TRUE(built.mark());
  ASSERT_TRUE(built.sync());
  std::vector<std::unique_ptr<os::simulated_disk>> states;
  disk_.on_call([&](const os::call&) {
    states.push_back(disk_.clone());
    for (std::uint64_t seed = 0; seed < 30; ++seed) states.push_back(disk_.crash(seed));
  });
  ASSERT_TRUE(built.seal_previous());
  disk_.on_call({});
  const auto whole = disk_.files();
  ASSERT_GT(states.size(), 90U);
  for (const auto& state : states) {
    const auto opened = open_log(*state, {}, built.options());
    ASSERT_TRUE(opened.log) << opened.log.error();
    EXPECT_TRUE(opened.log->clean);
    EXPECT_EQ(opened.events, built.events());
    EXPECT_EQ(state->files().at(log_path(1)).size(), whole.at(log_path(1)).size());
    EXPECT_TRUE(log::file_window(opened.log->segments[0]->file(), whole.at(log_path(1)).size(),
                                 a_store().secret)
                    .final_trailer()
                    .value());
  }
}

INSTANTIATE_TEST_SUITE_P(, SegmentFiles,
                         ::testing::Values(log::space_preparation::zero_fill,
                                           log::space_preparation::reserve),
                         [](const auto& parameter) {
                           return parameter.param == log::space_preparation::zero_fill ? "ZeroFill"
                                                                                       : "Reserve";
                         });

}  // namespace
}  // namespace mainstem::test
