// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/recovery_support.h"

// What else may stand in the folder of the segments, and what must not.
namespace mainstem::test {
namespace {

std::unique_ptr<log_builder> three_segments(os::simulated_disk& disk,
                                            log_builder_options options = {}) {
  auto built = std::make_unique<log_builder>(open_log_folder(disk), std::move(options));
  for (int segment = 0; segment < 3; ++segment) {
    EXPECT_TRUE(built->begin_segment());
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(built->commit_synced());
    if (segment > 0) {
      EXPECT_TRUE(built->seal_previous());
    }
  }
  EXPECT_TRUE(built->mark());
  EXPECT_TRUE(built->sync());
  return built;
}

TEST(LogFolder, IgnoresJunk) {
  os::simulated_disk disk;
  const auto built = three_segments(disk);
  const auto bytes = disk.files().at(log_path(1));
  for (const char* name :
       {"1.log", "0000000009.LOG", "00000000009.log", "000000009x.log", "0000000000.log",
        "9999999999.log", "notes.txt", "0000000001.log~", "log"}) {
    ASSERT_TRUE(disk.put(std::string(log_folder) + "/" + name, bytes));
  }
  const auto before = disk.fingerprint();
  const auto opened = open_log(disk);
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_TRUE(opened.log->clean);
  EXPECT_EQ(opened.events, built->events());
  EXPECT_EQ(disk.fingerprint(), before);
}

TEST(LogFolder, LosesFilesThatWereNeverCompleted) {
  os::simulated_disk disk;
  const auto built = three_segments(disk);
  const auto before = disk.fingerprint();
  ASSERT_TRUE(disk.put(log_path(4) + ".new", disk.files().at(log_path(3))));
  ASSERT_TRUE(disk.put(log_path(2) + ".new", {}));
  EXPECT_EQ(open_log(disk).events, built->events());
  EXPECT_EQ(disk.fingerprint(), before);
}

TEST(LogFolder, MissesASegment) {
  for (const std::uint32_t missing : {1U, 2U}) {
    os::simulated_disk disk;
    three_segments(disk);
    ASSERT_TRUE(disk.remove(log_path(missing)));
    const auto before = disk.fingerprint();
    for (const bool accept : {false, true}) {
      const auto opened = open_log(disk, {.accept_loss = accept});
      ASSERT_FALSE(opened.log);
      EXPECT_EQ(opened.log.error(), errc::missing_segment);
      EXPECT_NE(opened.log.error().info().path.find(log::segment_file_name(missing)),
                std::string::npos);
      EXPECT_EQ(disk.fingerprint(), before);
    }
  }
}

TEST(LogFolder, RefusesASegmentUnderAnotherNumber) {
  os::simulated_disk disk;
  three_segments(disk);
  const auto files = disk.files();
  // Doubled behind the end, and in the place of another one.
  for (const std::uint32_t place : {2U, 4U}) {
    auto doubled = disk.clone();
    ASSERT_TRUE(doubled->put(log_path(place), files.at(log_path(1))));
    const auto before = doubled->fingerprint();
    const auto opened = open_log(*doubled);
    ASSERT_FALSE(opened.log);
    EXPECT_EQ(opened.log.error(), errc::missing_segment);
    EXPECT_NE(opened.log.error().info().path.find(log::segment_file_name(place)),
              std::string::npos);
    EXPECT_EQ(doubled->fingerprint(), before);
  }
}

TEST(LogFolder, RefusesASegmentOfAnotherStore) {
  os::simulated_disk disk;
  const auto built = three_segments(disk);
  os::simulated_disk other;
  three_segments(other, {.store = a_store(2)});
  for (const std::uint32_t number : {1U, 2U, 3U}) {
    auto mixed = disk.clone();
    ASSERT_TRUE(mixed->put(log_path(number), other.files().at(log_path(number))));
    const auto before = mixed->fingerprint();
    const auto opened = open_log(*mixed);
    ASSERT_FALSE(opened.log);
    EXPECT_EQ(opened.log.error(), errc::foreign_file);
    EXPECT_NE(opened.log.error().info().path.find(log::segment_file_name(number)),
              std::string::npos);
    EXPECT_EQ(mixed->fingerprint(), before);
  }
}

TEST(LogFolder, NoticesAnOlderCopyOfASegment) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(built.commit_synced());
  const auto older = disk.files().at(log_path(1));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(built.commit_synced());
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced());
  ASSERT_TRUE(built.mark());
  ASSERT_TRUE(disk.put(log_path(1), older));
  for (const auto& request :
       {log::recovery_request{}, log::recovery_request{.from = {position(7), 2, 0, 0}}}) {
    const auto opened = open_log(disk, request);
    ASSERT_TRUE(opened.log) << opened.log.error();
    ASSERT_TRUE(opened.log->damage);
    EXPECT_EQ(opened.log->damage->info().first_position, 4U);
    EXPECT_EQ(opened.log->damage->info().last_position, 6U);
  }
}

