// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/recovery_support.h"

// Damage below what is proven to have been durable.
namespace mainstem::test {
namespace {

/// Two segments of six commits with two events each, everything acknowledged, ended by a mark.
struct sound_log {
  os::simulated_disk disk;
  std::unique_ptr<log_builder> built;

  sound_log() {
    built = std::make_unique<log_builder>(open_log_folder(disk));
    for (int segment = 0; segment < 2; ++segment) {
      EXPECT_TRUE(built->begin_segment());
      for (int i = 0; i < 6; ++i) EXPECT_TRUE(built->commit_synced(2));
      if (segment == 1) {
        EXPECT_TRUE(built->seal_previous());
      }
    }
    EXPECT_TRUE(built->mark());
    EXPECT_TRUE(built->sync());
  }
};

event_map without(event_map events, std::uint64_t first, std::uint64_t last) {
  events.erase(events.lower_bound(first), events.upper_bound(last));
  return events;
}

TEST(Damage, IsReportedWithItsPlaceAndChangesNothing) {
  const sound_log sound;
  for (const built_frame& frame : sound.built->frames()) {
    if (frame.kind != format::frame_kind::commit) continue;
    for (const std::uint64_t byte :
         {std::uint64_t{0}, std::uint64_t{40}, frame.length / 2, frame.length - 1}) {
      auto disk = sound.disk.clone();
      ASSERT_TRUE(disk->flip_bit(log_path(frame.segment), (frame.offset + byte) * 8 + 3));
      const auto before = disk->fingerprint();
      const auto opened = open_log(*disk);
      ASSERT_TRUE(opened.log) << opened.log.error();
      ASSERT_TRUE(opened.log->damage) << "frame of " << frame.first_position << ", byte " << byte;
      const error& damage = *opened.log->damage;
      EXPECT_EQ(damage, errc::store_damaged);
      EXPECT_EQ(damage.info().path.substr(damage.info().path.size() - 14),
                log::segment_file_name(frame.segment));
      EXPECT_EQ(damage.info().offset, frame.offset);
      EXPECT_EQ(damage.info().first_position, frame.first_position);
      EXPECT_EQ(damage.info().last_position, frame.last_position);
      EXPECT_FALSE(damage.info().detail.empty());
      EXPECT_EQ(opened.events,
                without(sound.built->events(), frame.first_position, frame.last_position));
      EXPECT_EQ(opened.log->end.last, position(24));
      EXPECT_EQ(opened.log->durable, position(24));
      EXPECT_EQ(disk->fingerprint(), before);
    }
  }
}

TEST(Damage, IsLeftBehindForGoodWhenItIsAccepted) {
  const sound_log sound;
  for (const built_frame& frame : sound.built->frames()) {
    if (frame.kind != format::frame_kind::commit) continue;
    auto disk = sound.disk.clone();
    ASSERT_TRUE(disk->flip_bit(log_path(frame.segment), (frame.offset + 100) * 8));
    const auto left = without(sound.built->events(), frame.first_position, frame.last_position);
    auto accepted = open_log(*disk, {.accept_loss = true});
    ASSERT_TRUE(accepted.log) << accepted.log.error();
    EXPECT_TRUE(accepted.log->damage);  // What was given up.
    EXPECT_EQ(accepted.events, left);
    EXPECT_EQ(accepted.log->end.last, position(24))
        << "no other event may get a position that was lost";
    EXPECT_EQ(accepted.log->segments.back()->header().flags, format::segment_flags::loss_accepted);

    const auto before = disk->fingerprint();
    for (const bool accept : {false, true}) {
      const auto again = open_log(*disk, {.accept_loss = accept});
      ASSERT_TRUE(again.log) << again.log.error();
      EXPECT_FALSE(again.log->damage);
      EXPECT_TRUE(again.log->clean);
      EXPECT_EQ(again.events, left);
      EXPECT_EQ(disk->fingerprint(), before);
    }

    log_builder next(open_log_folder(*disk), *accepted.log, {.tag = "next"});
    ASSERT_TRUE(next.commit_synced(2));
    ASSERT_TRUE(next.commit(2));
    auto all = left;
    all.insert(next.events().begin(), next.events().end());
    EXPECT_EQ(next.events().begin()->first, 25U);
    const auto later = open_log(*disk);
    ASSERT_TRUE(later.log) << later.log.error();
    EXPECT_FALSE(later.log->damage);
    EXPECT_EQ(later.events, all);
    // And once more, after an end that was unclean in a segment in which nothing is proven.
    EXPECT_EQ(open_log(*disk).events, all);
  }
}

TEST(Damage, OfAMarkIsReportedWithoutPositions) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced(2));
  ASSERT_TRUE(built.mark());
  const auto mark = built.frames().back();
  ASSERT_TRUE(built.commit_synced(2));
  ASSERT_TRUE(built.mark());
  ASSERT_TRUE(disk.flip_bit(log_path(1), mark.offset * 8));
  const auto opened = open_log(disk);
  ASSERT_TRUE(opened.log) << opened.log.error();
  ASSERT_TRUE(opened.log->damage);
  EXPECT_EQ(opened.log->damage->info().offset, mark.offset);
  EXPECT_FALSE(opened.log->damage->info().first_position);
  EXPECT_EQ(opened.events, built.events());
}

