// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "api_support.h"
#include "other_process.h"

namespace mainstem::api::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

error refusal(const fs::path& path, const store_options& options = quiet_options()) {
  const auto opened = store::open(path, options);
  EXPECT_FALSE(opened) << path;
  return opened ? error{} : opened.error();
}

TEST(Opening, MakesAFolderAndEverythingAboveIt) {
  temporary_folder folder;
  auto log = store::open(folder / "deep/er/store", quiet_options()).value();
  EXPECT_EQ(append(log, "a", no_stream, {1}), "committed 1..1 a@1");
  EXPECT_TRUE(log.recovery().clean);
  EXPECT_FALSE(log.recovery().damage);
}

TEST(Opening, MakesAStoreInAnEmptyFolder) {
  temporary_folder folder;
  auto log = store::open(folder.path(), quiet_options()).value();
  EXPECT_EQ(append(log, "a", no_stream, {1}), "committed 1..1 a@1");
}

TEST(Opening, MakesNoStoreUnlessAsked) {
  temporary_folder folder;
  auto options = quiet_options();
  options.create_if_missing = false;
  EXPECT_TRUE(refusal(folder / "store", options) == errc::store_not_found);
  EXPECT_FALSE(fs::exists(folder / "store"));
  EXPECT_TRUE(refusal(folder.path(), options) == errc::store_not_found);
  EXPECT_TRUE(fs::is_empty(folder.path()));
  { const auto made = store::open(folder / "store", quiet_options()).value(); }
  EXPECT_TRUE(store::open(folder / "store", options));
}

TEST(Opening, RefusesAFileAndNamesIt) {
  temporary_folder folder;
  write_file(folder / "file", "mine");
  const auto refused = refusal(folder / "file");
  EXPECT_NE(refused.message().find((folder / "file").string()), std::string::npos) << refused;
  EXPECT_TRUE(static_cast<bool>(refusal(folder / "file" / "below").code()));
  EXPECT_EQ(read_file(folder / "file"), "mine");
}

// Root may do everything, so the opener gives that up.
TEST(Opening, ReportsAFolderThatItMayNotWrite) {
  temporary_folder folder;
  {
    auto made = store::open(folder / "store", quiet_options()).value();
    fill(made, 1, 10);
  }
  fs::permissions(folder.path(), fs::perms{0755});
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    fs::permissions(entry.path(), entry.is_directory() ? fs::perms{0555} : fs::perms{0444});
  }
  EXPECT_EQ(
      in_forked_process([&] {
        if (::geteuid() == 0 && ::setuid(65'534) != 0) return 1;
        EXPECT_TRUE(refusal(folder / "store").code() == boost::system::errc::permission_denied)
            << refusal(folder / "store");
        EXPECT_TRUE(refusal(folder / "new").code() == boost::system::errc::permission_denied)
            << refusal(folder / "new");
        return 0;
      }),
      0);
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    fs::permissions(entry.path(), fs::perms{0755});
  }
  auto again = store::open(folder / "store", quiet_options()).value();
  EXPECT_EQ(again.info().written, position(10));
}

