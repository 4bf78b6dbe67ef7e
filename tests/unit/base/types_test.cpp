// SPDX-License-Identifier: Apache-2.0
#include <mainstem/types.h>

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <unordered_set>

namespace mainstem {
namespace {

TEST(StreamName, TakesUpTo255Bytes) {
  EXPECT_TRUE(stream_name::parse("a"));
  EXPECT_TRUE(stream_name::parse(std::string(255, 'a')));
  EXPECT_EQ(stream_name::parse(std::string(256, 'a')).error(), errc::invalid_stream_name);
  EXPECT_EQ(stream_name::parse("").error(), errc::invalid_stream_name);
}

TEST(StreamName, CountsBytesAndNotCharacters) {
  std::string umlauts;
  for (int i = 0; i < 127; ++i) umlauts += "\xc3\xa4";
  EXPECT_TRUE(stream_name::parse(umlauts));
  EXPECT_EQ(stream_name::parse(umlauts + "\xc3\xa4").error(), errc::invalid_stream_name);
}

TEST(StreamName, RefusesWhatIsNotUtf8) {
  const auto refused = stream_name::parse("order-\xff");
  EXPECT_EQ(refused.error(), errc::invalid_stream_name);
  EXPECT_EQ(refused.error().info().detail, "this one is not UTF-8 at byte 6 (counted from 0)");
}

TEST(StreamName, LeavesTheDollarToTheSystem) {
  EXPECT_EQ(stream_name::parse("$settings").error(), errc::reserved_name);
  EXPECT_TRUE(stream_name::parse("price-$"));
}

TEST(StreamName, ConstructorThrowsWhatParseAnswers) {
  try {
    const stream_name bad("$settings");
    FAIL() << bad << " was taken";
  } catch (const exception& thrown) {
    EXPECT_TRUE(thrown.error() == errc::reserved_name);
  }
}

TEST(StreamName, CategoryEndsAtTheFirstDash) {
  EXPECT_EQ(category_of("order-42"), "order");
  EXPECT_EQ(category_of("order-42-a"), "order");
  EXPECT_EQ(category_of("settings"), "settings");
  EXPECT_EQ(category_of("order-"), "order");
  EXPECT_EQ(category_of("-42"), "");
  const stream_name name("order-42");
  EXPECT_EQ(name.category(), category_of(name.str()));
}

TEST(StreamName, ComparesBytewise) {
  EXPECT_EQ(stream_name("a"), stream_name("a"));
  EXPECT_LT(stream_name("a"), stream_name("b"));
  const std::unordered_set<stream_name> set{stream_name("a"), stream_name("a"), stream_name("b")};
  EXPECT_EQ(set.size(), 2U);
  std::ostringstream out;
  out << stream_name("order-42") << ' ' << position(7) << ' ' << version(3);
  EXPECT_EQ(out.str(), "order-42 7 3");
}

TEST(Position, DefaultIsBeforeEverything) {
  EXPECT_EQ(position().value(), 0U);
  EXPECT_LT(position(), position(1));
  EXPECT_LT(position(1), position::max());
  EXPECT_EQ(version().value(), 0U);
  EXPECT_LT(version(1), version::max());
}

TEST(Position, AndVersionCanBeKeys) {
  const std::unordered_set<position> positions{position(1), position(2), position(1)};
  EXPECT_EQ(positions.size(), 2U);
  EXPECT_TRUE(positions.contains(position(2)));
  const std::unordered_set<version> versions{version(1), version(2), version(1)};
  EXPECT_EQ(versions.size(), 2U);
}

}  // namespace
}  // namespace mainstem