TEST(Damage, IsProvenByAFrameThatStandsBehindIt) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(built.commit_synced());
  // The frame of position 3: the next one says that it had been durable. That of position 4:
  // nothing says so.
  for (const std::size_t index : {std::size_t{2}, std::size_t{3}}) {
    auto damaged = disk.clone();
    ASSERT_TRUE(damaged->flip_bit(log_path(1), built.frames()[index].offset * 8));
    const auto opened = open_log(*damaged);
    ASSERT_TRUE(opened.log) << opened.log.error();
    EXPECT_EQ(opened.log->damage.has_value(), index == 2);
  }
}

TEST(Damage, OfTheTailIsProvenByEvidenceFromOutside) {
  const sound_log sound;
  auto disk = sound.disk.clone();
  const auto& frames = sound.built->frames();
  const std::uint64_t cut = frames[frames.size() - 3].offset;
  ASSERT_TRUE(disk->truncate(log_path(2), cut));
  // The frames that are left say that everything up to 18 had been durable. Only others know of 24.
  EXPECT_FALSE(open_log(*disk->clone()).log->damage);
  for (const auto& request : {log::recovery_request{.evidence = position(24)},
                              log::recovery_request{.from = {position(24), 2, 5000, 17}}}) {
    const auto opened = open_log(*disk, request);
    ASSERT_TRUE(opened.log) << opened.log.error();
    ASSERT_TRUE(opened.log->damage);
    EXPECT_EQ(opened.log->damage->info().offset, cut);
    EXPECT_EQ(opened.log->damage->info().first_position, 21U);
    EXPECT_EQ(opened.log->damage->info().last_position, 24U);
    EXPECT_EQ(opened.events, up_to(sound.built->events(), 20));
  }
  const auto accepted = open_log(*disk, {.evidence = position(24), .accept_loss = true});
  ASSERT_TRUE(accepted.log) << accepted.log.error();
  EXPECT_EQ(accepted.log->end.last, position(24));
  EXPECT_FALSE(open_log(*disk, {.evidence = position(24)}).log->damage);
}

TEST(Damage, IsNotAPositionThatNoLogCanReach) {
  os::simulated_disk disk;
  const auto recovered = recover_on(disk, {.evidence = position::max(), .accept_loss = true});
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error(), errc::corrupt_index);
}

TEST(Damage, IsAWholeLogThatIsGone) {
  os::simulated_disk disk;
  ASSERT_TRUE(open_log_folder(disk));
  const auto before = disk.fingerprint();
  const auto opened = open_log(disk, {.evidence = position(7)});
  ASSERT_TRUE(opened.log) << opened.log.error();
  ASSERT_TRUE(opened.log->damage);
  EXPECT_EQ(opened.log->damage->info().first_position, 1U);
  EXPECT_EQ(opened.log->damage->info().last_position, 7U);
  EXPECT_TRUE(opened.log->segments.empty());
  EXPECT_EQ(disk.fingerprint(), before);
  const auto accepted = open_log(disk, {.evidence = position(7), .accept_loss = true});
  ASSERT_TRUE(accepted.log) << accepted.log.error();
  EXPECT_EQ(accepted.log->segments.back()->first_position(), position(8));
  EXPECT_FALSE(open_log(disk, {.evidence = position(7)}).log->damage);
}

TEST(Damage, IsTheLastSegmentMissing) {
  const sound_log sound;
  auto disk = sound.disk.clone();
  ASSERT_TRUE(disk->remove(log_path(2)));
  const auto opened = open_log(*disk, {.from = {position(20), 2, 0, 0}});
  ASSERT_TRUE(opened.log) << opened.log.error();
  ASSERT_TRUE(opened.log->damage);
  EXPECT_EQ(opened.log->damage->info().first_position, 13U);
  EXPECT_EQ(opened.log->damage->info().last_position, 20U);
}

