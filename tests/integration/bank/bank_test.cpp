// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <map>
#include <optional>
#include <sstream>

#include <gtest/gtest.h>
#include <mainstem/store.h>

#include "../example_program.h"

// docs/guide.md ends with these two programs.
namespace bank_test {
namespace {

namespace ms = mainstem;
using namespace example_test;

struct movement {
  std::string stream;
  std::string cents;
  friend bool operator==(const movement&, const movement&) = default;
};
using movements = std::map<std::uint64_t, movement>;

/// What a follower has printed, last line cut or not. Adds up over its lives.
void add_printed(const std::string& out, movements& seen) {
  std::istringstream lines(out.substr(0, out.rfind('\n') + 1));
  std::uint64_t position = 0;
  movement moved;
  std::optional<std::uint64_t> before;
  while (lines >> position >> moved.stream >> moved.cents) {
    ASSERT_EQ(position, before.value_or(position - 1) + 1) << "in order, nothing left out";
    before = position;
    const auto [known, is_new] = seen.emplace(position, moved);
    ASSERT_EQ(known->second, moved) << "the same again";
  }
}

movements log_of(const std::string& folder) {
  movements found;
  const auto store = ms::store::open_read_only(folder).value();
  auto reader = store.read_all();
  while (const auto batch = reader.next().value())
    for (const auto& event : batch)
      found[event.position().value()] = {std::string(event.stream()),
                                         std::string(event.payload_text())};
  return found;
}

bool reaches(const std::string& folder, std::uint64_t position) {
  return comes_true([&] {
    const auto store = ms::store::open_read_only(folder);
    return store && store->info().durable.value() >= position;
  });
}

TEST(Bank, MovesMoneyOnceThroughKillsAndIsFollowed) {
  const scratch_folder folder;
  const std::string store = folder / "store";
  const std::vector<std::string> arguments{store, "400"};
  movements seen;

  auto printer = std::make_unique<program>(std::vector{store}, FOLLOWER_PROGRAM);
  for (const std::uint64_t position : {100U, 400U}) {
    program bank(arguments);
    ASSERT_TRUE(reaches(store, position));
    bank.send(SIGKILL);
    EXPECT_EQ(bank.wait().status, 128 + SIGKILL);
  }
  printer->send(SIGKILL);
  add_printed(printer->wait().out, seen);
  printer = std::make_unique<program>(std::vector{store}, FOLLOWER_PROGRAM);

  const program_end last = run(arguments);
  ASSERT_EQ(last.status, 0) << last.err;
  const movements all = log_of(store);
  EXPECT_TRUE(comes_true(
      [&] { return printer->has_printed("\n" + std::to_string(all.size()) + " account-"); }));
  printer->send(SIGTERM);
  const program_end printed = printer->wait();
  EXPECT_EQ(printed.status, 0) << printed.err;
  add_printed(printed.out, seen);
  EXPECT_EQ(seen, all) << "the follower has seen everything";

  std::map<std::string, long> cents;
  for (const auto& [position, moved] : all) {
    cents[moved.stream] += std::stol(moved.cents);
    ASSERT_GE(cents[moved.stream], 0) << "overdrawn at position " << position;
  }
  EXPECT_EQ(cents.size(), 3U);
  // Whatever stands there is found done when every command is sent once more.
  const program_end again = run(arguments);
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_NE(again.out.find(" " + std::to_string(all.size()) + " done before"), std::string::npos)
      << again.out;
}

TEST(Bank, EndsCleanlyWhenItIsTold) {
  const scratch_folder folder;
  const std::string store = folder / "store";
  program bank({store, "1000000"});
  ASSERT_TRUE(reaches(store, 50));
  bank.send(SIGTERM);
  const program_end end = bank.wait();
  EXPECT_EQ(end.status, 0) << end.err;
  EXPECT_TRUE(ms::store::open(store).value().recovery().clean);
}

TEST(Bank, FollowerGoesOnBehindItsCheckpoint) {
  const scratch_folder folder;
  const std::string store = folder / "store";
  ASSERT_EQ(run({store, "20"}).status, 0);
  const auto print_all = [&] {
    program printer({store}, FOLLOWER_PROGRAM);
    EXPECT_TRUE(comes_true([&] {
      const auto opened = ms::store::open_read_only(store).value();
      return opened.checkpoint("printer").value() == opened.info().durable;
    }));
    printer.send(SIGTERM);
    return printer.wait().out;
  };
  movements first;
  add_printed(print_all(), first);
  EXPECT_EQ(first, log_of(store));
  EXPECT_EQ(print_all(), "") << "nothing is new";
}

TEST(Bank, SaysHowItIsCalled) {
  const program_end bank = run({});
  EXPECT_EQ(bank.status, 1);
  EXPECT_NE(bank.err.find("usage: bank FOLDER"), std::string::npos) << bank.err;
  const program_end follower = run({}, FOLLOWER_PROGRAM);
  EXPECT_EQ(follower.status, 1);
  EXPECT_NE(follower.err.find("usage: bank_follower FOLDER"), std::string::npos) << follower.err;
}

}  // namespace
}  // namespace bank_test
