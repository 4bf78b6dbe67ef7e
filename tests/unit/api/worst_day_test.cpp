// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "api_support.h"

// What a program tells whoever reads its log on the worst day is error::message(). It says what
// happened, where, and what to do.
namespace mainstem::api::test {
namespace {

namespace fs = std::filesystem;

/// A closed store of some segments, with a checkpoint; and one of another history.
class WorstDay : public testing::Test {
 protected:
  void SetUp() override {
    make(path_, 1);
    make(other_, 10'001);
    files_ = segment_files(path_);
    ASSERT_GE(files_.size(), 4U);
  }
  static void make(const fs::path& path, std::uint64_t first) {
    auto log = store::open(path, quiet_options()).value();
    fill(log, first, 900);
    log.save_checkpoint("mailer", position(7)).value();
    log.close().value();
  }
  /// @param place what the message names as the place.
  static void expect_helpful(const error& told, const std::string& what, const fs::path& place,
                             const std::string& next) {
    const std::string said = told.message();
    EXPECT_NE(said.find(what), std::string::npos) << said;
    EXPECT_NE(said.find("[" + place.string()), std::string::npos) << said;
    EXPECT_NE(said.find(next), std::string::npos) << said;
  }
  void expect_refused(const std::string& what, const fs::path& place, const std::string& next) {
    const auto opened = store::open(path_, quiet_options());
    ASSERT_FALSE(opened);
    expect_helpful(opened.error(), what, place, next);
  }
  void expect_damage(const std::string& what, const fs::path& place, const std::string& next) {
    const auto opened = store::open(path_, quiet_options());
    ASSERT_TRUE(opened) << opened.error();
    ASSERT_TRUE(opened->recovery().damage);
    expect_helpful(*opened->recovery().damage, what, place, next);
  }
  static std::vector<error> errors_of(const store& log) {
    std::vector<error> told;
    auto reader = log.read_all();
    for (;;) {
      const auto batch = reader.next();
      if (!batch) told.push_back(batch.error());
      if (batch && batch->empty()) return told;
    }
  }
  static void zero(const fs::path& file, std::uint64_t offset, std::size_t bytes) {
    std::string content = read_file(file);
    content.replace(offset, bytes, bytes, '\0');
    write_file(file, content);
  }

  temporary_folder folder_;
  fs::path path_ = folder_ / "store";
  fs::path other_ = folder_ / "other";
  std::vector<fs::path> files_;
};

TEST_F(WorstDay, NoStoreIsThere) {
  const auto opened = store::open_read_only(folder_ / "none");
  ASSERT_FALSE(opened);
  expect_helpful(opened.error(), "no store in this folder", folder_ / "none", "check the path");
}

TEST_F(WorstDay, SomebodyElseHasIt) {
  const auto first = store::open(path_, quiet_options()).value();
  expect_refused("holds the lock", path_, "read beside it");
}

TEST_F(WorstDay, BothManifestsAreDamaged) {
  for (const fs::path& file : manifest_files(path_)) zero(file, fs::file_size(file) / 2, 64);
  expect_refused("manifest is damaged", path_ / "manifest", "back from a copy");
}

TEST_F(WorstDay, TheManifestsAreGone) {
  for (const char* const name : {"manifest", "manifest.copy"}) fs::remove(path_ / name);
  expect_refused("there are segments, but no manifest", path_, "back from a copy");
}

TEST_F(WorstDay, ASegmentIsMissing) {
  fs::remove(files_[1]);
  expect_refused("the segment is missing", files_[1], "put it back from a copy");
}

TEST_F(WorstDay, TheLastSegmentsAreMissing) {
  for (std::size_t i = 1; i < files_.size(); ++i) fs::remove(files_[i]);
  expect_damage("events that had been acknowledged are damaged or missing", files_[0],
                "put the file back from a copy");
}

TEST_F(WorstDay, ASegmentStandsInThePlaceOfAnother) {
  fs::copy_file(files_[2], files_[1], fs::copy_options::overwrite_existing);
  expect_refused("under another name", files_[1], "put the file back from a copy");
}

TEST_F(WorstDay, ASegmentIsOfAnotherStore) {
  fs::copy_file(segment_files(other_)[1], files_[1], fs::copy_options::overwrite_existing);
  expect_refused("a file belongs to another store", files_[1], "move it to where it belongs");
}

TEST_F(WorstDay, ASegmentHeaderIsDamaged) {
  zero(files_[1], 100, 8);
  expect_damage("a part of the log that had been durable is damaged", files_[1],
                "put the file back from a copy");
}

TEST_F(WorstDay, AnEventIsDamaged) {
  const auto log = store::open(path_, quiet_options()).value();
  damage_text(files_, "<50>");
  const auto found = log.read_event(position(50));
  ASSERT_FALSE(found);
  expect_helpful(found.error(), "the event does not carry its checksum", files_[0],
                 "restore a backup");
}

TEST_F(WorstDay, AFrameIsDamagedThatIsReadOver) {
  zero(files_[0], 4096, 4096);
  const auto log = store::open(path_, quiet_options()).value();
  std::vector<error> told = errors_of(log);
  ASSERT_GE(told.size(), 2U) << "the damage is passed over in silence";
  for (const error& each : told) expect_helpful(each, "damaged", files_[0], "restore a backup");
}

TEST_F(WorstDay, AFollowerMissesASegment) {
  fs::remove(files_[1]);
  const auto opened = store::open_read_only(path_);
  ASSERT_TRUE(opened);
  ASSERT_TRUE(opened->recovery().damage);
  expect_helpful(*opened->recovery().damage, "the segment is missing", files_[1],
                 "restore a backup");
}

TEST_F(WorstDay, CheckpointsAreOfAnotherStore) {
  fs::remove_all(path_ / "state");
  fs::copy(other_ / "state", path_ / "state", fs::copy_options::recursive);
  auto log = store::open(path_, quiet_options()).value();
  const auto found = log.checkpoint("mailer");
  ASSERT_FALSE(found);
  expect_helpful(found.error(), "belongs to another store", path_ / "state",
                 "Put the folder `state` back from a copy");
  const auto saved = log.save_checkpoint("mailer", position(8));
  ASSERT_FALSE(saved);
  expect_helpful(saved.error(), "belongs to another store", path_ / "state",
                 "Put the folder `state` back from a copy");
}

TEST_F(WorstDay, AReaderIsAskedToWrite) {
  auto log = store::open_read_only(path_).value();
  const auto refused = log.append(stream_name("new"), any, {numbered(5'000)});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("append where it is open for writing"),
            std::string::npos)
      << refused.error();
}

TEST_F(WorstDay, TheFolderIsAFile) {
  const auto opened = store::open(files_[0], quiet_options());
  ASSERT_FALSE(opened);
  expect_helpful(opened.error(), "Not a directory", files_[0], "a folder is wanted there");
}

TEST_F(WorstDay, DescriptorsRunOut) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need descriptors themselves";
#endif
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  std::size_t refused = 0;
  // At whichever file they run out: it is said, and with enough of them it opens.
  for (rlim_t most = 3; most < 64; ++most) {
    rlimit low = before;
    low.rlim_cur = most;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
    auto opened = store::open(path_, quiet_options());
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    if (!opened) {
      ++refused;
      expect_helpful(opened.error(), "Too many open files", path_, "raise the limit of open files");
      continue;
    }
    EXPECT_FALSE(opened->recovery().index_rebuilt) << most;
    EXPECT_EQ(opened->checkpoint("mailer").value(), position(7)) << most;
    EXPECT_EQ(opened->info().durable, position(900)) << most;
    opened->close().value();
  }
  EXPECT_GT(refused, 0U);
}

}  // namespace
}  // namespace mainstem::api::test
