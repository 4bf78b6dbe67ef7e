// SPDX-License-Identifier: Apache-2.0
// What both implementations of environment promise.
#include "index/environment.h"

#include <thread>

#include <gtest/gtest.h>

#include "index/lmdb_environment.h"
#include "index/memory_environment.h"
#include "index_support.h"
#include "os/posix_disk.h"

namespace mainstem::index {
namespace {

using testing::scratch_folder;

struct in_memory {
  memory_provider provider;
};

struct in_lmdb {
  scratch_folder folder;
  os::posix_disk disk;
  lmdb_provider provider{disk.open_directory(folder.path().string(), false).value()};
};

template <class Place>
class Environment : public ::testing::Test {
 protected:
  Place place;
  std::unique_ptr<environment> env = place.provider.open("one").value();

  void put(table into, std::string_view key, std::string_view value) {
    auto writing = env->begin_write().value();
    writing->put(into, as_bytes(key), as_bytes(value), false).value();
    writing->commit().value();
  }
  std::string get(table from, std::string_view key) {
    auto reading = env->begin_read().value();
    const auto found = reading->get(from, as_bytes(key)).value();
    return found ? std::string(as_text(*found)) : "(nothing)";
  }
};

using places = ::testing::Types<in_memory, in_lmdb>;
TYPED_TEST_SUITE(Environment, places);

std::string key_of(const result<std::optional<row>>& found) {
  return found.value() ? std::string(as_text((*found)->key)) : "(nothing)";
}

TYPED_TEST(Environment, HasWhatWasCommitted) {
  this->put(table::heads, "b", "2");
  EXPECT_EQ(this->get(table::heads, "b"), "2");
  EXPECT_EQ(this->get(table::heads, "a"), "(nothing)");
}

TYPED_TEST(Environment, KeepsTablesApart) {
  for (std::size_t i = 0; i < table_count; ++i) {
    this->put(static_cast<table>(i), "key", std::to_string(i));
  }
  for (std::size_t i = 0; i < table_count; ++i) {
    EXPECT_EQ(this->get(static_cast<table>(i), "key"), std::to_string(i));
  }
}

TYPED_TEST(Environment, ForgetsWhatWasNotCommitted) {
  {
    auto writing = this->env->begin_write().value();
    writing->put(table::heads, as_bytes("a"), as_bytes("1"), false).value();
    EXPECT_EQ(as_text(*writing->get(table::heads, as_bytes("a")).value()), "1");
  }
  EXPECT_EQ(this->get(table::heads, "a"), "(nothing)");
}

TYPED_TEST(Environment, ReplacesAndErases) {
  this->put(table::heads, "a", "1");
  this->put(table::heads, "a", "2");
  EXPECT_EQ(this->get(table::heads, "a"), "2");
  auto writing = this->env->begin_write().value();
  writing->erase(table::heads, as_bytes("a")).value();
  writing->erase(table::heads, as_bytes("never there")).value();
  writing->commit().value();
  EXPECT_EQ(this->get(table::heads, "a"), "(nothing)");
}

TYPED_TEST(Environment, ReadsOneStateWhateverIsCommittedMeanwhile) {
  this->put(table::heads, "a", "1");
  auto reading = this->env->begin_read().value();
  this->put(table::heads, "a", "2");
  EXPECT_EQ(as_text(*reading->get(table::heads, as_bytes("a")).value()), "1");
  EXPECT_EQ(this->get(table::heads, "a"), "2");
}

TYPED_TEST(Environment, RefusesToAppendBelowTheEnd) {
  auto writing = this->env->begin_write().value();
  writing->put(table::entries, as_bytes("b"), as_bytes("1"), true).value();
  EXPECT_EQ(writing->put(table::entries, as_bytes("a"), as_bytes("1"), true).error(),
            errc::corrupt_index);
}

TYPED_TEST(Environment, MovesCursorsInOrderOfKeys) {
  const std::string_view keys[] = {"d", "b", std::string_view("b\0x", 3), "f", "bb"};
  for (const auto key : keys) this->put(table::names, key, "v");
  auto reading = this->env->begin_read().value();
  auto rows = reading->open_cursor(table::names).value();
  EXPECT_EQ(key_of(rows->seek(as_bytes("a"))), "b");
  EXPECT_EQ(key_of(rows->next()), std::string("b\0x", 3));
  EXPECT_EQ(key_of(rows->next()), "bb");
  EXPECT_EQ(key_of(rows->previous()), std::string("b\0x", 3));
  EXPECT_EQ(key_of(rows->seek(as_bytes("c"))), "d");
  EXPECT_EQ(key_of(rows->previous()), "bb");
  EXPECT_EQ(key_of(rows->seek(as_bytes("f"))), "f");
  EXPECT_EQ(key_of(rows->next()), "(nothing)");
  EXPECT_EQ(key_of(rows->next()), "(nothing)");
  EXPECT_EQ(key_of(rows->previous()), "f");
  EXPECT_EQ(key_of(rows->seek(as_bytes("b"))), "b");
  EXPECT_EQ(key_of(rows->previous()), "(nothing)");
}

TYPED_TEST(Environment, FindsTheLastRowAfterASeekThatFoundNothing) {
  auto writing = this->env->begin_write().value();
  for (int i = 0; i < 500; ++i) {
    const std::string key = std::to_string(1000 + i);
    writing->put(table::names, as_bytes(key), as_bytes("v"), true).value();
  }
  writing->commit().value();
  auto reading = this->env->begin_read().value();
  auto rows = reading->open_cursor(table::names).value();
  EXPECT_EQ(key_of(rows->seek(as_bytes("2"))), "(nothing)");
  EXPECT_EQ(key_of(rows->previous()), "1499");
  EXPECT_EQ(key_of(rows->previous()), "1498");
}

TYPED_TEST(Environment, HasNoRowsInAnEmptyTable) {
  auto reading = this->env->begin_read().value();
  auto rows = reading->open_cursor(table::names).value();
  EXPECT_EQ(key_of(rows->seek(as_bytes("a"))), "(nothing)");
  EXPECT_EQ(key_of(rows->previous()), "(nothing)");
  EXPECT_EQ(key_of(rows->next()), "(nothing)");
}

TYPED_TEST(Environment, SeeksAnewAfterChangesInTheSameTransaction) {
  auto writing = this->env->begin_write().value();
  auto rows = writing->open_cursor(table::names).value();
  EXPECT_EQ(key_of(rows->seek(as_bytes("a"))), "(nothing)");
  writing->put(table::names, as_bytes("b"), as_bytes("1"), false).value();
  EXPECT_EQ(key_of(rows->seek(as_bytes("a"))), "b");
  writing->erase(table::names, as_bytes("b")).value();
  EXPECT_EQ(key_of(rows->seek(as_bytes("a"))), "(nothing)");
  rows.reset();
  writing->commit().value();
}

TYPED_TEST(Environment, EndsAReadInAnotherThread) {
  this->put(table::heads, "a", "1");
  auto reading = this->env->begin_read().value();
  std::thread([moved = std::move(reading)] {
    EXPECT_EQ(as_text(*moved->get(table::heads, as_bytes("a")).value()), "1");
  }).join();
  EXPECT_EQ(this->get(table::heads, "a"), "1");
}

TYPED_TEST(Environment, MakesWritersWaitForTheirTurn) {
  constexpr int rounds = 50;
  const auto count_up = [this] {
    for (int i = 0; i < rounds; ++i) {
      auto writing = this->env->begin_write().value();
      const auto before = writing->get(table::meta, as_bytes("n")).value();
      const int n = before ? std::stoi(std::string(as_text(*before))) : 0;
      writing->put(table::meta, as_bytes("n"), as_bytes(std::to_string(n + 1)), false).value();
      writing->commit().value();
    }
  };
  std::thread other(count_up);
  count_up();
  other.join();
  EXPECT_EQ(this->get(table::meta, "n"), std::to_string(2 * rounds));
}

TYPED_TEST(Environment, IsThereWhenOpenedAgain) {
  this->put(table::heads, "a", "1");
  this->env->sync().value();
  EXPECT_GT(this->env->size_bytes().value(), 0U);
  this->env.reset();
  this->env = this->place.provider.open("one").value();
  EXPECT_EQ(this->get(table::heads, "a"), "1");
}

TYPED_TEST(Environment, IsEmptyAfterDiscard) {
  this->put(table::heads, "a", "1");
  this->env.reset();
  this->place.provider.discard("one").value();
  this->place.provider.discard("one").value();
  this->env = this->place.provider.open("one").value();
  EXPECT_EQ(this->get(table::heads, "a"), "(nothing)");
}

TYPED_TEST(Environment, KnowsNothingOfOthers) {
  auto other = this->place.provider.open("other").value();
  this->put(table::heads, "a", "1");
  auto reading = other->begin_read().value();
  EXPECT_FALSE(reading->get(table::heads, as_bytes("a")).value().has_value());
}

}  // namespace
}  // namespace mainstem::index
