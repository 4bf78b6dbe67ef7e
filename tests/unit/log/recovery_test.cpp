// SPDX-License-Identifier: Apache-2.0
#include "log/recovery.h"

#include <gtest/gtest.h>

#include "log/file_window.h"
#include "support/recovery_support.h"

namespace mainstem::test {
namespace {

constexpr std::uint64_t header_bytes = format::segment_header_layout::size;
constexpr std::uint64_t mark_bytes = 80;

TEST(Recovery, MakesTheFirstSegmentOfANewLog) {
  os::simulated_disk disk;
  const auto opened = open_log(disk);
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_TRUE(opened.log->clean);
  EXPECT_FALSE(opened.log->damage);
  ASSERT_EQ(opened.log->segments.size(), 1U);
  EXPECT_EQ(opened.log->segments[0]->number(), 1U);
  EXPECT_EQ(opened.log->segments[0]->first_position(), position(1));
  EXPECT_EQ(opened.log->end.last, position(0));
  EXPECT_EQ(opened.log->end.offset_bytes, header_bytes + mark_bytes);
  EXPECT_EQ(opened.log->segments[0]->file().size().value(),
            log_builder_options{}.segment_size_bytes);
  EXPECT_EQ(opened.log->epoch, 1U);
  EXPECT_EQ(disk.unsynced_operations(), 0U);
}

TEST(Recovery, OpeningTwiceChangesNothing) {
  os::simulated_disk disk;
  ASSERT_TRUE(open_log(disk).log);
  const auto before = disk.fingerprint();
  for (int i = 0; i < 3; ++i) {
    const auto opened = open_log(disk);
    ASSERT_TRUE(opened.log) << opened.log.error();
    EXPECT_TRUE(opened.log->clean);
    EXPECT_EQ(disk.fingerprint(), before);
  }
}

TEST(Recovery, GoesOnBehindTheMarkOfACleanLog) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(built.commit_synced(2));
  ASSERT_TRUE(built.mark());
  ASSERT_TRUE(built.sync());
  const auto before = disk.fingerprint();

  const auto opened = open_log(disk);
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_TRUE(opened.log->clean);
  EXPECT_EQ(opened.log->end, built.end());
  EXPECT_EQ(opened.log->durable, position(10));
  EXPECT_EQ(opened.log->epoch, 2U);
  EXPECT_EQ(opened.events, built.events());
  EXPECT_EQ(disk.fingerprint(), before);
}

TEST(Recovery, GoesOnInTheSameSegmentOverSeveralLives) {
  os::simulated_disk disk;
  event_map all;
  for (int life = 0; life < 4; ++life) {
    auto recovered = recover_on(disk);
    ASSERT_TRUE(recovered) << recovered.error();
    EXPECT_TRUE(recovered->clean);
    EXPECT_EQ(recovered->segments.size(), 1U);
    EXPECT_EQ(recovered->epoch, static_cast<std::uint32_t>(life) + 1);
    log_builder built(open_log_folder(disk), *recovered, {});
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(built.commit_synced());
    ASSERT_TRUE(built.mark());
    ASSERT_TRUE(built.sync());
    all.insert(built.events().begin(), built.events().end());
  }
  EXPECT_EQ(open_log(disk).events, all);
  EXPECT_EQ(all.size(), 12U);
}

// The last frame says what had been durable before it, and nothing says that it was durable itself.
TEST(Recovery, WritesAgainWhatIsNotProvenDurable) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced(3));
  ASSERT_TRUE(built.commit_synced(2));
  ASSERT_TRUE(built.commit(2));

  const auto opened = open_log(disk);
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_FALSE(opened.log->clean);
  EXPECT_EQ(opened.log->events_rewritten, 2U);
  EXPECT_EQ(opened.log->bytes_cut, 0U);
  EXPECT_EQ(opened.events, built.events());
  ASSERT_EQ(opened.log->segments.size(), 2U);
  EXPECT_EQ(opened.log->segments[1]->first_position(), position(6));
  EXPECT_EQ(opened.log->segments[0]->last_position(), position(5));
  EXPECT_EQ(opened.log->end.last, position(7));
  EXPECT_EQ(opened.log->durable, position(7));
  EXPECT_EQ(disk.unsynced_operations(), 0U) << "nothing may be seen before it is durable";
}

