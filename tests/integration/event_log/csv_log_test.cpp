// SPDX-License-Identifier: Apache-2.0
#include "csv_log.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "figures.h"
#include "program.h"

namespace event_log_test {
namespace {

using event_log::csv_options;
using event_log::workload_builder;

csv_options columns(const std::string& path) {
  return {.path = path,
          .category = "case",
          .stream_column = "id",
          .type_column = "what",
          .time_column = "at",
          .time_format = "%Y-%m-%d",
          .version_column = {}};
}

struct loaded {
  scratch_folder folder;
  event_log::outcome<workload_builder> builder = event_log::failure("");
  explicit loaded(std::string_view text, bool version_column = false) {
    csv_options options = columns(folder.write("log.csv", text));
    if (version_column) options.version_column = "n";
    builder = event_log::read_csv_log(options);
    if (builder) builder->finish(1);
  }
};

std::string payload(const loaded& from, std::size_t index) {
  const auto view = from.builder->view();
  return std::string(view.payload_of(view.rows[index]));
}

TEST(CsvLog, MakesOneEventOfEachRow) {
  const loaded log(
      "id,what,at,note\n7,opened,2024-01-02,\"say \"\"hi\"\"\"\n8,opened,2024-01-02, x \n");
  ASSERT_TRUE(log.builder) << log.builder.error().text;
  const auto view = log.builder->view();
  ASSERT_EQ(view.rows.size(), 2U);
  EXPECT_EQ(view.stream_of(view.rows[0]), "case-7");
  EXPECT_EQ(view.type_of(view.rows[0]), "opened");
  EXPECT_EQ(payload(log, 0), R"({"id":"7","what":"opened","at":"2024-01-02","note":"say \"hi\""})");
  EXPECT_EQ(payload(log, 1), R"({"id":"8","what":"opened","at":"2024-01-02","note":" x "})");
}

TEST(CsvLog, OrdersRowsByTimeAndKeepsEqualOnesInOrder) {
  const loaded log("id,what,at\n1,c,2024-01-03\n1,a,2024-01-02\n2,x,2024-01-02\n1,b,2024-01-02\n");
  ASSERT_TRUE(log.builder) << log.builder.error().text;
  const auto view = log.builder->view();
  std::string order;
  for (const auto& row : view.rows)
    order += std::string(view.type_of(row)) + std::to_string(row.version) + ' ';
  EXPECT_EQ(order, "a1 x1 b2 c3 ");
}

TEST(CsvLog, CountsLinesThroughQuotedLineEndsAndEmptyLines) {
  const loaded log(
      "\xef\xbb\xbfid,what,at\r\n1,\"a\r\nb\nc\",2024-01-02\r\n\r\n\r\n1,d,2024-01-02\r\n");
  ASSERT_TRUE(log.builder) << log.builder.error().text;
  const auto view = log.builder->view();
  ASSERT_EQ(view.rows.size(), 2U);
  EXPECT_EQ(view.rows[0].line, 2U);
  EXPECT_EQ(view.type_of(view.rows[0]), "a\r\nb\nc");
  EXPECT_EQ(view.rows[1].line, 7U);
}

TEST(CsvLog, ReadsALastLineWithoutEnd) {
  const loaded log("id,what,at\n1,a,2024-01-02");
  ASSERT_TRUE(log.builder) << log.builder.error().text;
  EXPECT_EQ(log.builder->view().rows.size(), 1U);
}

TEST(CsvLog, ReadsPackedFiles) {
  const scratch_folder folder;
  const std::string path = folder / "log.csv.gz";
  gzFile file = gzopen(path.c_str(), "wb");
  gzputs(file, "id,what,at\n1,a,2024-01-02\n");
  gzclose(file);
  const auto builder = event_log::read_csv_log(columns(path));
  ASSERT_TRUE(builder) << builder.error().text;
  EXPECT_EQ(builder->view().rows.size(), 1U);
}

TEST(CsvLog, KeepsWhatIsNotUtf8OutOfPayloads) {
  const loaded log("id,what,at,note\n1,a,2024-01-02,caf\xe9\n");
  ASSERT_TRUE(log.builder) << log.builder.error().text;
  EXPECT_EQ(payload(log, 0),
            "{\"id\":\"1\",\"what\":\"a\",\"at\":\"2024-01-02\",\"note\":\"caf\xef\xbf\xbd\"}");
}

TEST(CounterFigures, CountEachRowForWhatItIs) {
  const loaded log(
      "id,what,at,n\n1,a,2024-01-02,0\n1,a,2024-01-02,1\n1,a,2024-01-02,5\n1,a,2024-01-02,1\n"
      "1,a,2024-01-02,0\n2,a,2024-01-02,9\n1,a,2024-01-02,0\n1,a,2024-01-02,1\n1,a,2024-01-02,4\n"
      "1,a,2024-01-02,3\n",
      true);
  ASSERT_TRUE(log.builder) << log.builder.error().text;
  const auto figures = event_log::count_counters(log.builder->view());
  EXPECT_EQ(figures.duplicates, 4U);  // 1, 0, 0, 1
  EXPECT_EQ(figures.steps_back, 3U);  // 5 to 1, 1 to 0, 4 to 3
  EXPECT_EQ(figures.gaps, 2U);        // 1 to 5, 1 to 4
}

}  // namespace
}  // namespace event_log_test
