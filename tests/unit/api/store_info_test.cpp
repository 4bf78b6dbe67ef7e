// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <sstream>

#include <gtest/gtest.h>

#include "api_support.h"

namespace mainstem::api::test {
namespace {

using namespace std::chrono_literals;

TEST(StoreInfo, KeepsItsFiguresInOrder) {
  temporary_folder folder;
  auto options = quiet_options();
  options.index_flush_events = 1'024;
  auto log = store::open(folder / "store", options).value();
  const auto empty = log.info();
  EXPECT_FALSE(empty.store_id.is_nil());
  EXPECT_FALSE(empty.lineage_id.is_nil());
  EXPECT_FALSE(empty.failure);
  fill(log, 1, 3'000);
  EXPECT_TRUE(comes_true([&] { return log.info().index_flushes > 0; })) << "1,024 events are there";
  const auto full = log.info();
  EXPECT_EQ(full.store_id, empty.store_id);
  EXPECT_EQ(full.lineage_id, empty.lineage_id);
  EXPECT_EQ(full.written, position(3'000));
  EXPECT_EQ(full.durable, position(3'000));
  EXPECT_GT(full.indexed, position(0));
  EXPECT_LE(full.indexed, full.durable);
  EXPECT_GT(full.log_bytes, 3'000U * 200U);
  EXPECT_LT(full.log_bytes, 3'000U * 600U);
  EXPECT_GE(full.segments, full.log_bytes / (64U << 10U));
  EXPECT_GT(full.index_bytes, 0U);
}

TEST(RecoveryReport, SaysInWordsThatAllIsWell) {
  recovery_report report;
  report.last_position = position(42);
  report.duration = 7'900us;
  EXPECT_EQ(report.to_string(), "closed properly the last time; last position 42; opened in 7 ms");
}

TEST(RecoveryReport, SaysInWordsWhatWasFound) {
  recovery_report report;
  report.clean = false;
  report.last_position = position(42);
  report.events_replayed = 17;
  report.events_rewritten = 1;
  report.bytes_cut = 120;
  report.index_rebuilt = true;
  report.damage = error(errc::store_damaged, error_info{.first_position = 7, .last_position = 8});
  std::ostringstream out;
  out << report;
  EXPECT_EQ(
      out.str(),
      "not closed properly the last time; last position 42; 17 events not in the index read "
      "again; 1 unproven event written again; 120 torn bytes cut off; index rebuilt; opened in "
      "0 ms; DAMAGE: " +
          report.damage->message());
}

}  // namespace
}  // namespace mainstem::api::test
