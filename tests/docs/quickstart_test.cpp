// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <mainstem/store.h>

#include <filesystem>
#include <functional>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace {

// Called between the quickstart's read and its append.
std::function<void()> before_append = [] {};

mainstem::version pass_on(mainstem::version seen) {
  before_append();
  return seen;
}

}  // namespace

// The program stands in the README as it is. It becomes testable by two names: its main is called
// by a test, and its ms::exactly(seen) lets a test act before the append.
int quickstart_main();
#define main quickstart_main
#define exactly(seen) exactly(pass_on(seen))
#include "quickstart.h"
#undef exactly
#undef main

namespace {

const ms::stream_name order("order-42");

std::vector<std::string> types_of(ms::store& store) {
  std::vector<std::string> types;
  auto reader = store.read_stream(order);
  while (auto batch = reader.next().value())
    for (const auto& event : batch.events()) types.emplace_back(event.type());
  return types;
}

// Each test works in an empty folder, which is also the current one.
class Quickstart : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("mainstem-quickstart-" + ms::uuid::generate().to_string());
    std::filesystem::create_directories(folder_);
    std::filesystem::current_path(folder_);
    clog_buffer_ = std::clog.rdbuf(said_.rdbuf());
  }

  void TearDown() override {
    std::clog.rdbuf(clog_buffer_);
    before_append = [] {};
    std::filesystem::current_path(folder_.parent_path());
    std::filesystem::remove_all(folder_);
  }

  static ms::store open() { return ms::store::open("orders").value(); }

  std::filesystem::path folder_;
  std::ostringstream said_;
  std::streambuf* clog_buffer_ = nullptr;
};

TEST_F(Quickstart, ProgramLeavesOnePayment) {
  EXPECT_EQ(quickstart_main(), 0);

  auto store = open();
  EXPECT_EQ(types_of(store), std::vector<std::string>{"order-paid"});
  EXPECT_EQ(store.read_last(order).value()->view().payload_text(), R"({"cents":1999})");
}

TEST_F(Quickstart, PayingAgainIsNoSecondPayment) {
  auto store = open();
  pay(store);
  pay(store);
  EXPECT_EQ(types_of(store), std::vector<std::string>{"order-paid"});
  EXPECT_EQ(said_.str(), "");
}

TEST_F(Quickstart, ConflictIsReportedAndOvercome) {
  auto store = open();
  before_append = [&, tries = 0]() mutable {
    if (++tries > 1) return;
    ASSERT_TRUE(store.append(order, ms::any, {ms::event_data("order-placed", ms::json("{}"))})
                    .value()
                    .succeeded());
  };
  pay(store);
  EXPECT_EQ(types_of(store), (std::vector<std::string>{"order-placed", "order-paid"}));
  EXPECT_EQ(said_.str(), "order-42 is at 1\n");
}

TEST_F(Quickstart, GivesUpWhenEveryTryConflicts) {
  auto store = open();
  before_append = [&] {
    ASSERT_TRUE(store.append(order, ms::any, {ms::event_data("order-changed", ms::json("{}"))})
                    .value()
                    .succeeded());
  };
  EXPECT_THROW(pay(store), std::runtime_error);
  EXPECT_EQ(types_of(store), std::vector<std::string>(5, "order-changed"));
}

}  // namespace