// The segment in front of it is sealed: that is done when the next one is durable.
TEST(Damage, IsTheLastSegmentMissingOrBlankAlsoIfNothingElseSpeaksOfIt) {
  const sound_log sound;
  const std::vector<std::byte> zeros(16U << 10U);
  for (const bool blank : {false, true}) {
    auto disk = sound.disk.clone();
    ASSERT_TRUE(disk->remove(log_path(2)));
    if (blank) {
      ASSERT_TRUE(disk->put(log_path(2), zeros));
    }
    const auto before = disk->fingerprint();
    const auto opened = open_log(*disk);
    ASSERT_TRUE(opened.log) << opened.log.error();
    ASSERT_TRUE(opened.log->damage);
    EXPECT_EQ(*opened.log->damage, errc::store_damaged);
    EXPECT_TRUE(opened.log->damage->info().path.ends_with(log::segment_file_name(2)));
    EXPECT_NE(opened.log->damage->info().detail.find("from position 13 on"), std::string::npos);
    EXPECT_EQ(opened.events, without(sound.built->events(), 13, 24));
    EXPECT_EQ(disk->fingerprint(), before);

    const auto accepted = open_log(*disk, {.accept_loss = true});
    ASSERT_TRUE(accepted.log) << accepted.log.error();
    EXPECT_TRUE(accepted.log->damage);
    EXPECT_EQ(accepted.events, opened.events);
    EXPECT_GT(accepted.log->end.last, position(24)) << "positions that were lost are given again";
    const auto again = open_log(*disk);
    ASSERT_TRUE(again.log) << again.log.error();
    EXPECT_FALSE(again.log->damage);
    EXPECT_EQ(again.events, opened.events);
  }
}

// A damaged header must not hide what the frames behind it prove.
TEST(Damage, OfTheLastHeaderDoesNotHideWhatStandsBehindIt) {
  const sound_log sound;
  for (std::uint64_t byte = 0; byte < format::segment_header_layout::size; ++byte) {
    for (const bool zeroed : {false, true}) {
      auto disk = sound.disk.clone();
      if (zeroed) {
        const std::vector<std::byte> zeros(byte + 1);
        ASSERT_TRUE(disk->overwrite(log_path(2), 0, zeros));
      } else {
        ASSERT_TRUE(disk->flip_bit(log_path(2), byte * 8));
      }
      const auto before = disk->fingerprint();
      const auto opened = open_log(*disk);
      ASSERT_TRUE(opened.log) << opened.log.error();
      ASSERT_TRUE(opened.log->damage) << byte;
      EXPECT_EQ(opened.log->damage->info().offset, 0U);
      EXPECT_FALSE(opened.log->damage->info().first_position) << "no event is lost";
      EXPECT_EQ(opened.events, sound.built->events());
      EXPECT_EQ(disk->fingerprint(), before);
    }
  }
  auto disk = sound.disk.clone();
  ASSERT_TRUE(disk->flip_bit(log_path(2), 8));
  const auto accepted = open_log(*disk, {.accept_loss = true});
  ASSERT_TRUE(accepted.log) << accepted.log.error();
  EXPECT_EQ(accepted.events, sound.built->events());
  const auto again = open_log(*disk);
  ASSERT_TRUE(again.log) << again.log.error();
  EXPECT_FALSE(again.log->damage);
  EXPECT_EQ(again.events, sound.built->events());
}

TEST(Damage, OfAHeaderInTheMiddleIsReported) {
  const sound_log sound;
  auto disk = sound.disk.clone();
  ASSERT_TRUE(disk->flip_bit(log_path(1), 900));
  for (const auto& request :
       {log::recovery_request{}, log::recovery_request{.from = {position(12), 2, 0, 0}}}) {
    const auto opened = open_log(*disk, request);
    ASSERT_TRUE(opened.log) << opened.log.error();
    ASSERT_TRUE(opened.log->damage);
    EXPECT_EQ(opened.log->damage->info().offset, 0U);
    EXPECT_EQ(opened.events, sound.built->events());
  }
  const auto accepted = open_log(*disk, {.accept_loss = true});
  ASSERT_TRUE(accepted.log) << accepted.log.error();
  EXPECT_FALSE(open_log(*disk).log->damage);
  EXPECT_EQ(open_log(*disk).events, sound.built->events());
}

