// SPDX-License-Identifier: Apache-2.0
#include "index/kept_state.h"

#include <atomic>
#include <latch>
#include <thread>

#include <gtest/gtest.h>

#include "index/memory_environment.h"
#include "index_support.h"

namespace mainstem::index {
namespace {

using schema_row = kept_state::schema_row;
using schema_rows = std::vector<schema_row>;

schema_row a_schema(std::string_view type, std::uint32_t version, std::string_view content) {
  const auto bytes = as_bytes(content);
  return {std::string(type), version, {bytes.begin(), bytes.end()}};
}

result<void> accept_all(const schema_rows& /*before*/) { return {}; }

class KeptState : public ::testing::Test {
 protected:
  memory_provider provider;

  [[nodiscard]] result<std::unique_ptr<kept_state>> open(environment_provider& in,
                                                         std::uint8_t store = 1) const {
    return kept_state::open(in.open("state").value(), testing::a_store_id(store));
  }
  [[nodiscard]] schema_rows schemas_in(environment_provider& in) const {
    return open(in).value()->schemas().value();
  }
};

TEST_F(KeptState, BelongsToOneStore) {
  open(provider).value();
  EXPECT_TRUE(open(provider));
  EXPECT_EQ(open(provider, 2).error(), errc::corrupt_state);
}

TEST_F(KeptState, AnswersSchemasByTypeAndVersion) {
  const auto kept = open(provider).value();
  const schema_rows rows = {a_schema("a", 1, "one"),   a_schema("a", 2, ""),
                            a_schema("a", 256, "two"), a_schema("a", 0xffffffff, "last"),
                            a_schema("ab", 1, "b"),    a_schema("b", 1, "three")};
  kept->save_schemas(schema_rows(rows.rbegin(), rows.rend()), accept_all).value();
  EXPECT_EQ(kept->schemas().value(), rows);
}

TEST_F(KeptState, KeepsSchemasOfBefore) {
  const auto kept = open(provider).value();
  kept->save_schemas(schema_rows{a_schema("a", 1, "one"), a_schema("b", 1, "two")}, accept_all)
      .value();
  kept->save_schemas(schema_rows{a_schema("a", 1, "new"), a_schema("c", 1, "three")}, accept_all)
      .value();
  EXPECT_EQ(kept->schemas().value(), (schema_rows{a_schema("a", 1, "new"), a_schema("b", 1, "two"),
                                                  a_schema("c", 1, "three")}));
}

TEST_F(KeptState, ChangesNothingIfTheJudgeRefuses) {
  const auto kept = open(provider).value();
  const schema_rows before = {a_schema("a", 1, "one")};
  kept->save_schemas(before, accept_all).value();
  schema_rows told;
  const auto refused =
      kept->save_schemas(schema_rows{a_schema("a", 1, "new"), a_schema("b", 1, "two")},
                         [&](schema_rows rows) -> result<void> {
                           told = std::move(rows);
                           return errc::incompatible_schema;
                         });
  EXPECT_EQ(refused.error(), errc::incompatible_schema);
  EXPECT_EQ(told, before);
  EXPECT_EQ(kept->schemas().value(), before);
}

TEST_F(KeptState, LetsNobodyInBetweenJudgementAndChange) {
  const auto kept = open(provider).value();
  constexpr std::size_t callers = 8;
  std::atomic<std::size_t> kept_count = 0;
  {
    std::latch all_are_ready(callers);
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < callers; ++i) {
      threads.emplace_back([&, i] {
        all_are_ready.arrive_and_wait();
        const auto first_only = [](const schema_rows& before) -> result<void> {
          if (before.empty()) return {};
          return errc::incompatible_schema;
        };
        const schema_rows mine = {a_schema("a", 1, std::to_string(i))};
        if (kept->save_schemas(mine, first_only)) ++kept_count;
      });
    }
  }
  EXPECT_EQ(kept_count, 1U);
}

TEST_F(KeptState, SavesAllSchemasOrNoneWhicheverCallFails) {
  const schema_rows before = {a_schema("a", 1, "one")};
  const schema_rows after = {a_schema("a", 1, "new"), a_schema("b", 1, "two")};
  const error disk_full(errc::disk_full);
  open(provider).value()->save_schemas(before, accept_all).value();
  for (std::uint64_t nth = 1;; ++nth) {
    const auto copy = provider.clone();
    const auto kept = open(*copy).value();
    copy->fail_call(nth, disk_full);
    const auto saved = kept->save_schemas(after, accept_all);
    const bool reached = copy->calls() >= nth;
    copy->fail_call(0, disk_full);
    const auto found = schemas_in(*copy);
    if (!reached) {
      ASSERT_GT(nth, 5U) << "begin, look, put, commit, sync";
      EXPECT_TRUE(saved);
      EXPECT_EQ(found, after);
      break;
    }
    ASSERT_FALSE(saved) << "call " << nth;
    EXPECT_EQ(saved.error(), errc::disk_full);
    EXPECT_TRUE(found == before || found == after) << "call " << nth;
  }
}

TEST_F(KeptState, IsDurableWhenItAnswers) {
  const auto kept = open(provider).value();
  const schema_rows rows = {a_schema("a", 1, "one")};
  kept->save_schemas(rows, accept_all).value();
  kept->save_checkpoint("mail", position(7)).value();
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto image = provider.clone();
    image->crash(seed);
    EXPECT_EQ(schemas_in(*image), rows);
    EXPECT_EQ(open(*image).value()->checkpoint("mail").value(), position(7));
  }
}