TEST(Recovery, KeepsVersionsAndTimesOfWhatItWritesAgain) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(built.commit(2));
  struct frame_facts {
    std::uint64_t timestamp, version;
    bool operator==(const frame_facts&) const = default;
  };
  const auto facts_of = [](os::simulated_disk& on) {
    std::map<std::uint64_t, frame_facts> facts;
    auto recovered = recover_on(on);
    EXPECT_TRUE(recovered);
    EXPECT_TRUE(log::replay(
        recovered->segments, {}, a_store(),
        [&facts](const log::segment&, std::uint64_t, const format::frame_prefix& prefix,
                 std::span<const std::byte> frame) -> result<void> {
          facts[prefix.first_position] = {prefix.timestamp, format::first_version_of(frame, 0)};
          return {};
        }));
    return facts;
  };
  // With everything proven nothing is written again; without, everything.
  auto proven = disk.clone();
  ASSERT_TRUE(recover_on(*proven, {.evidence = position(12)})->events_rewritten == 0);
  EXPECT_EQ(facts_of(*proven), facts_of(disk));
  EXPECT_EQ(facts_of(disk).size(), 6U);
}

TEST(Recovery, IsQuietAfterAnUncleanEndWasRepaired) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(built.commit(2));
  ASSERT_TRUE(open_log(disk).log);
  const auto before = disk.fingerprint();
  const auto again = open_log(disk);
  ASSERT_TRUE(again.log) << again.log.error();
  EXPECT_TRUE(again.log->clean);
  EXPECT_EQ(again.log->events_rewritten, 0U);
  EXPECT_EQ(again.events, built.events());
  EXPECT_EQ(disk.fingerprint(), before);
}

TEST(Recovery, ReplacesASegmentInWhichNothingIsProven) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit(2));
  const auto opened = open_log(disk);
  ASSERT_TRUE(opened.log) << opened.log.error();
  ASSERT_EQ(opened.log->segments.size(), 1U);
  EXPECT_EQ(opened.log->segments[0]->number(), 1U);
  EXPECT_EQ(opened.log->segments[0]->header().epoch, 2U);
  EXPECT_EQ(opened.events, built.events());
}

TEST(Recovery, TakesEvidenceFromOutside) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(built.commit(2));
  const auto opened = open_log(disk, {.evidence = position(6)});
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_FALSE(opened.log->damage);
  EXPECT_EQ(opened.log->events_rewritten, 2U);
  EXPECT_EQ(opened.events, built.events());
}

TEST(Recovery, TreatsACommitThatEvidenceCutsInTwoAsUnproven) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit(2));
  ASSERT_TRUE(built.commit(4));
  const auto opened = open_log(disk, {.evidence = position(4)});
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_FALSE(opened.log->damage);
  EXPECT_EQ(opened.log->events_rewritten, 4U);
  EXPECT_EQ(opened.events, built.events());
}

TEST(Recovery, NumbersItsEpochAboveEveryEpochFound) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk), {.epoch = 7});
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced());
  built.set_epoch(11);
  ASSERT_TRUE(built.commit());
  EXPECT_EQ(open_log(disk).log->epoch, 12U);
}

/// Four commits of one event in each, and a clean end.
void write_three_segments(log_builder& built) {
  for (int segment = 0; segment < 3; ++segment) {
    ASSERT_TRUE(built.begin_segment());
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(built.commit_synced());
  }
  ASSERT_TRUE(built.mark());
  ASSERT_TRUE(built.sync());
}

TEST(Recovery, SealsEverySegmentButTheLast) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_NO_FATAL_FAILURE(write_three_segments(built));
  const auto opened = open_log(disk);
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_TRUE(opened.log->clean);
  ASSERT_EQ(opened.log->segments.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& segment = *opened.log->segments[i];
    log::file_window window(segment.file(), segment.file().size().value(), a_store().secret);
    const auto trailer = window.final_trailer().value();
    ASSERT_EQ(trailer.has_value(), i < 2) << i;
    if (!trailer) continue;
    EXPECT_EQ(trailer->offset_bytes, segment.end_offset());
    EXPECT_EQ(trailer->event_count, 4U);
    EXPECT_EQ(trailer->frame_count, 4U);
    EXPECT_EQ(trailer->last_position, 4 * (i + 1));
  }
  EXPECT_EQ(opened.events, built.events());
}