// The first group of a segment goes out with the header. If only the frames arrived, nobody was
// told of them.
TEST(Damage, IsNotATornHeaderWithUnprovenFramesBehindIt) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced(2));
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit(2));
  for (std::uint64_t kept = 0; kept < format::segment_header_layout::size; ++kept) {
    auto torn = disk.clone();
    const std::vector<std::byte> zeros(format::segment_header_layout::size - kept);
    ASSERT_TRUE(torn->overwrite(log_path(2), kept, zeros));
    const auto opened = open_log(*torn);
    ASSERT_TRUE(opened.log) << opened.log.error();
    EXPECT_FALSE(opened.log->damage);
    EXPECT_EQ(opened.events, built.events()) << "the frames are whole, so they are kept";
    EXPECT_TRUE(open_log(*torn).log->clean);
  }
}

TEST(Damage, AtSeveralPlacesNamesTheFirst) {
  const sound_log sound;
  auto disk = sound.disk.clone();
  const auto& frames = sound.built->frames();
  for (const std::size_t index : {std::size_t{1}, std::size_t{4}, std::size_t{8}}) {
    ASSERT_TRUE(disk->flip_bit(log_path(frames[index].segment), frames[index].offset * 8));
  }
  const auto opened = open_log(*disk);
  ASSERT_TRUE(opened.log && opened.log->damage);
  EXPECT_EQ(opened.log->damage->info().first_position, 3U);
  EXPECT_EQ(opened.log->damage->info().last_position, 4U);
  EXPECT_NE(opened.log->damage->info().detail.find("2 other places"), std::string::npos);
  auto left = without(sound.built->events(), 3, 4);
  left = without(left, 9, 10);
  left = without(left, 17, 18);
  EXPECT_EQ(opened.events, left);
  EXPECT_EQ(open_log(*disk, {.accept_loss = true}).events, left);
  EXPECT_FALSE(open_log(*disk).log->damage);
}

// Unproven frames behind the damage are kept, and written again where they stand, for the disk may
// not have them.
TEST(Damage, AcceptedKeepsUnprovenFramesBehindItAndMakesThemDurable) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk), {.payload_bytes = 600});
  ASSERT_TRUE(built.begin_segment());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(built.commit_synced());
  // Damaged first: doing that makes everything durable.
  ASSERT_TRUE(disk.flip_bit(log_path(1), built.frames()[1].offset * 8));
  ASSERT_TRUE(built.commit());
  ASSERT_TRUE(built.commit());
  disk.fail_call(1, {.only = os::call_kind::sync});
  ASSERT_FALSE(built.sync());
  const auto accepted = open_log(disk, {.accept_loss = true});
  ASSERT_TRUE(accepted.log) << accepted.log.error();
  EXPECT_EQ(accepted.events, without(built.events(), 2, 2));
  EXPECT_EQ(accepted.log->segments.back()->first_position(), position(7));
  const auto crashed = disk.crash(1, {.unsynced = os::survival::nothing});
  const auto again = open_log(*crashed);
  ASSERT_TRUE(again.log) << again.log.error();
  EXPECT_FALSE(again.log->damage);
  EXPECT_EQ(again.events, accepted.events);
}

// The next segment's header proves that everything before it was durable, marks included. So no
// crash has damaged that mark, and what follows it is not a torn tail.
TEST(Damage, OfAMarkInFrontOfANewSegmentIsNotTakenForATornTail) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced(2));
  ASSERT_TRUE(built.mark());
  const auto mark = built.frames().back();
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit(2));
  ASSERT_TRUE(disk.flip_bit(log_path(1), mark.offset * 8));
  const auto opened = open_log(disk);
  ASSERT_TRUE(opened.log) << opened.log.error();
  ASSERT_TRUE(opened.log->damage);
  EXPECT_EQ(opened.log->damage->info().offset, mark.offset);
  EXPECT_EQ(opened.events, built.events());
}

// A disk that says OK and keeps nothing cannot be helped, but it can be noticed.
TEST(Damage, IsNoticedAfterASyncThatLied) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced());
  ASSERT_TRUE(built.commit());
  disk.fail_call(1, {.effect = os::fault_effect::lies, .only = os::call_kind::sync});
  ASSERT_TRUE(built.sync());
  const auto lost = disk.crash(1, {.unsynced = os::survival::nothing});
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced());
  auto merged = disk.crash(1, {.unsynced = os::survival::nothing});
  ASSERT_TRUE(merged->put(log_path(1), lost->files().at(log_path(1))));
  const auto opened = open_log(*merged);
  ASSERT_TRUE(opened.log) << opened.log.error();
  ASSERT_TRUE(opened.log->damage);
  EXPECT_EQ(opened.log->damage->info().first_position, 2U);
}

}  // namespace
}  // namespace mainstem::test
