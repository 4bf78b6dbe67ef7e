// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <string>

#include "doubtful_store.h"
#include "store_of_two_times.h"
#include "support/store_check.h"
#include "support/stored_rows.h"

// The environments of a small store, lost, of another time, of another store, and damaged in every
// value. What the index says wrong is noticed, the log goes on saying everything; what consumers
// have saved is right or said to be damaged.
namespace mainstem::test_support {
namespace {

constexpr std::size_t file_stride = is_sanitized ? 23 : 1;

using index::table;
using rows = std::vector<stored_row>;

/// What came of opening a store, reading and writing it.
struct consequence {
  bool damage_told = false;  ///< Opening says that events are missing.
  bool rebuilt = false;
  std::uint64_t refused = 0;  ///< Answers that were errors.
  std::optional<std::uint64_t> digest;
};

class EnvironmentDamage : public ::testing::Test {
 protected:
  store_of_two_times store{41};
  findings wrong;

  void SetUp() override { ASSERT_FALSE(store.found().any()) << store.found().text(); }

  /// Opens, reads everything by position and by stream, brings the index up to date and appends.
  consequence use(simulated_machine& machine, std::uint64_t last);
  void expect_nothing_wrong(const std::string& what) {
    ASSERT_FALSE(wrong.any()) << what << ":\n" << wrong.text();
  }
  /// Uses it, which tells of no damage. @returns the digest of the index.
  std::optional<std::uint64_t> digest_after_use(simulated_machine& machine, const std::string& what,
                                                bool is_rebuilt) {
    const auto done = use(machine, store.model().last());
    EXPECT_FALSE(wrong.any()) << what << ":\n" << wrong.text();
    EXPECT_EQ(done.rebuilt, is_rebuilt) << what;
    EXPECT_FALSE(done.damage_told) << what;
    EXPECT_EQ(done.refused, 0U) << what;
    return done.digest;
  }
  /// The digest of the index as it was maintained.
  std::uint64_t digest_of_aged() {
    return use(*store.aged->killed(), store.model().last()).digest.value();
  }
};

consequence EnvironmentDamage::use(simulated_machine& machine, std::uint64_t last) {
  consequence done;
  auto opened = engine::store_core::open(store_path, store.options(), machine.around());
  if (!opened) {
    wrong.add("the store does not open: " + opened.error().message());
    return done;
  }
  engine::store_core& core = **opened;
  done.damage_told = core.report().damage.has_value();
  done.rebuilt = core.report().index_rebuilt;
  doubtful_store used(core, store.model(), last, wrong);
  used.read();
  if (!done.damage_told && !wrong.any()) used.go_on();
  done.refused = used.refused();
  done.digest = used.digest();
  return done;
}

using IndexDamage = EnvironmentDamage;

TEST_F(IndexDamage, LostIsMadeAnewAndEqual) {
  const std::uint64_t digest = digest_of_aged();
  const auto machine = store.aged->killed();
  machine->index().lose("index");
  EXPECT_EQ(digest_after_use(*machine, "lost", true), digest);
}

TEST_F(IndexDamage, OfAnEarlierTimeIsBroughtUpToDateAndEqual) {
  const std::uint64_t digest = digest_of_aged();
  const auto machine = store.aged->killed();
  replace_rows(machine->index(), "index", rows_of(store.young->index(), "index"));
  EXPECT_EQ(digest_after_use(*machine, "earlier", false), digest);
}

TEST_F(IndexDamage, OfALaterTimeThanTheLogProvesThatEventsAreMissing) {
  const auto machine = store.young->killed();
  const rows later = rows_of(store.aged->index(), "index");
  replace_rows(machine->index(), "index", later);
  for (int i = 0; i < 2; ++i) {
    const auto done = use(*machine, store.young_last);
    expect_nothing_wrong("later");
    EXPECT_TRUE(done.damage_told);
    EXPECT_FALSE(done.rebuilt) << "the evidence was thrown away";
    EXPECT_EQ(rows_of(machine->index(), "index").size(), later.size());
  }
}

TEST_F(IndexDamage, OfAnotherStoreIsMadeAnewAndEqual) {
  const std::uint64_t digest = digest_of_aged();
  store_of_two_times other(43);
  const auto machine = store.aged->killed();
  replace_rows(machine->index(), "index", rows_of(other.aged->index(), "index"));
  EXPECT_EQ(digest_after_use(*machine, "of another store", true), digest);
}

// Each damaged index is either not believed, and then made anew or refused, or says what is right.
TEST_F(IndexDamage, OfAnyValueIsNeverBelieved) {
  const std::uint64_t digest = digest_of_aged();
  std::uint64_t rebuilt = 0;
  std::uint64_t refused = 0;
  std::uint64_t harmless = 0;
  const auto check = [&](const stored_row& row, std::optional<std::string> value,
                         const std::string& how) {
    const auto machine = store.aged->killed();
    machine->index().tamper("index", row.in, as_bytes(row.key),
                            value ? std::optional(as_bytes(*value)) : std::nullopt);
    const auto done = use(*machine, store.model().last());
    expect_nothing_wrong("table " + std::to_string(static_cast<int>(row.in)) + ", " + how);
    EXPECT_FALSE(done.damage_told) << how;
    if (done.digest) {
      EXPECT_EQ(*done.digest, digest) << how;
    }
    (done.rebuilt ? rebuilt : done.refused != 0 ? refused : harmless) += 1;
  };
  const rows all = rows_of(store.aged->index(), "index");
  std::size_t turn = 0;
  for (const stored_row& row : all) {
    for (std::size_t at = turn++ % 5; at < row.value.size(); at += 5 * file_stride) {
      std::string damaged = row.value;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
      check(row, damaged, "byte " + std::to_string(at));
      ASSERT_FALSE(HasFailure());
    }
    const stored_row& other = all[(turn * 7) % all.size()];
    if (other.value != row.value) check(row, other.value, "exchanged");
    // Of a name that is gone without a trace only verifying can tell.
    if (row.in != table::names) check(row, std::nullopt, "gone");
    ASSERT_FALSE(HasFailure());
  }
  std::cout << rebuilt << " made anew, " << refused << " refused, " << harmless << " harmless\n";
  EXPECT_GT(rebuilt, 0U);
  EXPECT_GT(refused, 0U);
}

class StateDamage : public EnvironmentDamage {
 protected:
  /// Opens, finds the log and the index whole, and hands over what is kept.
  void open_whole(simulated_machine& machine, const std::string& what,
                  const std::function<void(engine::store_core&)>& look) {
    findings found;
    auto opened = engine::store_core::open(store_path, store.options(), machine.around());
    ASSERT_TRUE(opened) << what << ": " << opened.error();
    ASSERT_FALSE((*opened)->report().damage) << what << ": " << *(*opened)->report().damage;
    check_contents((*opened)->log(), store.model(), visibility::written, found);
    ASSERT_EQ((*opened)->log().written(), position(store.model().last())) << what;
    ASSERT_FALSE(found.any()) << what << ":\n" << found.text();
    look(**opened);
  }
  [[nodiscard]] std::unique_ptr<simulated_machine> with_state(const rows& state) const {
    auto machine = store.aged->killed();
    replace_rows(machine->index(), "state", state);
    return machine;
  }
};

TEST_F(StateDamage, LostIsEmptyAndHarmsNoEvent) {
  const auto machine = store.aged->killed();
  machine->index().lose("state");
  open_whole(*machine, "lost",
             [](engine::store_core& core) { EXPECT_EQ(kept_in(core), kept_things{}); });
}

TEST_F(StateDamage, OfAnEarlierTimeSaysWhatItSaidThen) {
  ASSERT_NE(store.young_kept, store.aged_kept);
  const auto machine = with_state(rows_of(store.young->index(), "state"));
  open_whole(*machine, "earlier",
             [&](engine::store_core& core) { EXPECT_EQ(kept_in(core), store.young_kept); });
}

TEST_F(StateDamage, OfALaterTimeThanTheLogProvesThatEventsAreMissing) {
  const auto machine = store.young->killed();
  replace_rows(machine->index(), "state", rows_of(store.aged->index(), "state"));
  for (int i = 0; i < 2; ++i) {
    const auto done = use(*machine, store.young_last);
    expect_nothing_wrong("later");
    EXPECT_TRUE(done.damage_told);
  }
}

TEST_F(StateDamage, OfAnotherStoreIsSaidToBeAndIsNoEvidence) {
  store_of_two_times other(43);
  const auto machine = with_state(rows_of(other.aged->index(), "state"));
  open_whole(*machine, "of another store",
             [](engine::store_core& core) { EXPECT_EQ(core.kept().error(), errc::corrupt_state); });
}

/// What can be read of it is right; the rest is said to be damaged, and `may_be_gone` alone may be
/// missing. @returns whether anything was said.
bool expect_right_or_said(engine::store_core& core, const kept_things& right,
                          const std::string& may_be_gone, const std::string& what) {
  auto kept = core.kept();
  if (!kept) {
    EXPECT_EQ(kept.error(), errc::corrupt_state) << what;
    return true;
  }
  bool said = false;
  for (const auto& [consumer, at] : right.checkpoints) {
    const auto found = (*kept)->checkpoint(consumer);
    if (!found) {
      EXPECT_EQ(found.error(), errc::corrupt_state) << what;
      said = true;
    } else if (*found) {
      EXPECT_EQ((*found)->value(), at) << what << ": " << consumer;
    } else {
      EXPECT_EQ(consumer, may_be_gone) << what;
    }
  }
  const auto schemas = (*kept)->schemas();
  if (!schemas) {
    EXPECT_EQ(schemas.error(), errc::corrupt_state) << what;
    return true;
  }
  EXPECT_GE(schemas->size() + (may_be_gone == "schema" ? 1 : 0), right.schemas.size()) << what;
  for (const auto& row : *schemas)
    EXPECT_NE(std::ranges::find(right.schemas, row), right.schemas.end()) << what;
  return said;
}

TEST_F(StateDamage, OfAnyValueIsSaidAndNeverAWrongCheckpoint) {
  const rows all = rows_of(store.aged->index(), "state");
  ASSERT_GE(all.size(), 5U);
  const auto check = [&](const stored_row& row, std::optional<std::string> value,
                         const std::string& what) {
    const auto machine = store.aged->killed();
    machine->index().tamper("state", row.in, as_bytes(row.key),
                            value ? std::optional(as_bytes(*value)) : std::nullopt);
    const std::string gone = value ? "" : row.in == table::schemas ? "schema" : row.key;
    open_whole(*machine, what, [&](engine::store_core& core) {
      const bool said = expect_right_or_said(core, store.aged_kept, gone, what);
      EXPECT_EQ(said, value.has_value()) << what;
    });
  };
  for (const stored_row& row : all) {
    const std::string name = "table " + std::to_string(static_cast<int>(row.in)) + " " + row.key;
    for (std::size_t bit = 0; bit < row.value.size() * 8; bit += file_stride) {
      std::string damaged = row.value;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
      check(row, damaged, name + ", bit " + std::to_string(bit));
    }
    for (const stored_row& other : all) {
      if (other.value != row.value) check(row, other.value, name + " as " + other.key);
    }
    check(row, std::nullopt, name + " gone");
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace mainstem::test_support
