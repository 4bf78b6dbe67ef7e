// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "acknowledgements.h"
#include "common/latency_histogram.h"
#include "kill_plan.h"
#include "order_workload.h"
#include "program.h"
#include "row_table.h"
#include "store_watch.h"
#include "work_files.h"
#include "workload.h"

namespace event_log_test {
namespace {

using namespace event_log;
namespace fs = std::filesystem;

TEST(OrderWorkload, HasAsManyEventsAndOrdersAsAsked) {
  for (const auto& [events, orders] :
       {std::pair{2000U, 200U}, {300U, 200U}, {200U, 200U}, {1U, 1U}}) {
    workload_builder builder = make_orders(events, orders, 1);
    builder.finish(1);
    EXPECT_EQ(builder.view().rows.size(), events);
    EXPECT_EQ(builder.view().streams.size(), orders);
  }
}

TEST(OrderWorkload, IsTheSameForTheSameSeed) {
  const auto text = [](std::uint64_t seed) {
    workload_builder builder = make_orders(2000, 200, seed);
    builder.finish(seed);
    std::string all;
    const auto view = builder.view();
    for (const auto& row : view.rows) all.append(view.stream_of(row)).append(view.payload_of(row));
    return all;
  };
  EXPECT_EQ(text(5), text(5));
  EXPECT_NE(text(5), text(6));
}

TEST(OrderWorkload, OpensEveryOrderFirst) {
  workload_builder builder = make_orders(2000, 200, 1);
  builder.finish(1);
  const auto view = builder.view();
  for (const auto& row : view.rows)
    EXPECT_EQ(row.version == 1, view.type_of(row) == "order-opened");
}

TEST(Workload, IsTheSameInAnotherProcess) {
  const scratch_folder folder;
  workload_builder builder = make_orders(500, 50, 3);
  builder.finish(3);
  const auto before = builder.view();
  ASSERT_TRUE(save_workload(before, folder / "rows"));
  const auto mapped = mapped_workload::open(folder / "rows");
  ASSERT_TRUE(mapped) << mapped.error().text;
  const auto& after = mapped->view();
  ASSERT_EQ(after.rows.size(), before.rows.size());
  for (std::size_t i = 0; i < after.rows.size(); ++i) {
    EXPECT_EQ(after.stream_of(after.rows[i]), before.stream_of(before.rows[i]));
    EXPECT_EQ(after.type_of(after.rows[i]), before.type_of(before.rows[i]));
    EXPECT_EQ(after.payload_of(after.rows[i]), before.payload_of(before.rows[i]));
  }
  EXPECT_EQ(after.settings.segment_size_bytes, before.settings.segment_size_bytes);
  EXPECT_FALSE(mapped_workload::open(folder.write("other", "something else")));
  EXPECT_FALSE(mapped_workload::open(folder / "nothing"));
}

TEST(EventId, IsFixedBySeedAndRow) {
  std::set<mainstem::event_id> ids;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    ids.insert(event_id_of(1, i));
    ids.insert(event_id_of(2, i));
  }
  EXPECT_EQ(ids.size(), 2000U);
  EXPECT_EQ(event_id_of(1, 7), event_id_of(1, 7));
  EXPECT_EQ(event_id_of(1, 7).to_string()[14], '8');
}

TEST(Acknowledgements, ComeBackWithoutATornLastOne) {
  const scratch_folder folder;
  const std::string path = folder / "acknowledgements";
  {
    const auto file = open_acknowledgements(path);
    ASSERT_TRUE(file->put(acknowledgement{1, 10, 1}));
    ASSERT_TRUE(file->put(acknowledgement{2, 20, 1}));
    ASSERT_TRUE(file->put(acknowledgement{3, 30, 2}));
  }
  fs::resize_file(path, fs::file_size(path) - 1);
  const std::vector<acknowledgement> two{{1, 10, 1}, {2, 20, 1}};
  auto read = read_acknowledgements(path);
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(*read, two);

  // The next writer puts its own where the torn one stood.
  ASSERT_TRUE(open_acknowledgements(path)->put(acknowledgement{4, 40, 1}));
  read = read_acknowledgements(path);
  ASSERT_TRUE(read) << read.error().text;
  ASSERT_EQ(read->size(), 3U);
  EXPECT_EQ(read->back(), (acknowledgement{4, 40, 1}));
}

TEST(Acknowledgements, AreRefusedWhenDamaged) {
  const scratch_folder folder;
  const std::string path = folder / "acknowledgements";
  ASSERT_TRUE(open_acknowledgements(path)->put(acknowledgement{1, 10, 1}));
  std::string bytes = content_of(path);
  bytes[0] = static_cast<char>(bytes[0] ^ 1);
  folder.write("acknowledgements", bytes);
  EXPECT_FALSE(read_acknowledgements(path));
}

TEST(LatencyHistogram, AnswersQuantilesToThreePercent) {
  latency_histogram histogram;
  for (int i = 1; i <= 100'000; ++i) histogram.record(std::chrono::nanoseconds(i * 10));
  EXPECT_EQ(histogram.count(), 100'000U);
  const auto near = [](std::chrono::nanoseconds found, double expected) {
    EXPECT_GE(static_cast<double>(found.count()), expected);
    EXPECT_LE(static_cast<double>(found.count()), expected * 1.033);
  };
  near(histogram.quantile(0.5), 500'000);
  near(histogram.quantile(0.99), 990'000);
  near(histogram.quantile(0.999), 999'000);
  EXPECT_EQ(latency_histogram().quantile(0.5).count(), 0);
}

TEST(LatencyHistogram, TakesExtremes) {
  latency_histogram histogram;
  histogram.record(std::chrono::nanoseconds(0));
  EXPECT_EQ(histogram.quantile(1).count(), 0);
  histogram.record(std::chrono::nanoseconds(-5));
  histogram.record(std::chrono::nanoseconds::max());
  EXPECT_EQ(histogram.quantile(1), std::chrono::nanoseconds::max());
}

TEST(KillPlan, SpreadsKillsOverTheRows) {
  kill_plan plan(21'000, 20, 1);
  for (std::uint32_t done = 0; done < 20; ++done) {
    const planned_kill kill = plan.next(done, true, true);
    EXPECT_GE(kill.not_before, done * 1000U);
    EXPECT_LE(kill.not_before, kill.latest);
    EXPECT_LE(kill.latest, (done + 1) * 1000U);
  }
}

TEST(KillPlan, AimsAgainAtWhatWasNotMet) {
  kill_plan plan(21'000, 20, 1);
  for (std::uint32_t done = 10; done < 20; ++done) {
    EXPECT_EQ(plan.next(done, false, true).at, aim::segment_change);
    EXPECT_EQ(plan.next(done, true, false).at, aim::index_flush);
    EXPECT_EQ(plan.next(done, false, false).at,
              done % 2 == 0 ? aim::index_flush : aim::segment_change);
  }
}

std::string segment_bytes(std::uint64_t first_position) {
  std::string bytes(4096, '\0');
  for (std::size_t i = 0; i < 8; ++i) bytes[88 + i] = static_cast<char>(first_position >> (8 * i));
  return bytes;
}

TEST(SegmentWatch, SeesAHeaderThatIsNewAndNothingElse) {
  const scratch_folder folder;
  folder.write("0000000001.log", segment_bytes(1));
  folder.write("0000000002.log", segment_bytes(0));
  file_events events;
  segment_watch watch(folder / "");
  watch.arm(events);
  EXPECT_FALSE(watch.change_begun(events));
  EXPECT_FALSE(watch.died_in_change(0));
  folder.write("0000000003.log", segment_bytes(0));
  EXPECT_FALSE(watch.change_begun(events)) << "space made ahead is no change";

  folder.write("0000000002.log", segment_bytes(500));
  EXPECT_TRUE(watch.change_begun(events));
  EXPECT_TRUE(watch.died_in_change(499)) << "nothing in it was acknowledged";
  EXPECT_FALSE(watch.died_in_change(500)) << "its first event was";
}

TEST(IndexWatch, SeesPagesBelowUnchangedMetaPages) {
  const scratch_folder folder;
  const std::string path =
      folder.write("data.mdb", std::string(8192, 'm') + std::string(4096, 'a'));
  file_events events;
  index_watch watch(path);
  watch.arm(events);
  EXPECT_FALSE(watch.flush_begun());
  EXPECT_FALSE(watch.died_in_flush());

  folder.write("data.mdb", std::string(8192, 'm') + std::string(8192, 'b'));
  EXPECT_TRUE(watch.flush_begun());
  EXPECT_TRUE(watch.died_in_flush());

  folder.write("data.mdb", std::string(8192, 'n') + std::string(8192, 'b'));
  EXPECT_FALSE(watch.died_in_flush()) << "the transaction was finished";
  EXPECT_FALSE(watch.flush_begun());
}

TEST(IndexWatch, IsNotTakenInByAFileThatOnlyTakesMoreSpace) {
  const scratch_folder folder;
  const std::string path =
      folder.write("data.mdb", std::string(8192, 'm') + std::string(4096, 'a'));
  file_events events;
  index_watch watch(path);
  watch.arm(events);
  fs::resize_file(path, 1U << 20U);
  EXPECT_FALSE(watch.died_in_flush());
  EXPECT_FALSE(watch.flush_begun());
  EXPECT_FALSE(watch.flush_begun());
}

TEST(WorkFolder, IsGoneUnlessKept) {
  std::string path;
  {
    auto folder = work_folder::make_temporary("event_log");
    ASSERT_TRUE(folder) << folder.error().text;
    path = folder->path();
    EXPECT_TRUE(fs::exists(path));
  }
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace event_log_test
