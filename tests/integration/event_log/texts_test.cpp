// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "common/json_text.h"
#include "options.h"
#include "time_text.h"

namespace event_log_test {
namespace {

using event_log::parse_time;
using namespace std::string_literals;

std::string json_of(std::string_view text) {
  std::string out;
  event_log::append_json_string(out, text);
  return out;
}

TEST(TimeText, IsReadAsUtc) {
  EXPECT_EQ(parse_time("1970-01-02 00:00:01", "%Y-%m-%d %H:%M:%S"), 86'401);
  EXPECT_EQ(parse_time("29/2/2016 01:16", "%d/%m/%Y %H:%M"), 1'456'708'560);
}

TEST(TimeText, ObservesANamedZone) {
  EXPECT_EQ(parse_time("1970-01-02 02:00 +0200", "%Y-%m-%d %H:%M %z"), 86'400);
}

TEST(TimeText, MustMatchTheFormatToItsEnd) {
  EXPECT_EQ(parse_time("29/2/2016 01:16:30", "%d/%m/%Y %H:%M"), std::nullopt);
  EXPECT_EQ(parse_time("29/2/2016", "%d/%m/%Y %H:%M"), std::nullopt);
  EXPECT_EQ(parse_time("", "%d/%m/%Y"), std::nullopt);
  EXPECT_EQ(parse_time("?", "%d/%m/%Y"), std::nullopt);
  EXPECT_EQ(parse_time("29/2/2016\0x"s, "%d/%m/%Y"), std::nullopt);
}

// strptime lets the 31st of every month pass, and timegm makes a day of the next month of it.
TEST(TimeText, RefusesDaysThatDoNotExist) {
  EXPECT_EQ(parse_time("30/2/2016", "%d/%m/%Y"), std::nullopt);
  EXPECT_EQ(parse_time("29/2/2015", "%d/%m/%Y"), std::nullopt);
  EXPECT_EQ(parse_time("31/4/2016", "%d/%m/%Y"), std::nullopt);
}

TEST(JsonText, EscapesWhatHasToBe) {
  EXPECT_EQ(json_of("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(json_of("\n\r\t\x01\x7f\0"s), R"("\n\r\t\u0001\u007f\u0000")");
  EXPECT_EQ(json_of(""), R"("")");
}

TEST(JsonText, KeepsUtf8) {
  EXPECT_EQ(json_of("gr\xc3\xbc\xc3\x9f\xe2\x82\xac\xf0\x9f\x8c\x8a"),
            "\"gr\xc3\xbc\xc3\x9f\xe2\x82\xac\xf0\x9f\x8c\x8a\"");
}

TEST(JsonText, ReplacesWhatIsNotUtf8) {
  const std::string replacement = "\xef\xbf\xbd";
  const auto replaced = [&](std::size_t count) {
    std::string text = "\"";
    for (std::size_t i = 0; i < count; ++i) text += replacement;
    return text + '"';
  };
  EXPECT_EQ(json_of("\xff"), replaced(1));
  EXPECT_EQ(json_of("\xc0\xaf"), replaced(2)) << "overlong";
  EXPECT_EQ(json_of("\xed\xa0\x80"), replaced(3)) << "a surrogate";
  EXPECT_EQ(json_of("\xf4\x90\x80\x80"), replaced(4)) << "above U+10FFFF";
  EXPECT_EQ(json_of("\xe2\x82"), replaced(2)) << "cut short";
  std::string out;
  EXPECT_TRUE(event_log::append_json_string(out, "\xe9t\xe9"));
  EXPECT_FALSE(event_log::append_json_string(out, "\xc3\xa9"));
}

TEST(JsonWriter, SeparatesMembers) {
  event_log::json_writer json;
  json.begin_object();
  json.add("a", std::uint64_t{1});
  json.begin_array("b");
  json.begin_object();
  json.add("c", true);
  json.end_object();
  json.end_array();
  json.add("d", 0.5);
  json.end_object();
  EXPECT_EQ(
      json.take(),
      "{\n  \"a\": 1,\n  \"b\": [\n    {\n      \"c\": true\n    }\n  ],\n  \"d\": 0.500\n}\n");
}

std::string refused(const std::vector<std::string>& arguments) {
  const auto parsed = event_log::parse_options(arguments);
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().exit_status, event_log::exit_bad_input);
  return parsed.error().text;
}

TEST(Options, NameWhatIsWrong) {
  EXPECT_EQ(refused({}), "expected a command: demo, load or verify");
  EXPECT_EQ(refused({"dmo"}), "unknown command dmo: expected demo, load or verify");
  EXPECT_EQ(refused({"demo", "--kils", "3"}), "unknown option --kils (see event_log --help)");
  EXPECT_EQ(refused({"demo", "--kills"}), "--kills needs a value");
  EXPECT_EQ(refused({"demo", "--kills", "3", "--kills", "4"}), "--kills is given twice");
  EXPECT_EQ(refused({"demo", "--kills", "three"}),
            "--kills three: expected a whole number from 0 to 10000");
  EXPECT_EQ(refused({"demo", "--threads", "0"}),
            "--threads 0: expected a whole number from 1 to 1024");
  EXPECT_EQ(refused({"demo", "--orders", "11", "--events", "10"}),
            "--orders is above --events: an order has at least one event");
  EXPECT_EQ(refused({"demo", "--category", "x"}), "--category needs a CSV file");
  EXPECT_EQ(refused({"demo", "a.csv", "b.csv"}), "unexpected argument b.csv");
  EXPECT_EQ(refused({"load"}), "--store is missing: where the events are to go");
  EXPECT_EQ(refused({"verify", "--store", "x"}), "--store and --work are needed here");
}

TEST(Options, NameTheColumnOptionThatIsMissing) {
  std::vector<std::string> arguments{"demo", "log.csv"};
  EXPECT_EQ(refused(arguments), "--category is missing: what stream names begin with");
  arguments.insert(arguments.end(), {"--category", "c"});
  EXPECT_EQ(refused(arguments),
            "--stream is missing: the column that says which stream a row belongs to");
  arguments.insert(arguments.end(), {"--stream", "s"});
  EXPECT_EQ(refused(arguments), "--type is missing: the column that is the event's type");
  arguments.insert(arguments.end(), {"--type", "t"});
  EXPECT_EQ(refused(arguments), "--time is missing: the column that rows are ordered by");
  arguments.insert(arguments.end(), {"--time", "t"});
  EXPECT_EQ(refused(arguments),
            "--time-format is missing: how that column is written, as for strptime");
  arguments.insert(arguments.end(), {"--time-format", "%s"});
  EXPECT_EQ(refused(arguments), "accepted");
}

TEST(Options, TakeValuesBothWays) {
  const auto parsed = event_log::parse_options({"demo", "--kills=3", "--seed", "7"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->kills, 3U);
  EXPECT_EQ(parsed->seed, 7U);
  EXPECT_FALSE(parsed->csv);
}

TEST(Options, LoadKillsNothingUnlessTold) {
  const auto parsed = event_log::parse_options({"load", "--store", "x"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->kills, 0U);
}

}  // namespace
}  // namespace event_log_test
