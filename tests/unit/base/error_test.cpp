// SPDX-License-Identifier: Apache-2.0
#include <mainstem/error.h>

#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace mainstem {
namespace {

const std::vector<std::pair<errc, error_condition>> all_codes = {
    {errc::invalid_argument, error_condition::invalid},
    {errc::invalid_stream_name, error_condition::invalid},
    {errc::invalid_event_type, error_condition::invalid},
    {errc::invalid_tag, error_condition::invalid},
    {errc::reserved_name, error_condition::invalid},
    {errc::too_many_tags, error_condition::invalid},
    {errc::payload_too_large, error_condition::invalid},
    {errc::metadata_too_large, error_condition::invalid},
    {errc::commit_too_large, error_condition::invalid},
    {errc::too_many_streams, error_condition::invalid},
    {errc::duplicate_event_id, error_condition::invalid},
    {errc::duplicate_stream, error_condition::invalid},
    {errc::no_events, error_condition::invalid},
    {errc::store_not_found, error_condition::invalid},
    {errc::out_of_memory, error_condition::capacity},
    {errc::store_locked, error_condition::conflict},
    {errc::store_failed, error_condition::fatal},
    {errc::store_closed, error_condition::fatal},
    {errc::store_damaged, error_condition::corruption},
    {errc::forked_process, error_condition::fatal},
    {errc::outcome_unknown, error_condition::fatal},
    {errc::overloaded, error_condition::capacity},
    {errc::disk_full, error_condition::capacity},
    {errc::timed_out, error_condition::capacity},
    {errc::store_read_only, error_condition::invalid},
    {errc::corrupt_data, error_condition::corruption},
    {errc::missing_segment, error_condition::corruption},
    {errc::corrupt_manifest, error_condition::corruption},
    {errc::corrupt_index, error_condition::corruption},
    {errc::unsupported_format, error_condition::invalid},
    {errc::foreign_file, error_condition::corruption},
    {errc::corrupt_state, error_condition::corruption},
    {errc::malformed_payload, error_condition::invalid},
    {errc::unknown_event_type, error_condition::invalid},
    {errc::unknown_schema_version, error_condition::invalid},
    {errc::wrong_codec, error_condition::invalid},
    {errc::foreign_metadata, error_condition::invalid},
    {errc::malformed_metadata, error_condition::invalid},
    {errc::invalid_metadata, error_condition::invalid},
    {errc::invalid_schema, error_condition::invalid},
    {errc::duplicate_schema, error_condition::invalid},
    {errc::incompatible_schema, error_condition::invalid},
};

const error_condition all_conditions[] = {error_condition::conflict, error_condition::invalid,
                                          error_condition::capacity, error_condition::corruption,
                                          error_condition::fatal};

boost::system::error_code system_code(int value) {
  return {value, boost::system::system_category()};
}

TEST(Errc, EachValueMeansExactlyOneCondition) {
  for (const auto& [code, expected] : all_codes) {
    for (const error_condition condition : all_conditions) {
      EXPECT_EQ(error(code) == condition, condition == expected)
          << error(code) << " against " << make_error_condition(condition).message();
      EXPECT_EQ(make_error_code(code) == make_error_condition(condition), condition == expected);
    }
  }
}

std::string_view tag_of(error_condition condition) {
  switch (condition) {
    case error_condition::conflict: return "[conflict]";
    case error_condition::invalid: return "[invalid]";
    case error_condition::capacity: return "[capacity]";
    case error_condition::corruption: return "[corruption]";
    case error_condition::fatal: return "[fatal]";
  }
  return "[?]";
}

// The header names the condition behind each value: a reader branches on what it says there.
TEST(Errc, HeaderNamesTheConditionOfEachValue) {
  std::ifstream header(MAINSTEM_SOURCE_DIR "/include/mainstem/error.h");
  std::map<int, std::string> comments;
  std::string comment;
  const std::regex value(R"(^  \w+ = (\d+),$)");
  std::smatch found;
  for (std::string line; std::getline(header, line) && !line.starts_with("};");) {
    if (line.starts_with("  ///")) comment += line + '\n';
    if (std::regex_match(line, found, value))
      comments[std::stoi(found[1])] = std::exchange(comment, {});
  }
  EXPECT_EQ(comments.size(), all_codes.size());
  for (const auto& [code, condition] : all_codes) {
    const std::string& said = comments[static_cast<int>(code)];
    const auto tag = tag_of(condition);
    EXPECT_TRUE(said.ends_with(std::string(tag) + '\n')) << code << '\n' << said;
  }
}

TEST(Errc, IsWrittenAsItsMessage) {
  std::ostringstream out;
  out << errc::store_closed;
  EXPECT_EQ(out.str(), make_error_code(errc::store_closed).message());
}

TEST(Errc, EachValueHasAMessageOfItsOwn) {
  std::set<std::string> messages;
  for (const auto& [code, condition] : all_codes) {
    const auto message = error(code).message();
    EXPECT_GE(message.size(), 20U) << message << ": what happened, and what to do";
    EXPECT_TRUE(messages.insert(message).second) << message;
    EXPECT_TRUE(message.starts_with(make_error_code(code).message())) << message;
    EXPECT_EQ(std::string(make_error_code(code).category().name()), error_category().name());
  }
  EXPECT_FALSE(messages.contains(make_error_code(static_cast<errc>(999)).message()));
}

TEST(Error, SaysWhatToDoAboutWhatTheSystemSays) {
  for (const int number : {ENOENT, ENOTDIR, EEXIST, ENOTEMPTY, EACCES, EPERM, EROFS, ENOSPC, EDQUOT,
                           EFBIG, EMFILE, ENFILE, ENOMEM, EIO, ELOOP, ENAMETOOLONG}) {
    const boost::system::error_code code(number, boost::system::system_category());
    const error failure(code, error_info{.detail = "cannot open it", .path = "there"});
    const auto said = failure.message();
    const auto begin = code.message() + ": cannot open it: ";
    EXPECT_TRUE(said.starts_with(begin)) << said;
    EXPECT_TRUE(said.ends_with(" [there]")) << said;
    EXPECT_GT(said.size(), begin.size() + 10) << said;
    EXPECT_EQ(failure.description(), code.message() + ": cannot open it [there]");
  }
}

// Programs keep the numbers in their logs and their alerts.
TEST(Errc, ValuesAreStable) {
  EXPECT_EQ(static_cast<int>(errc::invalid_argument), 1);
  EXPECT_EQ(static_cast<int>(errc::no_events), 13);
  EXPECT_EQ(static_cast<int>(errc::store_not_found), 20);
  EXPECT_EQ(static_cast<int>(errc::disk_full), 28);
  EXPECT_EQ(static_cast<int>(errc::corrupt_data), 40);
  EXPECT_EQ(static_cast<int>(errc::foreign_file), 45);
  EXPECT_EQ(static_cast<int>(errc::malformed_payload), 50);
  EXPECT_EQ(static_cast<int>(errc::duplicate_schema), 58);
}

TEST(Errc, AnUnknownValueMeansNoCondition) {
  for (const error_condition condition : all_conditions) {
    EXPECT_FALSE(error(static_cast<errc>(999)) == condition);
  }
}

TEST(Errc, IsAnErrorCodeByItself) {
  const boost::system::error_code code = errc::disk_full;
  EXPECT_STREQ(code.category().name(), "mainstem");
  EXPECT_TRUE(code == error_condition::capacity);
  EXPECT_FALSE(code == error_condition::fatal);
}

TEST(ErrorCondition, SystemCodesThatSayFullMeanCapacity) {
  for (const int value : {ENOSPC, EDQUOT, EFBIG, EMFILE, ENFILE, ENOMEM}) {
    EXPECT_TRUE(error(system_code(value)) == error_condition::capacity) << value;
    const boost::system::error_code generic(value, boost::system::generic_category());
    EXPECT_TRUE(error(generic) == error_condition::capacity) << value;
  }
}

TEST(ErrorCondition, FailedInputAndOutputIsFatal) {
  EXPECT_TRUE(error(system_code(EIO)) == error_condition::fatal);
}

TEST(ErrorCondition, OtherCodesMeanNone) {
  for (const error_condition condition : all_conditions) {
    EXPECT_FALSE(error(system_code(EACCES)) == condition);
    EXPECT_FALSE(error(system_code(0)) == condition);
  }
}

TEST(ErrorCondition, HasAMessage) {
  std::set<std::string> messages;
  for (const error_condition condition : all_conditions) {
    messages.insert(make_error_condition(condition).message());
  }
  EXPECT_EQ(messages.size(), std::size(all_conditions));
  EXPECT_EQ(make_error_condition(static_cast<error_condition>(99)).message(), "unknown condition");
  EXPECT_STREQ(condition_category().name(), "mainstem condition");
}

TEST(Error, WithoutInfoAnswersEmptyInfo) {
  const error plain = errc::overloaded;
  EXPECT_TRUE(plain.info().detail.empty());
  EXPECT_FALSE(plain.info().offset);
  EXPECT_EQ(plain.message(), make_error_code(errc::overloaded).message());
}

TEST(Error, MessageNamesEverythingThatIsKnown) {
  const error full(errc::corrupt_data, error_info{.detail = "a frame",
                                                  .path = "log/0000000007.log",
                                                  .offset = 4096,
                                                  .first_position = 12,
                                                  .last_position = 15});
  EXPECT_EQ(full.message(),
            "stored data is damaged: a frame [log/0000000007.log at 4096] (positions 12 to 15)");

  const error open_ended(errc::corrupt_data, error_info{.path = "x", .first_position = 12});
  EXPECT_EQ(open_ended.message(), "stored data is damaged [x] (positions 12 and above)");

  std::ostringstream out;
  out << full;
  EXPECT_EQ(out.str(), full.message());
}

TEST(Error, ComparesByItsCodeAlone) {
  EXPECT_TRUE(error(errc::disk_full, "here") == errc::disk_full);
  EXPECT_TRUE(error(errc::disk_full, "here") == make_error_code(errc::disk_full));
  EXPECT_FALSE(error(errc::disk_full, "here") == errc::overloaded);
}

TEST(Result, ValueThrowsTheErrorAsItIs) {
  const result<int> failed = error(errc::disk_full, error_info{.detail = "here", .path = "there"});
  try {
    static_cast<void>(failed.value());
    FAIL() << "value() of an error answered";
  } catch (const exception& thrown) {
    EXPECT_TRUE(thrown.error() == errc::disk_full);
    EXPECT_EQ(thrown.error().info().path, "there");
    EXPECT_TRUE(thrown.code() == error_condition::capacity);
    EXPECT_NE(std::string(thrown.what()).find("here"), std::string::npos);
  }
}

}  // namespace
}  // namespace mainstem
