// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <mainstem/store.h>

/// What the tests of a store under many threads share.
namespace mainstem::api::test {

class temporary_folder {
 public:
  temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "mainstem-thread-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    path_ = name;
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// Everything happens as often as it can: segment changes, index flushes and merges, marks, syncs.
inline store_options busy_options() {
  store_options options;
  options.segment_size_bytes = 64U << 10U;
  options.queue_bytes = 1U << 20U;
  options.index_flush_events = 1'024;
  options.index_flush_interval = std::chrono::milliseconds(10);
  options.buffered_sync_interval = std::chrono::milliseconds(1);
  options.mark_interval = std::chrono::milliseconds(1);
  return options;
}

/// Event `number` of writer `writer`, with a payload that says so.
inline std::string payload_of(std::uint64_t writer, std::uint64_t number) {
  std::string payload = std::to_string(writer) + "/" + std::to_string(number) + " ";
  payload.resize(24 + (writer * 37 + number * 101) % 300, '.');
  return payload;
}
inline event_data event_of(std::uint64_t writer, std::uint64_t number) {
  return {"written", text(payload_of(writer, number))};
}
inline std::pair<std::uint64_t, std::uint64_t> writer_and_number(std::string_view payload) {
  const std::string whole(payload);
  return {std::stoull(whole), std::stoull(whole.substr(whole.find('/') + 1))};
}

/// Runs `body(n)` for each n below `count` in a thread of its own, and waits for all.
inline void in_threads(std::uint64_t count, const std::function<void(std::uint64_t)>& body) {
  std::vector<std::thread> threads;
  for (std::uint64_t index = 0; index < count; ++index) threads.emplace_back(body, index);
  for (auto& thread : threads) thread.join();
}

/// Reads the whole log and checks that positions and versions are dense, that each writer's events
/// come in the order of their numbers, without one missing or doubled, and that each stream reads
/// the same by itself. Answers how many events each writer has.
inline std::map<std::uint64_t, std::uint64_t> expect_sound(const store& log) {
  std::map<std::uint64_t, std::uint64_t> by_writer;
  std::map<std::string, std::vector<position>> by_stream;
  position last;
  auto reader = log.read_all();
  while (auto batch = reader.next().value()) {
    for (const auto& event : batch.events()) {
      EXPECT_EQ(event.position(), position(last.value() + 1));
      last = event.position();
      auto& stream = by_stream[std::string(event.stream())];
      stream.push_back(last);
      EXPECT_EQ(event.version(), version(stream.size())) << event.stream();
      const auto [writer, number] = writer_and_number(event.payload_text());
      EXPECT_EQ(number, by_writer[writer]++) << "of writer " << writer;
      EXPECT_EQ(event.payload_text(), payload_of(writer, number));
      if (testing::Test::HasFailure()) return by_writer;
    }
  }
  EXPECT_EQ(last, log.info().written);
  for (const auto& [name, positions] : by_stream) {
    std::size_t index = 0;
    auto stream_reader = log.read_stream(stream_name(name));
    while (auto batch = stream_reader.next().value()) {
      for (const auto& event : batch.events()) {
        EXPECT_TRUE(index < positions.size() && event.position() == positions[index]) << name;
        ++index;
      }
    }
    EXPECT_EQ(index, positions.size()) << name;
    EXPECT_EQ(log.stream_info(stream_name(name)).value().version, version(positions.size()));
  }
  return by_writer;
}

}  // namespace mainstem::api::test
