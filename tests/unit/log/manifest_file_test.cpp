// SPDX-License-Identifier: Apache-2.0
#include "log/manifest_file.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "support/recovery_support.h"

namespace mainstem::test {
namespace {

format::manifest a_manifest(std::uint8_t number = 1) {
  format::manifest fields;
  fields.store = a_store(number);
  fields.created = 1234;
  fields.writer_version = "0.1.0";
  return fields;
}

constexpr const char* first_path = "store/manifest";
constexpr const char* copy_path = "store/manifest.copy";

class ManifestFile : public ::testing::Test {
 protected:
  ManifestFile() : folder_(disk_.open_directory("store", true).value()) {}

  void create() {
    ASSERT_TRUE(log::create_manifest(*folder_, a_manifest()));
    whole_ = disk_.files().at(first_path);
  }
  void expect_readable(os::simulated_disk& disk, bool repair = true) {
    const auto folder = disk.open_directory("store", false).value();
    const auto read = log::read_manifest(*folder, repair);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->store.secret, a_manifest().store.secret);
    EXPECT_EQ(read->store.store_id, a_manifest().store.store_id);
    EXPECT_EQ(read->writer_version, "0.1.0");
  }

  os::simulated_disk disk_;
  std::shared_ptr<os::directory> folder_;
  std::vector<std::byte> whole_;
};

TEST_F(ManifestFile, IsReadBackAndDurable) {
  create();
  EXPECT_EQ(disk_.files().at(copy_path), whole_);
  EXPECT_EQ(disk_.unsynced_operations(), 0U);
  expect_readable(disk_);
}

TEST_F(ManifestFile, IsNotFoundInAnEmptyFolder) {
  const auto read = log::read_manifest(*folder_, true);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), errc::store_not_found);
  ASSERT_TRUE(folder_->open_directory("log", true));
  EXPECT_EQ(log::read_manifest(*folder_, true).error(), errc::store_not_found);
}

// Otherwise a store whose manifest was lost would be taken for a new one, and written over.
TEST_F(ManifestFile, IsCorruptIfThereAreSegmentsWithoutIt) {
  log_builder built(open_log_folder(disk_));
  ASSERT_TRUE(built.begin_segment());
  const auto read = log::read_manifest(*folder_, true);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), errc::corrupt_manifest);
}

TEST_F(ManifestFile, IsReadFromItsCopyAndMadeAgain) {
  create();
  for (const char* path : {first_path, copy_path}) {
    auto missing = disk_.clone();
    ASSERT_TRUE(missing->remove(path));
    expect_readable(*missing);
    EXPECT_EQ(missing->files().at(path), whole_);
    for (std::uint64_t byte = 0; byte < whole_.size(); ++byte) {
      auto damaged = disk_.clone();
      ASSERT_TRUE(damaged->flip_bit(path, byte * 8));
      expect_readable(*damaged, false);
      EXPECT_NE(damaged->files().at(path), whole_) << "it was not to be repaired";
      expect_readable(*damaged);
      EXPECT_EQ(damaged->files().at(path), whole_);
    }
    for (std::uint64_t size = 0; size < whole_.size(); ++size) {
      auto cut = disk_.clone();
      ASSERT_TRUE(cut->truncate(path, size));
      expect_readable(*cut);
      EXPECT_EQ(cut->files().at(path), whole_);
    }
  }
}

TEST_F(ManifestFile, IsCorruptIfNeitherOfTheTwoChecksOut) {
  create();
  const std::vector<std::byte> huge(format::manifest_bytes_limit * 2, std::byte{1});
  for (const auto& garbage : {std::vector<std::byte>(), std::vector<std::byte>(100), huge}) {
    ASSERT_TRUE(disk_.put(first_path, garbage));
    ASSERT_TRUE(disk_.put(copy_path, garbage));
    const auto read = log::read_manifest(*folder_, true);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error(), errc::corrupt_manifest);
    EXPECT_FALSE(read.error().info().path.empty());
  }
  ASSERT_TRUE(disk_.remove(first_path));
  EXPECT_EQ(log::read_manifest(*folder_, true).error(), errc::corrupt_manifest);
}

TEST_F(ManifestFile, OfANewerVersionIsRefusedAndNotRepaired) {
  auto newer = a_manifest();
  newer.incompatible_features = 2;
  newer.minimum_reader = 3U << 16U;
  ASSERT_TRUE(log::create_manifest(*folder_, newer));
  const auto before = disk_.fingerprint();
  const auto read = log::read_manifest(*folder_, true);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), errc::unsupported_format);
  EXPECT_NE(read.error().info().detail.find("3.0"), std::string::npos);
  EXPECT_EQ(disk_.fingerprint(), before);
}

TEST_F(ManifestFile, IsThereWholeOrNotAtAllAfterAnyCrash) {
  std::vector<std::unique_ptr<os::simulated_disk>> states;
  disk_.on_call([&](const os::call&) {
    states.push_back(disk_.clone());
    for (std::uint64_t seed = 0; seed < 30; ++seed) states.push_back(disk_.crash(seed));
  });
  create();
  disk_.on_call({});
  ASSERT_GT(states.size(), 200U);
  std::size_t found = 0;
  for (const auto& state : states) {
    const auto folder = state->open_directory("store", true).value();
    const auto read = log::read_manifest(*folder, true);
    if (read) {
      ++found;
      continue;
    }
    ASSERT_EQ(read.error(), errc::store_not_found) << read.error();
    // And it can be made then.
    ASSERT_TRUE(log::create_manifest(*folder, a_manifest()));
    expect_readable(*state);
  }
  EXPECT_GT(found, 50U);
}

TEST_F(ManifestFile, SurvivesEveryFailedCall) {
  bool failed = true;
  for (std::uint64_t n = 1; failed; ++n) {
    ASSERT_LT(n, 100U);
    for (const int number : {EIO, ENOSPC}) {
      auto disk = disk_.clone();
      const auto folder = disk->open_directory("store", false).value();
      disk->fail_call(n, {.error = number});
      const auto made = log::create_manifest(*folder, a_manifest());
      failed = !made;
      if (!failed) continue;
      EXPECT_EQ(made.error() == errc::disk_full, number == ENOSPC) << made.error();
      ASSERT_TRUE(log::create_manifest(*folder, a_manifest())) << "after call " << n;
      expect_readable(*disk);
    }
  }
  create();
  failed = true;
  for (std::uint64_t n = 1; failed; ++n) {
    ASSERT_LT(n, 100U);
    auto disk = disk_.clone();
    ASSERT_TRUE(disk->flip_bit(first_path, 100));
    const auto folder = disk->open_directory("store", false).value();
    const auto calls = disk->calls();
    disk->fail_call(n, {});
    const auto read = log::read_manifest(*folder, true);
    failed = disk->calls() >= calls + n;
    if (!read) {
      EXPECT_EQ(read.error(), error_condition::fatal) << read.error();
    }
    disk->clear_faults();
    expect_readable(*disk);
  }
}

}  // namespace
}  // namespace mainstem::test
