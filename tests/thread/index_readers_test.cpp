// SPDX-License-Identifier: Apache-2.0
// Readers in threads of their own, while the index is flushed and merged.
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "../unit/index/index_support.h"
#include "index/lmdb_environment.h"
#include "index/stream_index.h"
#include "os/posix_disk.h"

namespace mainstem::index {
namespace {

constexpr std::uint64_t streams = 20;
constexpr std::uint64_t flushes = 60;

std::string name_of(std::uint64_t stream) { return "order-" + std::to_string(stream); }

/// Event n of the whole log belongs to stream n % streams, and stands at 8 n. So a reader knows
/// every answer.
void flush_one(stream_index& index, std::uint64_t flush) {
  std::vector<std::vector<indexed_event>> events(streams);
  std::vector<stream_chunk> chunks;
  const std::uint64_t first_version = 2 * flush + 1;
  for (std::uint64_t stream = 0; stream < streams; ++stream) {
    for (std::uint64_t v = first_version; v < first_version + 2; ++v) {
      const std::uint64_t number = (v - 1) * streams + stream;
      events[stream].push_back({event_address(1, 8 * number), static_cast<std::uint32_t>(v)});
    }
  }
  std::vector<std::string> names;
  for (std::uint64_t stream = 0; stream < streams; ++stream) names.push_back(name_of(stream));
  const position last(2 * streams * (flush + 1));
  for (std::uint64_t stream = 0; stream < streams; ++stream) {
    chunks.push_back({names[stream], version(first_version), last, events[stream]});
  }
  const log_point from{position(2 * streams * flush)};
  index.flush(from, log_point{last}, chunks).value();
}

/// Answers how many flushes the snapshot has. Throws on an error; a wrong answer fails the test.
std::uint64_t read_one(const index_snapshot& snapshot) {
  const std::uint64_t seen = snapshot.flushed().last.value() / (2 * streams);
  for (std::uint64_t stream = 0; stream < streams; ++stream) {
    const auto head = snapshot.head(name_of(stream)).value();
    EXPECT_EQ(head.has_value(), seen > 0);
    if (!head) continue;
    EXPECT_EQ(head->last_version.value(), 2 * seen);
    std::vector<event_address> found;
    snapshot.addresses(*head, version(1), 1000, found).value();
    EXPECT_EQ(found.size(), 2 * seen);
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i], event_address(1, 8 * (i * streams + stream)));
    }
    std::vector<found_event> ids;
    snapshot.find_id(*head, static_cast<std::uint32_t>(2 * seen), ids).value();
    EXPECT_EQ(ids.size(), 1U);
  }
  return seen;
}

void read_while_writing(environment_provider& provider) {
  auto index = testing::open_index(provider, {.merge_fanout = 2, .events_per_row = 3});
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      std::uint64_t before = 0;
      while (!done) {
        const std::uint64_t seen = read_one(index->snapshot().value());
        EXPECT_GE(seen, before);
        before = seen;
      }
    });
  }
  for (std::uint64_t flush = 0; flush < flushes; ++flush) {
    flush_one(*index, flush);
    for (int steps = 0; steps < 3; ++steps) index->merge_step(40).value();
  }
  testing::merge_all(*index, 40);
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(read_one(index->snapshot().value()), flushes);
}

TEST(IndexReaders, SeeWholeFlushesWhileWritingGoesOnInMemory) {
  memory_provider provider;
  read_while_writing(provider);
}

TEST(IndexReaders, SeeWholeFlushesWhileWritingGoesOnInLmdb) {
  testing::scratch_folder folder;
  os::posix_disk disk;
  lmdb_provider provider(disk.open_directory(folder.path().string(), false).value());
  read_while_writing(provider);
}

}  // namespace
}  // namespace mainstem::index
