// SPDX-License-Identifier: Apache-2.0
// Whatever an environment holds: the right answer, or corrupt_index. (A wrong answer throws.)
#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "index/index_rows.h"
#include "index/lmdb_environment.h"
#include "index/stream_index.h"
#include "index_support.h"
#include "os/posix_disk.h"

namespace mainstem::index {
namespace {

using testing::index_model;
using testing::open_index;
using testing::plan_flush;
using testing::planned_flush;
using testing::read_all;

constexpr index_options small{.merge_fanout = 3, .events_per_row = 2};

struct stored_row {
  table in;
  std::string key;
  std::string value;
};

std::vector<stored_row> rows_of(environment& env) {
  std::vector<stored_row> rows;
  auto reading = env.begin_read().value();
  for (std::size_t i = 0; i < table_count; ++i) {
    const auto in = static_cast<table>(i);
    auto cursor = reading->open_cursor(in).value();
    for (auto each = cursor->seek(as_bytes(std::string_view("\0", 1))).value(); each;
         each = cursor->next().value()) {
      rows.push_back({in, std::string(as_text(each->key)), std::string(as_text(each->value))});
    }
  }
  return rows;
}

/// Tiers, rows that are split, and a merge under way.
index_model fill(environment_provider& provider, int merge_steps) {
  index_model model;
  std::mt19937_64 random(11);
  auto index = open_index(provider, small);
  for (int i = 0; i < 5; ++i) {
    const planned_flush flush = plan_flush(model, random, 4, 4);
    flush.apply(*index).value();
    model.accept(flush);
  }
  for (int i = 0; i < merge_steps; ++i) index->merge_step(5).value();
  return model;
}

/// Everything that can be done with an index, until the first error. Nothing: all answers were
/// right.
result<void> use(environment_provider& provider, const index_model& model, const uuid& store_id) {
  auto env = provider.open("index");
  if (!env) return env.error();
  auto index = stream_index::open(std::move(*env), store_id, small);
  if (!index) return index.error();
  auto snapshot = (*index)->snapshot();
  if (!snapshot) return snapshot.error();
  if (auto read = read_all(*snapshot, model); !read) return read;
  while (true) {
    auto more = (*index)->merge_step(5);
    if (!more) return more.error();
    if (!*more) break;
  }
  auto merged = (*index)->snapshot();
  if (!merged) return merged.error();
  return read_all(*merged, model);
}

/// Answers whether the damage was noticed.
bool expect_right_or_refused(environment_provider& provider, const index_model& model,
                             const std::string& what) {
  try {
    const auto used = use(provider, model, testing::a_store_id());
    if (used) return false;
    EXPECT_TRUE(used.error() == errc::corrupt_index || used.error() == errc::foreign_file)
        << what << ": " << used.error();
    return true;
  } catch (const std::exception& wrong) {
    ADD_FAILURE() << what << ": " << wrong.what();
    return true;
  }
}

class StreamIndexDamage : public ::testing::TestWithParam<int> {
 protected:
  memory_provider provider;
  index_model model = fill(provider, GetParam());
  std::vector<stored_row> rows = rows_of(*provider.open("index").value());