TEST(Recovery, ATrailerThatIsNotThatOfItsHeaderIsWrittenAgain) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_NO_FATAL_FAILURE(write_three_segments(built));
  ASSERT_TRUE(open_log(disk).log);
  const auto trailer_on = [](os::simulated_disk& of) {
    const auto file =
        open_log_folder(of)->open_file(log::segment_file_name(2), os::open_mode::read_write);
    return std::pair(*file, log::file_window(**file, (*file)->size().value(), a_store().secret)
                                .final_trailer()
                                .value()
                                .value());
  };
  auto [file, trailer] = trailer_on(disk);
  const auto right = trailer;
  const auto with = [&](std::uint64_t first, std::uint64_t last) {
    trailer = right;
    trailer.first_position = first;
    trailer.last_position = last;
    trailer.prefix.first_position = last + 1;
    trailer.entries = {{7, built.frames()[6].offset}};
    const auto forged = format::encode_trailer(trailer, a_store().secret);
    EXPECT_EQ(trailer.offset_bytes + forged.size(), file->size().value());
    EXPECT_TRUE(file->write_at(trailer.offset_bytes, forged));
  };
  // It begins with 5 and ends with 8; another one begins with 9.
  for (const auto& [first, last] : {std::pair{6U, 8U}, {5U, 20U}, {5U, 7U}}) {
    with(first, last);
    const auto opened = open_log(disk, {.from = {position(9), 3, 0, 0}});
    ASSERT_TRUE(opened.log) << opened.log.error();
    EXPECT_EQ(opened.events, built.events());
    EXPECT_EQ(trailer_on(disk).second.first_position, 5U);
    EXPECT_EQ(trailer_on(disk).second.last_position, 8U);
  }
}

// Of positions that do not exist no trailer can be made.
TEST(Recovery, AFrameWhosePositionsDoNotExistDoesNotCount) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_NO_FATAL_FAILURE(write_three_segments(built));
  ASSERT_TRUE(disk.flip_bit(log_path(3), built.frames()[9].offset * 8 + 100));
  const auto file = open_log_folder(disk)
                        ->open_file(log::segment_file_name(3), os::open_mode::read_write)
                        .value();
  for (const std::uint64_t first : {std::uint64_t{0}, UINT64_MAX}) {
    renumber_frame(*file, built.frames()[10], first);
    for (const bool accept_loss : {false, true}) {
      const auto crashed = disk.clone();
      const auto opened = open_log(*crashed, {.accept_loss = accept_loss});
      ASSERT_TRUE(opened.log) << opened.log.error();
      EXPECT_TRUE(opened.log->damage);
      EXPECT_EQ(opened.events.size(), 10U) << "neither frame, " << first;
    }
  }
}

TEST(Recovery, SealsASegmentWhoseTrailerIsDamagedAgain) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_NO_FATAL_FAILURE(write_three_segments(built));
  ASSERT_TRUE(open_log(disk).log);
  const auto whole = disk.files();
  const auto size = whole.at(log_path(1)).size();
  for (std::size_t back = 1; back < 140; ++back) {
    auto damaged = disk.clone();
    ASSERT_TRUE(damaged->flip_bit(log_path(1), (size - back) * 8));
    const auto opened = open_log(*damaged, {.from = {position(9), 3, 0, 0}});
    ASSERT_TRUE(opened.log) << opened.log.error();
    EXPECT_FALSE(opened.log->damage);
    EXPECT_EQ(damaged->files(), whole) << back;
  }
}

TEST(Recovery, ReadsOnlyHeaderAndTrailerOfOldSegments) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  for (int segment = 0; segment < 4; ++segment) {
    ASSERT_TRUE(built.begin_segment());
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(built.commit_synced());
  }
  const log::log_point from = built.end();
  ASSERT_TRUE(built.mark());
  ASSERT_TRUE(built.sync());
  ASSERT_TRUE(open_log(disk).log);

  std::uint64_t bytes = 0;
  const auto opened =
      open_log(disk, {.from = from, .on_progress = [&](std::uint64_t done, std::uint64_t total) {
                        bytes = done;
                        EXPECT_LE(done, total);
                      }});
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_TRUE(opened.log->from_found);
  EXPECT_EQ(bytes, log_builder_options{}.segment_size_bytes) << "one segment alone is read";
  EXPECT_EQ(opened.events, built.events());
  for (const auto& segment : opened.log->segments) {
    EXPECT_EQ(segment->last_position().value(), 20 * segment->number());
  }
}

TEST(Recovery, FindsThePlaceOfTheIndexOnlyIfItIsOne) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(built.commit_synced());
  const log::log_point from = built.end();
  ASSERT_TRUE(built.commit_synced());
  ASSERT_TRUE(built.mark());
  ASSERT_TRUE(built.sync());
  EXPECT_TRUE(open_log(disk, {.from = from}).log->from_found);
  auto of_another_history = from;
  of_another_history.chain ^= 1;
  const auto opened = open_log(disk, {.from = of_another_history});
  ASSERT_TRUE(opened.log);
  EXPECT_FALSE(opened.log->from_found);
  EXPECT_FALSE(opened.log->damage) << "nothing of the log is missing";
}