TEST(Opening, RefusesOptionsOutOfTheirRange) {
  temporary_folder folder;
  const auto refuses = [&](auto change) {
    auto options = quiet_options();
    change(options);
    const auto refused = refusal(folder / "store", options);
    EXPECT_TRUE(refused == errc::invalid_argument) << refused;
    EXPECT_FALSE(refused.info().detail.empty()) << "which option, and its range";
    EXPECT_FALSE(fs::exists(folder / "store"));
  };
  using options = store_options;
  refuses([](options& o) { o.segment_size_bytes = 0; });
  refuses([](options& o) { o.segment_size_bytes = (64U << 10U) - 4'096; });
  refuses([](options& o) { o.segment_size_bytes = (64U << 10U) + 1; });
  refuses([](options& o) { o.segment_size_bytes = (4ULL << 30U) + 4'096; });
  refuses([](options& o) { o.queue_bytes = (1U << 20U) - 1; });
  refuses([](options& o) { o.buffered_sync_interval = 0ms; });
  refuses([](options& o) { o.buffered_sync_interval = -1ms; });
  refuses([](options& o) { o.buffered_sync_interval = 1h + 1ms; });
  refuses([](options& o) { o.index_flush_events = 1'023; });
  refuses([](options& o) { o.index_flush_events = (16U << 20U) + 1; });
  refuses([](options& o) { o.index_flush_interval = 9ms; });
  refuses([](options& o) { o.index_flush_interval = 1h + 1ms; });
  refuses([](options& o) { o.mark_interval = 0ms; });
  refuses([](options& o) { o.mark_interval = 1h + 1ms; });
}

TEST(Opening, TakesOptionsAtTheEndsOfTheirRanges) {
  temporary_folder folder;
  auto least = quiet_options();
  least.segment_size_bytes = 64U << 10U;
  least.queue_bytes = 1U << 20U;
  least.buffered_sync_interval = 1ms;
  least.index_flush_events = 1'024;
  least.index_flush_interval = 10ms;
  least.mark_interval = 1ms;
  auto most = quiet_options();
  most.segment_size_bytes = 4ULL << 30U;
  most.preallocation = preallocation::reserve;
  most.queue_bytes = 1U << 30U;
  most.index_flush_events = 16U << 20U;
  for (const auto& options : {least, most, least}) {
    auto log = store::open(folder / "store", options);
    ASSERT_TRUE(log) << log.error();
    fill(*log, log->info().written.value() + 1, 100);
    log->close().value();
  }
  auto log = store::open(folder / "store", least).value();
  EXPECT_EQ(positions_of(all_of(log)), numbers(1, 300));
}

TEST(Opening, ReportsACleanEnd) {
  temporary_folder folder;
  {
    auto log = store::open(folder / "store", quiet_options()).value();
    fill(log, 1, 500);
  }
  for (int round = 0; round < 3; ++round) {
    auto log = store::open(folder / "store", quiet_options()).value();
    EXPECT_TRUE(log.recovery().clean);
    EXPECT_EQ(log.recovery().last_position, position(500));
    EXPECT_EQ(log.recovery().events_replayed, 0U) << "closing brought the index up to date";
    EXPECT_EQ(log.recovery().events_rewritten, 0U);
    EXPECT_EQ(log.recovery().bytes_cut, 0U);
    EXPECT_FALSE(log.recovery().index_rebuilt);
    EXPECT_FALSE(log.recovery().damage);
    EXPECT_EQ(log.info().indexed, position(500));
    EXPECT_EQ(log.info().durable, position(500));
    log.close().value();
  }
}

TEST(Opening, KeepsIdentityAndTimesFromOneOpeningToTheNext) {
  temporary_folder folder;
  auto log = store::open(folder / "store", quiet_options()).value();
  const auto before = log.info();
  for (std::uint64_t round = 1; round <= 5; ++round) {
    fill(log, round * 10, 10);
    log = store::open(folder / ("other-" + std::to_string(round)), quiet_options()).value();
    EXPECT_NE(log.info().store_id, before.store_id);
    EXPECT_NE(log.info().lineage_id, before.lineage_id);
    log = store::open(folder / "store", quiet_options()).value();
    EXPECT_EQ(log.info().store_id, before.store_id);
    EXPECT_EQ(log.info().lineage_id, before.lineage_id);
  }
  const auto events = all_of(log);
  for (std::size_t index = 1; index < events.size(); ++index) {
    EXPECT_GE(events[index].time, events[index - 1].time);
  }
}

TEST(Opening, SaysHowFarItIs) {
  temporary_folder folder;
  {
    auto log = store::open(folder / "store", quiet_options()).value();
    fill(log, 1, 3'000);
  }
  fs::remove_all(folder / "store" / "index");
  auto options = quiet_options();
  std::vector<progress> said;
  options.on_progress = [&](const progress& now) { said.push_back(now); };
  const auto log = store::open(folder / "store", options).value();
  EXPECT_TRUE(log.recovery().index_rebuilt);
  for (const auto& now : said) EXPECT_LE(now.bytes_done, now.bytes_total);
}

TEST(Opening, CopyOfAStoreIsAStore) {
  temporary_folder folder;
  auto log = store::open(folder / "store", quiet_options()).value();
  fill(log, 1, 500);
  log.close().value();
  copy_store(folder / "store", folder / "copy");
  log = store::open(folder / "store", quiet_options()).value();
  auto copy = store::open(folder / "copy", quiet_options()).value();
  EXPECT_EQ(all_of(copy), all_of(log));
  EXPECT_FALSE(copy.recovery().index_rebuilt);
  EXPECT_EQ(copy.info().lineage_id, log.info().lineage_id);
  EXPECT_EQ(append(copy, "new", no_stream, {900}), "committed 501..501 new@1");
  EXPECT_EQ(append(log, "other", no_stream, {901}), "committed 501..501 other@1");
}

}  // namespace
}  // namespace mainstem::api::test
