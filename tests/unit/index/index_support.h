// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "index/canonical_digest.h"
#include "index/memory_environment.h"
#include "index/stream_index.h"

namespace mainstem::index::testing {

/// A folder that goes with the object.
class scratch_folder {
 public:
  scratch_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "mainstem-index-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for a test");
    path_ = name;
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

inline uuid a_store_id(std::uint8_t number = 1) {
  uuid::bytes_type bytes{};
  bytes[15] = std::byte{number};
  return uuid(bytes);
}

/// One flush: what each of its streams gets.
struct planned_flush {
  log_point from;
  log_point to;
  struct part {
    std::string stream;
    version first_version;
    position last_position;
    std::vector<indexed_event> events;
  };
  std::vector<part> parts;

  [[nodiscard]] result<void> apply(stream_index& index) const {
    std::vector<stream_chunk> chunks;
    for (const part& each : parts) {
      chunks.push_back({each.stream, each.first_version, each.last_position, each.events});
    }
    return index.flush(from, to, chunks);
  }
};

/// What an index should say, as plainly as can be.
struct index_model {
  struct stream {
    std::vector<indexed_event> events;
    position last_position;
  };
  std::map<std::string, stream> streams;
  log_point flushed;

  void accept(const planned_flush& flush) {
    for (const planned_flush::part& part : flush.parts) {
      stream& own = streams[part.stream];
      own.events.insert(own.events.end(), part.events.begin(), part.events.end());
      own.last_position = part.last_position;
    }
    flushed = flush.to;
  }
};

/// Plans a flush of up to `most_events` events for up to `most_streams` of ten streams. Few id
/// hashes, so that some are the same.
inline planned_flush plan_flush(const index_model& model, std::mt19937_64& random,
                                std::size_t most_streams, std::size_t most_events) {
  planned_flush plan{.from = model.flushed, .to = model.flushed, .parts = {}};
  std::uint64_t last = model.flushed.last.value();
  std::set<std::string> used;
  for (std::size_t i = random() % (most_streams + 1); i > 0; --i) {
    std::string name = "order-" + std::to_string(random() % 10);
    if (!used.insert(name).second) continue;
    const auto known = model.streams.find(name);
    const std::size_t before = known == model.streams.end() ? 0 : known->second.events.size();
    planned_flush::part part{std::move(name), version(before + 1), {}, {}};
    for (std::size_t n = 1 + random() % most_events; n > 0; --n) {
      const auto hash = static_cast<std::uint32_t>(random() % 5);
      ++last;
      part.events.push_back(
          {event_address(static_cast<std::uint32_t>(last / 50 + 1), last * 8), hash});
    }
    part.last_position = position(last);
    plan.parts.push_back(std::move(part));
  }
  plan.to = {position(last), static_cast<std::uint32_t>(last / 50 + 1), last * 8, random()};
  return plan;
}

/// The addresses of versions from `first` on, as the model says.
inline std::vector<event_address> expected_addresses(const index_model::stream& stream,
                                                     std::uint64_t first, std::size_t limit) {
  std::vector<event_address> expected;
  const std::uint64_t from = first == 0 ? 1 : first;
  for (std::uint64_t v = from; v <= stream.events.size() && expected.size() < limit; ++v) {
    expected.push_back(stream.events[v - 1].address);
  }
  return expected;
}

inline std::vector<std::pair<std::uint64_t, event_address>> expected_ids(
    const index_model::stream& stream, std::uint32_t hash) {
  std::vector<std::pair<std::uint64_t, event_address>> expected;
  for (std::size_t v = stream.events.size(); v > 0; --v) {
    if (stream.events[v - 1].id_hash == hash)
      expected.emplace_back(v, stream.events[v - 1].address);
  }
  return expected;
}

/// Makes every kind of read of one stream, and answers with the first error. A wrong answer throws.
inline result<void> read_stream(const index_snapshot& snapshot, const std::string& name,
                                const index_model::stream& stream) {
  const auto demand = [&](bool right, const char* what) {
    if (!right) throw std::runtime_error(name + ": " + what);
  };
  auto head = snapshot.head(name);
  if (!head) return head.error();
  demand(head->has_value(), "there is no head");
  demand((*head)->last_version.value() == stream.events.size(), "wrong last version");
  demand((*head)->last_position == stream.last_position, "wrong last position");
  for (std::uint64_t first = 0; first <= stream.events.size() + 1; ++first) {
    // Every limit would be a lot of the same: these are the ends of rows and runs, and one more.
    for (const std::size_t limit : {0UL, 1UL, 2UL, 3UL, 7UL, stream.events.size(), 1000UL}) {
      std::vector<event_address> found{event_address(9, 8)};
      auto read = snapshot.addresses(**head, version(first), limit, found);
      if (!read) {
        demand(found.size() == 1, "an error left addresses behind");
        return read;
      }
      found.erase(found.begin());
      demand(found == expected_addresses(stream, first, limit), "wrong addresses");
    }
  }
  for (std::uint32_t hash = 0; hash < 6; ++hash) {
    std::vector<found_event> found;
    auto read = snapshot.find_id(**head, hash, found);
    if (!read) return read;
    std::vector<std::pair<std::uint64_t, event_address>> pairs;
    for (const found_event& each : found) pairs.emplace_back(each.version.value(), each.address);
    demand(pairs == expected_ids(stream, hash), "wrong events for an id");
  }
  return {};
}

/// All reads of all streams, and of ten names of which the model may know none. A wrong answer
/// throws.
inline result<void> read_all(const index_snapshot& snapshot, const index_model& model) {
  if (!(snapshot.flushed() == model.flushed)) throw std::runtime_error("wrong log point");
  for (const auto& [name, stream] : model.streams) {
    if (auto read = read_stream(snapshot, name, stream); !read) return read;
  }
  for (int i = 0; i < 11; ++i) {
    const std::string name = "order-" + std::to_string(i);
    auto head = snapshot.head(name);
    if (!head) return head.error();
    if (head->has_value() != (model.streams.count(name) == 1)) {
      throw std::runtime_error("wrong about whether there is " + name);
    }
  }
  auto digest = canonical_digest(snapshot);
  if (!digest) return digest.error();
  return {};
}

inline std::unique_ptr<stream_index> open_index(environment_provider& in,
                                                index_options options = {},
                                                const uuid& store_id = a_store_id()) {
  return stream_index::open(in.open("index").value(), store_id, options).value();
}

inline void merge_all(stream_index& index, std::size_t budget_events) {
  while (index.merge_step(budget_events).value()) {
  }
}

}  // namespace mainstem::index::testing
