// SPDX-License-Identifier: Apache-2.0
#include "os/transfer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "disk_support.h"

namespace mainstem::os::test {
namespace {

/// A system that moves a few bytes at a time, is interrupted in between, and may fail at some
/// point.
struct reluctant_system {
  std::string data;
  std::size_t fails_behind = std::string::npos;
  int error = EIO;
  std::size_t interruptions = 0;
  fake_random random{3};

  std::size_t next_count(std::size_t at, std::size_t wanted) {
    if (at >= fails_behind) {
      errno = error;
      return std::string::npos;
    }
    if (random.chance(50)) {
      ++interruptions;
      errno = EINTR;
      return std::string::npos;
    }
    return std::min({wanted, fails_behind - at, std::size_t{1} + random.below(7)});
  }

  ssize_t read(std::span<std::byte> into, std::uint64_t at) {
    if (at >= data.size()) return 0;
    const std::size_t count = next_count(at, std::min(into.size(), data.size() - at));
    if (count == std::string::npos) return -1;
    std::memcpy(into.data(), data.data() + at, count);
    return static_cast<ssize_t>(count);
  }

  ssize_t write(std::span<const iovec> chunk, std::uint64_t at) {
    EXPECT_LE(chunk.size(), static_cast<std::size_t>(IOV_MAX));
    std::string all;
    for (const iovec& part : chunk) {
      EXPECT_GT(part.iov_len, 0U);
      all.append(static_cast<const char*>(part.iov_base), part.iov_len);
    }
    const std::size_t count = next_count(at, all.size());
    if (count == std::string::npos) return -1;
    data.resize(std::max<std::size_t>(data.size(), at + count));
    data.replace(at, count, all, 0, count);
    return static_cast<ssize_t>(count);
  }
};

std::string numbers(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(i) + " ";
  return text;
}

TEST(ReadFully, ContinuesShortReadsAndInterruptions) {
  reluctant_system system{.data = numbers(200)};
  std::string into(500, '?');
  const auto outcome = read_fully(
      10, std::as_writable_bytes(std::span(into)),
      [&](std::span<std::byte> rest, std::uint64_t at) { return system.read(rest, at); });
  EXPECT_EQ(outcome.error, 0);
  EXPECT_EQ(outcome.bytes, 500U);
  EXPECT_EQ(into, system.data.substr(10, 500));
  EXPECT_GT(system.interruptions, 10U);
}

TEST(ReadFully, StopsAtTheEnd) {
  reluctant_system system{.data = "0123456789"};
  std::string into(500, '?');
  const auto outcome = read_fully(
      4, std::as_writable_bytes(std::span(into)),
      [&](std::span<std::byte> rest, std::uint64_t at) { return system.read(rest, at); });
  EXPECT_EQ(outcome.error, 0);
  EXPECT_EQ(into.substr(0, outcome.bytes), "456789");
}

TEST(ReadFully, ReportsTheErrorBehindAShortRead) {
  reluctant_system system{.data = numbers(200), .fails_behind = 50};
  std::string into(500, '?');
  const auto outcome = read_fully(
      0, std::as_writable_bytes(std::span(into)),
      [&](std::span<std::byte> rest, std::uint64_t at) { return system.read(rest, at); });
  EXPECT_EQ(outcome.error, EIO);
  EXPECT_EQ(outcome.bytes, 50U);
}

TEST(WriteFully, ContinuesShortWritesAndInterruptions) {
  const std::string text = numbers(3000);
  std::vector<std::span<const std::byte>> parts;
  for (std::size_t at = 0, size = 0; at < text.size(); at += size, size = (size + 1) % 7) {
    parts.push_back(bytes_of(std::string_view(text).substr(at, size)));
  }
  ASSERT_GT(parts.size(), static_cast<std::size_t>(IOV_MAX) * 2);

  reluctant_system system;
  const auto outcome = write_fully(0, parts, [&](std::span<const iovec> chunk, std::uint64_t at) {
    return system.write(chunk, at);
  });
  EXPECT_EQ(outcome.error, 0);
  EXPECT_EQ(outcome.bytes, text.size());
  EXPECT_TRUE(system.data == text);
  EXPECT_GT(system.interruptions, 100U);
}

TEST(WriteFully, ReportsTheErrorBehindAShortWrite) {
  reluctant_system system{.fails_behind = 37, .error = ENOSPC};
  const std::string text = numbers(100);
  const std::span<const std::byte> parts[] = {bytes_of(text)};
  const auto outcome = write_fully(0, parts, [&](std::span<const iovec> chunk, std::uint64_t at) {
    return system.write(chunk, at);
  });
  EXPECT_EQ(outcome.error, ENOSPC);
  EXPECT_EQ(outcome.bytes, 37U);
  EXPECT_EQ(system.data, text.substr(0, 37));
}

TEST(WriteFully, GivesUpWhereTheSystemMakesNoProgress) {
  const std::span<const std::byte> parts[] = {bytes_of("abc")};
  int calls = 0;
  const auto outcome = write_fully(0, parts, [&](std::span<const iovec>, std::uint64_t) {
    ++calls;
    return ssize_t{0};
  });
  EXPECT_EQ(outcome.error, EIO);
  EXPECT_EQ(calls, 1);
}

TEST(WriteFully, CallsNothingForNothing) {
  const std::span<const std::byte> parts[] = {{}, {}};
  const auto outcome = write_fully(0, parts, [&](std::span<const iovec>, std::uint64_t) {
    ADD_FAILURE() << "called";
    return ssize_t{-1};
  });
  EXPECT_EQ(outcome.error, 0);
  EXPECT_EQ(outcome.bytes, 0U);
}

}  // namespace
}  // namespace mainstem::os::test
