// SPDX-License-Identifier: Apache-2.0
#include <cctype>
#include <cerrno>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "api_support.h"

namespace mainstem::api::test {
namespace {

TEST(Errors, OfTheSystemKeepTheirCodeAndMapToConditions) {
  const auto system = [](int number) {
    return error(boost::system::error_code(number, boost::system::system_category()));
  };
  for (const int full : {ENOSPC, EDQUOT}) {
    EXPECT_TRUE(system(full) == error_condition::capacity) << full;
    EXPECT_FALSE(system(full) == error_condition::fatal) << full;
  }
  EXPECT_EQ(system(EACCES).code(), boost::system::errc::permission_denied);
  EXPECT_EQ(system(EACCES).code().value(), EACCES);
  EXPECT_FALSE(system(EACCES) == error_condition::conflict);
}

TEST(Errors, CarryWhatACodeCannotSay) {
  const error plain = errc::store_closed;
  EXPECT_TRUE(plain.info().detail.empty());
  EXPECT_FALSE(plain.info().offset);
  const error full(errc::corrupt_data, {.detail = "a detail",
                                        .path = "0000000001.log",
                                        .offset = 4'096,
                                        .first_position = 17,
                                        .last_position = 23});
  EXPECT_EQ(full.info().path, "0000000001.log");
  EXPECT_EQ(full.info().offset, 4'096U);
  for (const auto* part : {"a detail", "0000000001.log", "4096", "17", "23"}) {
    EXPECT_NE(full.message().find(part), std::string::npos) << full.message();
  }
  std::ostringstream out;
  out << full;
  EXPECT_EQ(out.str(), full.message());
  const error copy = full;
  EXPECT_EQ(copy.message(), full.message());
  EXPECT_TRUE(full == errc::corrupt_data);
  EXPECT_FALSE(full == errc::corrupt_index);
  EXPECT_EQ(error().code(), boost::system::error_code()) << "no error";
}

TEST(Errors, ValueThrowsThemWithTheirMessage) {
  const result<int> failed = error(errc::disk_full, "needs 4 KiB");
  try {
    (void)failed.value();
    FAIL() << "it did not throw";
  } catch (const exception& thrown) {
    EXPECT_EQ(std::string(thrown.what()), failed.error().message());
    EXPECT_NE(std::string(thrown.what()).find("needs 4 KiB"), std::string::npos);
    EXPECT_TRUE(thrown.error() == errc::disk_full);
    EXPECT_EQ(thrown.code(), make_error_code(errc::disk_full));
    EXPECT_TRUE(thrown.code() == make_error_condition(error_condition::capacity));
  }
  const result<void> nothing = errc::store_closed;
  EXPECT_THROW(nothing.value(), exception);
}

TEST(Outcome, SaysInWordsWhatHappened) {
  temporary_folder folder;
  auto log = store::open(folder / "store", quiet_options()).value();
  const stream_name stream("order-42");
  const auto try_to = [&](expected_version expected, std::initializer_list<std::uint64_t> what) {
    return log.append(stream, expected, numbered(what)).value();
  };
  const auto committed = try_to(no_stream, {1, 2});
  const auto again = try_to(no_stream, {1, 2});
  const auto partial = try_to(any, {1});
  const auto conflict = try_to(exactly(version(7)), {3});
  for (const auto* outcome : {&partial, &conflict}) {
    EXPECT_NE(outcome->message().find("order-42"), std::string::npos) << outcome->message();
  }
  EXPECT_NE(committed.message(), again.message());
  EXPECT_NE(conflict.message().find('7'), std::string::npos) << conflict.message();
  EXPECT_NE(conflict.message().find('2'), std::string::npos) << conflict.message();
  EXPECT_NE(partial.message().find(id_of(1).to_string()), std::string::npos) << partial.message();
  EXPECT_TRUE(committed.succeeded() && again.succeeded());
  EXPECT_FALSE(partial.succeeded() || conflict.succeeded());
  EXPECT_EQ(partial.place(), nullptr);
  EXPECT_EQ(conflict.place(), nullptr);
  EXPECT_EQ(committed.place(), committed.committed());
  EXPECT_EQ(again.place(), again.already_committed());
  std::ostringstream out;
  out << conflict;
  EXPECT_EQ(out.str(), conflict.message());
  EXPECT_EQ(committed.stream_deleted(), nullptr);
  EXPECT_EQ(committed.already_exists(), nullptr);
  EXPECT_EQ(committed.condition_failed(), nullptr);
}

TEST(ExpectedVersionValue, SaysWhatItIs) {
  std::set<std::string> words;
  for (const auto& expected :
       {any, no_stream, stream_exists, exactly(version(3)), exactly(version(4))}) {
    EXPECT_FALSE(expected.to_string().empty());
    EXPECT_TRUE(words.insert(expected.to_string()).second) << expected;
  }
  EXPECT_EQ(exactly(version(0)), no_stream);
  EXPECT_NE(exactly(version(1)), stream_exists);
}

TEST(Uuid, GoesToTextAndBack) {
  const auto made = uuid::generate();
  const auto text = made.to_string();
  EXPECT_EQ(text.size(), 36U);
  EXPECT_EQ(text[14], '7') << "version 7: " << text;
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos) << "the variant: " << text;
  EXPECT_EQ(uuid::parse(text).value(), made);
  std::string upper = text;
  for (char& letter : upper)
    letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  EXPECT_EQ(uuid::parse(upper).value(), made);
  const std::vector<std::string> bad{"",
                                     text.substr(1),
                                     text + "0",
                                     "{" + text + "}",
                                     std::string(36, '-'),
                                     std::string(36, '0'),
                                     text.substr(0, 35) + "g",
                                     " " + text.substr(1)};
  for (const auto& wrong : bad) {
    const auto parsed = uuid::parse(wrong);
    EXPECT_TRUE(!parsed && parsed.error() == errc::invalid_argument) << wrong;
  }
  EXPECT_TRUE(uuid().is_nil());
  EXPECT_FALSE(made.is_nil());
}

TEST(Uuid, OfOneProcessAscend) {
  auto last = uuid::generate();
  for (int count = 0; count < 100'000; ++count) {
    const auto next = uuid::generate();
    ASSERT_LT(last, next) << count;
    last = next;
  }
}

}  // namespace
}  // namespace mainstem::api::test