class DamagedSchema : public KeptState {
 protected:
  void SetUp() override {
    const auto kept = open(provider).value();
    kept->save_schemas(schema_rows{a_schema("a", 1, "one")}, accept_all).value();
    kept->save_checkpoint("mail", position(7)).value();
    const auto env = provider.open("state").value();
    const auto reading = env->begin_read().value();
    const auto rows = reading->open_cursor(table::schemas).value();
    const auto row = *rows->seek(as_bytes(std::string_view("\0", 1))).value();
    key = as_text(row.key);
    value = as_text(row.value);
  }
  void expect_damage() {
    const auto kept = open(provider).value();
    const auto lost = kept->schemas();
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error(), errc::corrupt_state);
    EXPECT_NE(lost.error().message().find("save the schemas again"), std::string::npos)
        << lost.error();
    EXPECT_EQ(kept->save_schemas(schema_rows{a_schema("b", 1, "two")}, accept_all).error(),
              errc::corrupt_state);
    EXPECT_EQ(kept->checkpoint("mail").value(), position(7));
    EXPECT_EQ(kept->highest_checkpoint(), position(7));
  }

  std::string key;
  std::string value;
};

TEST_F(DamagedSchema, IsNoticedInEveryBit) {
  for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
    std::string damaged = value;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    provider.tamper("state", table::schemas, as_bytes(key), as_bytes(damaged));
    expect_damage();
  }
}

TEST_F(DamagedSchema, IsNoticedWhenItIsCutOff) {
  for (std::size_t size = 0; size < value.size(); ++size) {
    provider.tamper("state", table::schemas, as_bytes(key), as_bytes(value.substr(0, size)));
    expect_damage();
  }
}

TEST_F(DamagedSchema, IsNoticedUnderAnotherKey) {
  provider.tamper("state", table::schemas, as_bytes(key), std::nullopt);
  for (const std::string& other : {key + 'b', key.substr(0, 4), key.substr(0, 1)}) {
    provider.tamper("state", table::schemas, as_bytes(other), as_bytes(value));
    expect_damage();
    provider.tamper("state", table::schemas, as_bytes(other), std::nullopt);
  }
}

// A bit flipped in a row's key made a checkpoint look as if it had never been saved: its consumer
// began from the beginning, and nobody said why. The row fails its checksum under the other key.
TEST_F(KeptState, DoesNotSayThatThereIsNoCheckpointIfARowIsDamaged) {
  const auto kept = open(provider).value();
  kept->save_checkpoint("mails", position(7)).value();
  kept->save_checkpoint("reports", position(9)).value();
  EXPECT_EQ(kept->checkpoint("others").value(), std::nullopt);
  {
    auto environment = provider.open_existing("state").value();
    auto writing = environment->begin_write().value();
    const auto value = writing->get(table::checkpoints, as_bytes(std::string_view("mails")));
    const std::vector<std::byte> bytes(value.value()->begin(), value.value()->end());
    writing->erase(table::checkpoints, as_bytes(std::string_view("mails"))).value();
    writing->put(table::checkpoints, as_bytes(std::string_view("maims")), bytes, false).value();
    writing->commit().value();
  }
  EXPECT_EQ(kept->checkpoint("mails").error(), errc::corrupt_state);
  EXPECT_EQ(kept->checkpoint("others").error(), errc::corrupt_state);
  EXPECT_EQ(kept->checkpoint("reports").value(), position(9));
}

}  // namespace
}  // namespace mainstem::index
