// SPDX-License-Identifier: Apache-2.0
#include "log/file_window.h"

#include <gtest/gtest.h>

#include "support/recovery_support.h"

namespace mainstem::test {
namespace {

constexpr std::uint64_t mebibyte = 1U << 20U;

std::vector<std::byte> with_magic_at(std::uint64_t size,
                                     std::initializer_list<std::uint64_t> places) {
  std::vector<std::byte> bytes(size);
  for (const std::uint64_t place : places) {
    store_at(bytes.data() + place + format::frame_prefix_layout::magic.offset, format::frame_magic);
  }
  return bytes;
}

std::shared_ptr<os::file> file_of(os::simulated_disk& disk, std::span<const std::byte> bytes) {
  auto folder = open_log_folder(disk);
  EXPECT_TRUE(disk.put(std::string(log_folder) + "/file", bytes));
  return folder->open_file("file", os::open_mode::read_only).value();
}

TEST(FileWindow, FindsTheMagicWhereverItStands) {
  // Around the places where one read ends and the next one begins.
  for (const std::uint64_t place :
       {std::uint64_t{8}, std::uint64_t{4096}, mebibyte - 88, mebibyte - 80, mebibyte - 72,
        mebibyte - 16, mebibyte - 8, mebibyte, mebibyte + 8, 2 * mebibyte - 8, 3 * mebibyte - 80}) {
    os::simulated_disk disk;
    const auto file = file_of(disk, with_magic_at(3 * mebibyte, {place}));
    log::file_window window(*file, 3 * mebibyte, 0);
    for (const std::uint64_t from : {std::uint64_t{0}, place - 1, place - 8, place / 2}) {
      EXPECT_EQ(window.find_magic(from, window.size()).value(), place) << from;
    }
    EXPECT_EQ(window.find_magic(place, window.size()).value(), window.size());
    EXPECT_EQ(window.find_magic(0, place).value(), place) << "the end, for it begins before that";
  }
}

TEST(FileWindow, FindsTheEndOfWhatIsNotZero) {
  for (const std::uint64_t end : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{4097},
                                  mebibyte - 1, mebibyte, mebibyte + 1, 3 * mebibyte}) {
    os::simulated_disk disk;
    std::vector<std::byte> bytes(3 * mebibyte);
    if (end > 0) bytes[end - 1] = std::byte{1};
    const auto file = file_of(disk, bytes);
    log::file_window window(*file, bytes.size(), 0);
    EXPECT_EQ(window.end_of_content(0).value(), end);
    EXPECT_EQ(window.end_of_content(end).value(), end);
    if (end > 8) {
      EXPECT_EQ(window.end_of_content(end - 8).value(), end);
    }
    EXPECT_EQ(window.end_of_content(bytes.size()).value(), bytes.size());
  }
}

TEST(FileWindow, GivesTheBytesOfTheFileInAnyOrder) {
  os::simulated_disk disk;
  std::vector<std::byte> bytes(3 * mebibyte + 123);
  fake_random random;
  random.fill(bytes);
  const auto file = file_of(disk, bytes);
  log::file_window window(*file, bytes.size(), 0);
  for (int i = 0; i < 500; ++i) {
    const std::uint64_t offset = random.below(bytes.size() + 100);
    const std::uint64_t count = random.below(i % 10 == 0 ? 2 * mebibyte : 5000);
    const auto got = window.at(offset, count);
    ASSERT_TRUE(got);
    const std::uint64_t there =
        offset >= bytes.size() ? 0 : std::min<std::uint64_t>(count, bytes.size() - offset);
    ASSERT_EQ(got->size(), there);
    ASSERT_TRUE(std::equal(got->begin(), got->end(),
                           bytes.begin() + static_cast<std::ptrdiff_t>(
                                               std::min<std::uint64_t>(offset, bytes.size()))));
  }
}

TEST(FileWindow, ReadsFramesLargerThanItsBuffer) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk),
                    {.segment_size_bytes = 16 * mebibyte, .payload_bytes = 2 * mebibyte});
  ASSERT_TRUE(built.begin_segment());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(built.commit_synced(2));
  ASSERT_TRUE(built.mark());
  const auto opened = open_log(disk, {}, built.options());
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_TRUE(opened.log->clean);
  EXPECT_EQ(opened.events, built.events());
}

// A length that stands in the file must not decide how much memory is asked for.
TEST(FileWindow, FindsNoTrailerInGarbage) {
  os::simulated_disk disk;
  for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{144},
                                     2 * mebibyte, UINT64_MAX, UINT64_MAX - 7}) {
    std::vector<std::byte> bytes(3 * mebibyte);
    store_at(bytes.data() + bytes.size() - 8, length);
    const auto file = file_of(disk, bytes);
    log::file_window window(*file, bytes.size(), 0);
    EXPECT_FALSE(window.final_trailer().value());
  }
  for (const std::size_t size : {0U, 1U, 7U, 8U, 9U}) {
    const auto file = file_of(disk, std::vector<std::byte>(size, std::byte{0xff}));
    EXPECT_FALSE(log::file_window(*file, size, 0).final_trailer().value());
  }
}

TEST(FileWindow, NoticesAFileThatBecameShorter) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced(20));
  const auto file = built.files()
                        .directory()
                        .open_file(log::segment_file_name(1), os::open_mode::read_only)
                        .value();
  log::file_window window(*file, file->size().value(), a_store().secret);
  const std::uint64_t offset = format::segment_header_layout::size;
  const auto prefix = window.prefix_at(offset).value();
  ASSERT_TRUE(prefix);
  ASSERT_TRUE(disk.truncate(log_path(1), offset + 100));
  log::file_window late(*file, 16U << 10U, a_store().secret);
  const auto frame = late.frame_at(offset, *prefix);
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error(), errc::corrupt_data);
}

}  // namespace
}  // namespace mainstem::test