TEST(Recovery, ReservesTheSpaceOfTheSegmentThatItGoesOnIn) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced());
  ASSERT_TRUE(built.mark());
  ASSERT_TRUE(built.sync());
  ASSERT_TRUE(disk.truncate(log_path(1), built.end().offset_bytes));
  const auto opened = open_log(disk);
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_TRUE(opened.log->clean);
  EXPECT_EQ(opened.log->segments[0]->file().size().value(), built.options().segment_size_bytes);
  EXPECT_EQ(disk.used_bytes(), built.options().segment_size_bytes);
}

TEST(Recovery, MakesRoomForATailThatIsLargerThanASegment) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk), {.segment_size_bytes = 64U << 10U});
  ASSERT_TRUE(built.begin_segment());
  while (built.has_room(8)) ASSERT_TRUE(built.commit(8));
  const auto opened = open_log(disk, {}, {.segment_size_bytes = 16U << 10U});
  ASSERT_TRUE(opened.log) << opened.log.error();
  const auto& last = *opened.log->segments.back();
  EXPECT_GE(last.header().segment_size, last.end_offset() + (8U << 10U));
  EXPECT_EQ(last.file().size().value(), last.header().segment_size);
  EXPECT_EQ(opened.events, built.events());
}

/// Opens the log after a sync has failed, appends to it, and takes the power away: all that was
/// acknowledged must be there.
void expect_nothing_hangs_in_the_air(os::simulated_disk& disk, const event_map& events) {
  auto opened = open_log(disk);
  ASSERT_TRUE(opened.log) << opened.log.error();
  ASSERT_EQ(opened.events, events);
  log_builder next(open_log_folder(disk), *opened.log, {});
  ASSERT_TRUE(next.commit_synced());
  auto all = opened.events;
  all.insert(next.events().begin(), next.events().end());
  const auto crashed = disk.crash(1, {.unsynced = os::survival::nothing});
  const auto again = open_log(*crashed);
  ASSERT_TRUE(again.log) << again.log.error();
  ASSERT_FALSE(again.log->damage) << *again.log->damage;
  ASSERT_EQ(again.events, all);
}

// After a failed sync the page cache shows what the disk never got, and a later sync says OK. Sizes
// of all kinds: a later write into the same sector would heal it.
TEST(Recovery, WritesAgainWhatAFailedSyncHasLost) {
  for (std::size_t payload_bytes = 8; payload_bytes < 560; payload_bytes += 8) {
    for (const bool with_mark : {false, true}) {
      os::simulated_disk disk;
      log_builder built(open_log_folder(disk), {.payload_bytes = payload_bytes});
      ASSERT_TRUE(built.begin_segment());
      ASSERT_TRUE(built.commit_synced(2));
      ASSERT_TRUE(with_mark ? built.mark() : built.commit(2));
      disk.fail_call(1, {.only = os::call_kind::sync});
      ASSERT_FALSE(built.sync());
      expect_nothing_hangs_in_the_air(disk, built.events());
      ASSERT_FALSE(HasFatalFailure()) << payload_bytes << (with_mark ? " mark" : " commit");
    }
  }
}

TEST(Recovery, WritesAHeaderAgainThatAFailedSyncHasLost) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  // As many as it takes for the next frame to begin in another sector.
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(built.mark());
  disk.fail_call(1, {.only = os::call_kind::sync});
  ASSERT_FALSE(built.sync());
  expect_nothing_hangs_in_the_air(disk, {});
}

// The mark stands in the page cache only. A tail that hangs on it must not hang in the air.
TEST(Recovery, DoesNotBuildOnAMarkThatTheDiskNeverGot) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced(2));
  ASSERT_TRUE(built.mark());
  disk.fail_call(1, {.only = os::call_kind::sync});
  ASSERT_FALSE(built.sync());
  ASSERT_TRUE(built.commit(2)) << "as a writer would that goes on after a failed sync";

  auto opened = open_log(disk);
  ASSERT_TRUE(opened.log) << opened.log.error();
  const auto crashed = disk.crash(1, {.unsynced = os::survival::nothing});
  const auto again = open_log(*crashed);
  ASSERT_TRUE(again.log) << again.log.error();
  EXPECT_FALSE(again.log->damage);
  EXPECT_EQ(again.events, built.events());
}

TEST(Recovery, ChangesNothingIfItIsToldSo) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced(2));
  ASSERT_TRUE(built.commit_synced(2));
  ASSERT_TRUE(built.commit(2));
  const auto before = disk.fingerprint();
  const auto opened = open_log(disk, {.change_nothing = true});
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_EQ(opened.log->durable, position(4));
  EXPECT_EQ(opened.events, up_to(built.events(), 4)) << "what is not proven is not shown";
  EXPECT_EQ(disk.fingerprint(), before);
}

}  // namespace
}  // namespace mainstem::test
