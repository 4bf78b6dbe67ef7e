// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "api_support.h"

// Whatever happens to the index, the log has it all.
namespace mainstem::api::test {
namespace {

namespace fs = std::filesystem;

class IndexLoss : public testing::Test {
 protected:
  void SetUp() override {
    auto log = store::open(path_, options()).value();
    fill(log, 1, 2'500);
    expected_ = all_of(log);
  }
  static store_options options() {
    auto chosen = quiet_options();
    chosen.index_flush_events = 1'024;
    return chosen;
  }
  void expect_whole(store& log) {
    EXPECT_EQ(all_of(log), expected_);
    for (std::uint64_t stream = 0; stream < 7; ++stream) {
      const auto name = "fill-" + std::to_string(stream);
      std::vector<stored> of_stream;
      for (const auto& event : expected_) {
        if (event.stream == name) of_stream.push_back(event);
      }
      EXPECT_EQ(all_of(log, name), of_stream);
    }
    const auto known = log.append(stream_name("fill-1"), any, {sized(1, 200)}).value();
    EXPECT_EQ(said(known), "already_committed 1..1 fill-1@1");
  }
  void expect_rebuilt_after(const std::function<void()>& loss) {
    loss();
    {
      auto log = store::open(path_, options());
      ASSERT_TRUE(log) << log.error();
      EXPECT_TRUE(log->recovery().index_rebuilt);
      EXPECT_FALSE(log->recovery().damage);
      expect_whole(*log);
    }
    auto log = store::open(path_, options()).value();
    EXPECT_FALSE(log.recovery().index_rebuilt);
    expect_whole(log);
    EXPECT_EQ(append(log, "new", no_stream, {90'000}), "committed 2501..2501 new@1");
  }
  temporary_folder folder_;
  fs::path path_ = folder_ / "store";
  std::vector<stored> expected_;
};

TEST_F(IndexLoss, MissingFolderIsRebuilt) {
  expect_rebuilt_after([&] { fs::remove_all(path_ / "index"); });
}

TEST_F(IndexLoss, MissingFileIsRebuilt) {
  expect_rebuilt_after([&] { fs::remove(index_file(path_)); });
}

TEST_F(IndexLoss, EmptyFileIsRebuilt) {
  expect_rebuilt_after([&] { write_file(index_file(path_), ""); });
}

TEST_F(IndexLoss, TruncatedFileIsRebuilt) {
  expect_rebuilt_after([&] { fs::resize_file(index_file(path_), 3 * 4'096); });
}

TEST_F(IndexLoss, GarbageIsRebuilt) {
  expect_rebuilt_after([&] { write_file(index_file(path_), std::string(65'536, '\x5a')); });
}

TEST_F(IndexLoss, IndexOfAnotherStoreIsRebuilt) {
  expect_rebuilt_after([&] {
    {
      auto other = store::open(folder_ / "other", options()).value();
      fill(other, 1, 2'500, "other");
    }
    fs::copy(index_file(folder_ / "other"), index_file(path_),
             fs::copy_options::overwrite_existing);
  });
}

TEST_F(IndexLoss, OlderIndexIsBroughtUpToDate) {
  const auto older = read_file(index_file(path_));
  {
    auto log = store::open(path_, options()).value();
    fill(log, 10'001, 2'500);
    expected_ = all_of(log);
  }
  write_file(index_file(path_), older);
  auto log = store::open(path_, options()).value();
  EXPECT_FALSE(log.recovery().damage);
  EXPECT_EQ(log.info().written, position(5'000));
  expect_whole(log);
}

// A page that reads as zeros or as another page: found out and reported or rebuilt, and never
// believed.
TEST_F(IndexLoss, DamagedPagesNeverGiveWrongAnswers) {
  const auto good = read_file(index_file(path_));
  constexpr std::size_t page = 4'096;
  for (std::size_t at = 0; at + page <= good.size(); at += page) {
    for (int way = 0; way < 3; ++way) {
      std::string bad = good;
      if (way == 0) bad.replace(at, page, std::string(page, '\0'));
      if (way == 1) bad.replace(at, page, good.substr(at == 0 ? page : at - page, page));
      if (way == 2) bad[at + 100] = static_cast<char>(bad[at + 100] ^ 1);
      write_file(index_file(path_), bad);
      SCOPED_TRACE("page " + std::to_string(at / page) + ", way " + std::to_string(way));
      const auto log = store::open(path_, options());
      ASSERT_TRUE(log) << log.error();
      EXPECT_EQ(all_of(*log).size(), expected_.size());
      for (std::uint64_t version_number : {1U, 100U, 350U}) {
        const auto found = log->read_event(stream_name("fill-3"), version(version_number));
        const auto& wanted = expected_[(version_number - 1) * 7 + 2];
        if (!found) {
          EXPECT_TRUE(found.error() == error_condition::corruption) << found.error();
        } else if (*found) {
          EXPECT_EQ(copy_of((*found)->view()), wanted);
        } else {
          ADD_FAILURE() << "an event was lost in silence: " << wanted;
        }
      }
    }
  }
}

}  // namespace
}  // namespace mainstem::api::test
