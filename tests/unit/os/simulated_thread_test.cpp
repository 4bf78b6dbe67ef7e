// SPDX-License-Identifier: Apache-2.0
// Worth most under ThreadSanitizer.
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "simulated_support.h"

namespace mainstem::os::test {
namespace {

TEST(SimulatedThreads, ReadThroughAMappingBehindAWriter) {
  static constexpr std::size_t blocks = 200;
  simulated_folder on;
  const auto file = on.create("a");
  ASSERT_TRUE(file->allocate(blocks * 100));
  const auto mapping = file->map().value();
  std::atomic<std::size_t> published{0};
  std::thread writer([&] {
    for (std::size_t i = 0; i < blocks; ++i) {
      const std::string block(100, static_cast<char>('a' + i % 26));
      EXPECT_TRUE(file->write_at(i * 100, bytes_of(block)));
      if (i % 10 == 0) {
        EXPECT_TRUE(file->sync());
      }
      published.store(i + 1, std::memory_order_release);
    }
  });
  for (std::size_t seen = 0; seen < blocks;) {
    const std::size_t until = published.load(std::memory_order_acquire);
    for (; seen < until; ++seen) {
      const std::string expected(100, static_cast<char>('a' + seen % 26));
      ASSERT_EQ(text_of(mapping->bytes().subspan(seen * 100, 100)), expected);
    }
  }
  writer.join();
}

TEST(SimulatedThreads, WorkOnClonesThatShareBytes) {
  simulated_folder on;
  const auto file = on.create_durable("a", granules("abcd"));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([copy = on.disk.clone(), i] {
      const auto folder = copy->open_directory("d", false).value();
      const auto own = folder->open_file("a", open_mode::read_write).value();
      for (int round = 0; round < 20; ++round) {
        write_text(*own, granule, granules("x"));
        EXPECT_TRUE(own->sync());
        const auto after = copy->crash(static_cast<std::uint64_t>(i));
        EXPECT_EQ(letters_of(text_in(*after, "a")), "axcd");
      }
    });
  }
  for (int round = 0; round < 20; ++round) {
    write_text(*file, 0, granules("y"));
    EXPECT_TRUE(file->sync());
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(letters_of(text_in(on.disk, "a")), "ybcd");
}

}  // namespace
}  // namespace mainstem::os::test