TEST(LogFolder, NoticesSegmentsOfAnotherHistory) {
  os::simulated_disk disk;
  three_segments(disk, {.tag = "one"});
  os::simulated_disk other;
  three_segments(other, {.tag = "two"});
  ASSERT_TRUE(disk.put(log_path(2), other.files().at(log_path(2))));
  const auto opened = open_log(disk, {.from = {position(9), 3, 0, 0}});
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_TRUE(opened.log->damage) << "no position is missing, but the chain is broken";
}

TEST(LogFolder, KeepsASpareThatIsReadyForUse) {
  os::simulated_disk disk;
  const auto built = three_segments(disk);
  ASSERT_TRUE(built->files().make_spare(4, built->options().segment_size_bytes));
  const auto before = disk.fingerprint();
  const auto opened = open_log(disk);
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_TRUE(opened.log->clean);
  EXPECT_EQ(disk.fingerprint(), before);
  ASSERT_TRUE(opened.log->spare);
  EXPECT_NE(opened.log->spare->path().find(log::segment_file_name(4)), std::string::npos);
}

TEST(LogFolder, RemovesSparesOfAnotherSizeAndBeyondTheNext) {
  os::simulated_disk disk;
  const auto built = three_segments(disk);
  const auto before = disk.fingerprint();
  ASSERT_TRUE(built->files().make_spare(4, 4096));
  ASSERT_TRUE(built->files().make_spare(5, built->options().segment_size_bytes));
  const auto opened = open_log(disk);
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_TRUE(opened.log->clean);
  EXPECT_FALSE(opened.log->spare);
  EXPECT_EQ(disk.fingerprint(), before);
}

TEST(LogFolder, TakesTheNumberOfASpareForWhatIsWrittenAgain) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced());
  ASSERT_TRUE(built.commit());
  for (const std::uint32_t number : {2U, 3U, 4U}) {
    ASSERT_TRUE(built.files().make_spare(number, built.options().segment_size_bytes));
  }
  const auto opened = open_log(disk);
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_EQ(opened.log->segments.size(), 2U);
  EXPECT_EQ(opened.events, built.events());
  EXPECT_EQ(disk.files().count(log_path(3)), 1U) << "it is still good";
  EXPECT_EQ(disk.files().count(log_path(4)), 0U);
  ASSERT_TRUE(opened.log->spare);
  EXPECT_EQ(open_log(disk).events, built.events());
}

TEST(LogFolder, LosesAnEmptyOrShortFileBehindTheEnd) {
  for (const std::size_t size : {0U, 1U, 255U, 256U, 300U}) {
    for (const int filling : {0, 1}) {
      os::simulated_disk disk;
      const auto built = three_segments(disk);
      ASSERT_TRUE(disk.put(log_path(4), std::vector<std::byte>(size, std::byte(filling))));
      const auto opened = open_log(disk);
      ASSERT_TRUE(opened.log) << opened.log.error();
      EXPECT_FALSE(opened.log->damage);
      EXPECT_EQ(opened.events, built->events());
      EXPECT_EQ(open_log(disk).events, built->events());
      EXPECT_TRUE(open_log(disk).log->clean);
    }
  }
}

TEST(LogFormat, RefusesAnUnknownFrameKindOrFlag) {
  for (const bool proven : {false, true}) {
    for (const bool flag : {false, true}) {
      os::simulated_disk disk;
      log_builder built(open_log_folder(disk));
      ASSERT_TRUE(built.begin_segment());
      ASSERT_TRUE(built.commit_synced());
      ASSERT_TRUE(flag ? built.bare_frame(format::frame_kind::mark, 0x80)
                       : built.bare_frame(static_cast<format::frame_kind>(4)));
      if (proven) {
        ASSERT_TRUE(built.commit_synced());
      }
      const auto before = disk.fingerprint();
      for (const bool accept : {false, true}) {
        const auto opened = open_log(disk, {.accept_loss = accept});
        ASSERT_FALSE(opened.log);
        EXPECT_EQ(opened.log.error(), errc::unsupported_format);
        EXPECT_NE(opened.log.error().info().path.find(log::segment_file_name(1)),
                  std::string::npos);
        EXPECT_EQ(opened.log.error().info().offset, built.frames()[1].offset);
        EXPECT_EQ(disk.fingerprint(), before);
      }
    }
  }
}

TEST(LogFormat, OpensWithAnUnknownCompatibleFeature) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  built.set_compatible_features(1U << 5U);
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced());
  ASSERT_TRUE(built.mark());
  EXPECT_EQ(open_log(disk).events, built.events());
}

TEST(LogFormat, RefusesAnUnknownIncompatibleFeatureAndSaysWhatIsNeeded) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  built.set_incompatible_features(1U << 5U);
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced());
  const auto before = disk.fingerprint();
  const auto opened = open_log(disk);
  ASSERT_FALSE(opened.log);
  EXPECT_EQ(opened.log.error(), errc::unsupported_format);
  EXPECT_NE(opened.log.error().info().detail.find("0.1"), std::string::npos);
  EXPECT_NE(opened.log.error().info().path.find(log::segment_file_name(1)), std::string::npos);
  EXPECT_EQ(disk.fingerprint(), before);
}

}  // namespace
}  // namespace mainstem::test