  /// False for rows that only wait to be erased.
  [[nodiscard]] bool matters(const stored_row& row) const {
    if (row.in != table::entries) return true;
    return std::ranges::any_of(rows, [&](const stored_row& other) {
      return other.in == table::runs && other.key == row.key.substr(0, 4);
    });
  }
};

INSTANTIATE_TEST_SUITE_P(MergeSteps, StreamIndexDamage, ::testing::Values(0, 2, 4, 100));

std::string describe(const stored_row& row, std::size_t at) {
  return "table " + std::to_string(static_cast<int>(row.in)) + ", byte " + std::to_string(at);
}

TEST_P(StreamIndexDamage, OfAnyByteOfAnyValueIsNoticed) {
  for (const stored_row& row : rows) {
    for (std::size_t at = 0; at < row.value.size(); ++at) {
      std::string damaged = row.value;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
      auto copy = provider.clone();
      copy->tamper("index", row.in, as_bytes(row.key), as_bytes(damaged));
      const bool noticed = expect_right_or_refused(*copy, model, describe(row, at));
      EXPECT_EQ(noticed, matters(row)) << describe(row, at);
    }
  }
}

// A row whose checksum holds led back to the flush that it came from. Reading the stream from its
// start followed it for ever, and took memory with each step.
TEST_P(StreamIndexDamage, OfRowsThatLeadToThemselvesIsNoticed) {
  std::size_t noticed = 0;
  for (const stored_row& row : rows) {
    if (row.in != table::entries && row.in != table::merged) continue;
    const auto place = parse_entry_key(as_bytes(row.key)).value();
    const auto entry = decode_entry(row.in, as_bytes(row.key), as_bytes(row.value)).value();
    std::vector<indexed_event> events;
    for (std::size_t i = 0; i < entry.count(); ++i)
      events.push_back({entry.address(i), entry.id_hash(i)});
    for (std::uint32_t flush = 1; flush <= 6; ++flush) {
      if (flush == entry.previous_flush()) continue;
      value_bytes forged;
      encode_entry(row.in, place, flush, events, forged);
      auto copy = provider.clone();
      copy->tamper("index", row.in, as_bytes(row.key), forged);
      noticed += expect_right_or_refused(*copy, model, describe(row, flush)) ? 1U : 0U;
    }
  }
  EXPECT_GT(noticed, 0U);
}

// Of names that are elsewhere, and so simply not there, see OfAnyNameInTheFileIsNoticed.
TEST_P(StreamIndexDamage, OfAnyKeyDoesNotMakeWrongAnswers) {
  for (const stored_row& row : rows) {
    for (std::size_t at = 0; row.in != table::names && at < row.key.size(); ++at) {
      std::string damaged = row.key;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
      auto copy = provider.clone();
      copy->tamper("index", row.in, as_bytes(row.key), std::nullopt);
      copy->tamper("index", row.in, as_bytes(damaged), as_bytes(row.value));
      expect_right_or_refused(*copy, model, describe(row, at));
    }
  }
}

TEST_P(StreamIndexDamage, ValuesThatChangePlacesAreNoticed) {
  for (const stored_row& row : rows) {
    for (const stored_row& other : rows) {
      if (row.value == other.value) continue;
      auto copy = provider.clone();
      copy->tamper("index", row.in, as_bytes(row.key), as_bytes(other.value));
      const bool noticed = expect_right_or_refused(*copy, model, describe(row, 0));
      EXPECT_EQ(noticed, matters(row)) << describe(row, 0);
    }
  }
}

TEST_P(StreamIndexDamage, RowsThatAreMissingDoNotMakeWrongAnswers) {
  for (const stored_row& row : rows) {
    // Of a name that is gone without a trace, only the digest can tell, because it counts.
    auto copy = provider.clone();
    copy->tamper("index", row.in, as_bytes(row.key), std::nullopt);
    if (row.in == table::names) {
      auto index = open_index(*copy, small);
      EXPECT_EQ(canonical_digest(index->snapshot().value()).error(), errc::corrupt_index);
    } else {
      expect_right_or_refused(*copy, model, describe(row, 0));
    }
  }
}

TEST_P(StreamIndexDamage, ValuesOfAnyOtherLengthAreNoticed) {
  for (const stored_row& row : rows) {
    for (const std::size_t size :
         {0UL, 1UL, 7UL, 8UL, row.value.size() - 1, row.value.size() + 8}) {
      std::string damaged = row.value;
      damaged.resize(size);
      auto copy = provider.clone();
      copy->tamper("index", row.in, as_bytes(row.key), as_bytes(damaged));
      const bool noticed = expect_right_or_refused(*copy, model, describe(row, size));
      EXPECT_EQ(noticed, matters(row)) << describe(row, size);
    }
  }
}

TEST_P(StreamIndexDamage, OfTheStateAfterOpeningIsNoticedByEverything) {
  auto index = open_index(provider, small);
  provider.tamper("index", table::meta, as_bytes("state"), as_bytes("nonsense"));
  // What is open sees what is there now.
  EXPECT_EQ(index->snapshot().error(), errc::corrupt_index);
  EXPECT_EQ(index->merge_step(5).error(), errc::corrupt_index);
  EXPECT_EQ(index->flush(model.flushed, model.flushed, {}).error(), errc::corrupt_index);
}

TEST(StreamIndexDamageInLmdb, OfAnyRowIsNoticed) {
  testing::scratch_folder folder;
  os::posix_disk disk;
  lmdb_provider provider(disk.open_directory(folder.path().string(), false).value());
  const index_model model = fill(provider, 2);
  const auto put = [&](const stored_row& row, std::string_view value) {
    auto env = provider.open("index").value();
    auto writing = env->begin_write().value();
    writing->put(row.in, as_bytes(row.key), as_bytes(value), false).value();
    writing->commit().value();
  };
  const std::vector<stored_row> rows = rows_of(*provider.open("index").value());
  for (const stored_row& row : rows) {
    for (std::size_t at = 0; at < row.value.size(); at += 9) {
      std::string damaged = row.value;
      damaged[at] = static_cast<char>(~damaged[at]);
      put(row, damaged);
      // Reading only: a merge would go on, and the row would be gone when it is to be put right
      // again.
      try {
        auto index =
            stream_index::open(provider.open("index").value(), testing::a_store_id(), small);
        if (!index) {
          EXPECT_EQ(index.error(), errc::corrupt_index);
          continue;
        }
        auto read = read_all((*index)->snapshot().value(), model);
        EXPECT_TRUE(read || read.error() == errc::corrupt_index) << describe(row, at);
      } catch (const std::exception& wrong) {
        ADD_FAILURE() << describe(row, at) << ": " << wrong.what();
      }
    }
    put(row, row.value);
  }
  EXPECT_TRUE(use(provider, model, testing::a_store_id()).has_value());
}

/// Where `what` stands in `in`.
std::vector<std::size_t> places_of(const std::string& what, const std::string& in) {
  std::vector<std::size_t> places;
  for (auto at = in.find(what); at != std::string::npos; at = in.find(what, at + 1)) {
    places.push_back(at);
  }
  return places;
}

// LMDB has no checksums: a damaged name in a leaf or a branch of its tree could make a stream look
// as if it had never been.
TEST(StreamIndexDamageInLmdb, OfAnyNameInTheFileIsNoticed) {
  testing::scratch_folder folder;
  os::posix_disk disk;
  lmdb_provider provider(disk.open_directory(folder.path().string(), false).value());
  constexpr int streams = 400;
  planned_flush plan{.from = {}, .to = {position(streams)}, .parts = {}};
  for (int i = 0; i < streams; ++i) {
    const auto number = static_cast<std::uint64_t>(i + 1);
    plan.parts.push_back({"stream-" + std::to_string(1000 + i),
                          version(1),
                          position(number),
                          {{event_address(1, 8 * number), 1}}});
  }
  plan.apply(*open_index(provider)).value();

  const auto data = folder.path() / "index" / "data.mdb";
  const std::string whole = testing::read_file(data);
  int refused = 0;
  for (int i = 0; i < streams; i += 7) {
    const std::string& name = plan.parts[static_cast<std::size_t>(i)].stream;
    for (const std::size_t place : places_of(name, whole)) {
      std::string damaged = whole;
      damaged[place + name.size() - 1 - static_cast<std::size_t>(i % 4)] ^=
          static_cast<char>(1 << (i % 8));
      testing::write_file(data, damaged);
      auto index = open_index(provider);
      const auto snapshot = index->snapshot().value();
      for (const auto& part : plan.parts) {
        const auto head = snapshot.head(part.stream);
        if (head) {
          ASSERT_TRUE(head->has_value()) << part.stream << " is gone with " << name;
        } else {
          ASSERT_EQ(head.error(), errc::corrupt_index);
          ++refused;
        }
      }
    }
  }
  EXPECT_GE(refused, streams / 7);
}

}  // namespace
}  // namespace mainstem::index
