// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "csv_log.h"
#include "figures.h"
#include "program.h"

namespace event_log_test {
namespace {

using event_log::csv_options;

#define MAINSTEM_SKIP_WITHOUT(path) \
  if ((path).empty())               \
  GTEST_SKIP() << "the event log is not there; MAINSTEM_TEST_DATA names the folder that has it"

csv_options incidents(const std::string& path) {
  return {.path = path,
          .category = "incident",
          .stream_column = "number",
          .type_column = "incident_state",
          .time_column = "sys_updated_at",
          .time_format = "%d/%m/%Y %H:%M",
          .version_column = "sys_mod_count"};
}

TEST(Incidents, HaveTheseFiguresInTimeOrder) {
  const std::string path = test_data("incidents.csv.gz");
  MAINSTEM_SKIP_WITHOUT(path);
  auto builder = event_log::read_csv_log(incidents(path));
  ASSERT_TRUE(builder) << builder.error().text;
  builder->finish(1);
  const auto workload = builder->view();
  EXPECT_EQ(workload.rows.size(), 141'712U);
  EXPECT_EQ(workload.streams.size(), 24'918U);
  const auto figures = event_log::count_counters(workload);
  EXPECT_EQ(figures.duplicates, 5U);
  EXPECT_EQ(figures.steps_back, 5U);
  EXPECT_EQ(figures.gaps, 14'893U);
}

// The file is grouped by case; in its own order the column has other figures than in time order.
// Were the rows not sorted, or not stably, these could not both hold.
TEST(Incidents, HaveOtherFiguresInTheOrderOfTheFile) {
  const std::string path = test_data("incidents.csv.gz");
  MAINSTEM_SKIP_WITHOUT(path);
  const auto builder = event_log::read_csv_log(incidents(path));
  ASSERT_TRUE(builder) << builder.error().text;
  const auto figures = event_log::count_counters(builder->view());
  EXPECT_EQ(figures.duplicates, 5U);
  EXPECT_EQ(figures.steps_back, 4U);
  EXPECT_EQ(figures.gaps, 14'892U);
}

TEST(Helpdesk, HasTheseEventsAndStreams) {
  const std::string path = test_data("helpdesk.csv.gz");
  MAINSTEM_SKIP_WITHOUT(path);
  auto builder = event_log::read_csv_log({.path = path,
                                          .category = "ticket",
                                          .stream_column = "CaseID",
                                          .type_column = "ActivityID",
                                          .time_column = "CompleteTimestamp",
                                          .time_format = "%Y-%m-%d %H:%M:%S",
                                          .version_column = {}});
  ASSERT_TRUE(builder) << builder.error().text;
  builder->finish(1);
  EXPECT_EQ(builder->view().rows.size(), 13'710U);
  EXPECT_EQ(builder->view().streams.size(), 3'804U);
  EXPECT_EQ(builder->view().types.size(), 9U);
}

void expect_all_there(const program_end& end, const std::string& json, std::uint64_t events,
                      std::uint64_t streams) {
  ASSERT_EQ(end.status, 0) << end.err << end.out;
  const auto tree = read_json(json);
  EXPECT_EQ(tree.get<std::uint64_t>("events"), events);
  EXPECT_EQ(tree.get<std::uint64_t>("streams"), streams);
  EXPECT_EQ(tree.get<std::uint64_t>("events_in_store"), events);
  EXPECT_EQ(tree.get<std::uint64_t>("events_acknowledged"), events);
  EXPECT_EQ(tree.get<std::uint64_t>("events_lost"), 0U);
  EXPECT_TRUE(tree.get<bool>("digests_equal"));
  EXPECT_EQ(tree.get<std::uint64_t>("kills"), 20U);
}

TEST(Helpdesk, SurvivesTwentyKills) {
  const std::string path = test_data("helpdesk.csv.gz");
  MAINSTEM_SKIP_WITHOUT(path);
  const scratch_folder folder;
  const std::string json = folder / "figures.json";
  const auto end =
      run({"demo", path, "--category", "ticket", "--stream", "CaseID", "--type", "ActivityID",
           "--time", "CompleteTimestamp", "--time-format", "%Y-%m-%d %H:%M:%S", "--json", json});
  expect_all_there(end, json, 13'710, 3'804);
}

}  // namespace
}  // namespace event_log_test
