// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "acknowledgements.h"
#include "program.h"

namespace event_log_test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> small_demo(const scratch_folder& folder, std::string_view verb = "demo") {
  return {std::string(verb),
          "--events",
          "6000",
          "--orders",
          "600",
          "--threads",
          "8",
          "--store",
          folder / "store",
          "--work",
          folder / "work",
          "--json",
          folder / "figures.json"};
}

std::vector<std::string> operator+(std::vector<std::string> arguments,
                                   std::vector<std::string> more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// The one child of a process; 0 if it has none, or if this system does not say.
pid_t child_of(pid_t parent) {
  const std::string id = std::to_string(parent);
  const std::string children = content_of("/proc/" + id + "/task/" + id + "/children");
  return children.empty() ? 0 : static_cast<pid_t>(std::stol(children));
}

bool is_running(pid_t process) {
  const std::string stat = content_of("/proc/" + std::to_string(process) + "/stat");
  const std::size_t name_end = stat.rfind(')');
  return name_end != std::string::npos && stat[name_end + 2] != 'Z' && stat[name_end + 2] != 'X';
}

TEST(Demo, FindsEveryAcknowledgedEventAfterKills) {
  const scratch_folder folder;
  const auto end = run(small_demo(folder) + std::vector<std::string>{"--kills", "5"});
  ASSERT_EQ(end.status, 0) << end.err << end.out;
  const auto tree = read_json(folder / "figures.json");
  EXPECT_EQ(tree.get<int>("events"), 6000);
  EXPECT_EQ(tree.get<int>("streams"), 600);
  EXPECT_EQ(tree.get<int>("kills"), 5);
  EXPECT_EQ(tree.get<int>("conflicts"), 0);
  EXPECT_EQ(tree.get<int>("events_in_store"), 6000);
  EXPECT_EQ(tree.get<int>("events_acknowledged"), 6000);
  EXPECT_EQ(tree.get<int>("events_lost"), 0);
  EXPECT_EQ(tree.get<int>("rows_missing"), 0);
  EXPECT_EQ(tree.get<int>("events_different"), 0);
  EXPECT_TRUE(tree.get<bool>("digests_equal"));
  EXPECT_TRUE(tree.get<bool>("closed_cleanly"));
  EXPECT_GT(tree.get<int>("retries_already_committed"), 0);
  EXPECT_LE(tree.get<int>("commits"), 6000);
  EXPECT_GT(tree.get<double>("durable_commit_p50_microseconds"), 0);
  EXPECT_EQ(tree.get_child("processes").size(), 6U);
  EXPECT_NE(end.out.find("events lost"), std::string::npos) << end.out;
  EXPECT_EQ(end.err, "") << "no progress where there is no terminal";
}

TEST(Demo, WithoutKillsCommitsEachRowOnce) {
  const scratch_folder folder;
  const auto end = run(small_demo(folder, "load"));
  ASSERT_EQ(end.status, 0) << end.err << end.out;
  const auto tree = read_json(folder / "figures.json");
  EXPECT_EQ(tree.get<int>("commits"), 6000);
  EXPECT_EQ(tree.get<int>("kills"), 0);
  EXPECT_EQ(tree.get<int>("events_lost"), 0);
  EXPECT_EQ(tree.get_child("processes").size(), 1U);
}

TEST(Demo, RefusesAStoreThatItHasFilledBefore) {
  const scratch_folder folder;
  ASSERT_EQ(run(small_demo(folder, "load")).status, 0);
  const auto again = run(small_demo(folder, "load"));
  EXPECT_EQ(again.status, 2);
  EXPECT_NE(again.err.find("expected a new or an empty folder for the store"), std::string::npos)
      << again.err;
  EXPECT_EQ(run({"verify", "--store", folder / "store", "--work", folder / "work"}).status, 0);
}

// What the demo claims is worth as much as its ability to say otherwise.
TEST(Verification, ReportsAnAcknowledgedEventThatIsNotThere) {
  const scratch_folder folder;
  ASSERT_EQ(run(small_demo(folder, "load")).status, 0);
  {
    const auto file = event_log::open_acknowledgements(folder / "work/acknowledgements");
    ASSERT_TRUE(file) << file.error().text;
    ASSERT_TRUE(file->put(event_log::acknowledgement{.row = 17, .position = 6001, .version = 1}));
  }
  const auto end = run({"verify", "--store", folder / "store", "--work", folder / "work"});
  EXPECT_EQ(end.status, 1);
  EXPECT_NE(end.out.find("6,000 events, 6,000 acknowledged, 1 lost"), std::string::npos) << end.out;
  EXPECT_NE(end.err.find("row 17 was acknowledged at position 6001"), std::string::npos) << end.err;
}

TEST(Verification, ReportsRowsThatAreNotThere) {
  const scratch_folder folder;
  ASSERT_EQ(run(small_demo(folder, "load")).status, 0);
  // Another run's store: as many events, but others.
  const scratch_folder other;
  ASSERT_EQ(run(small_demo(other, "load") + std::vector<std::string>{"--seed", "2"}).status, 0);
  const auto end = run({"verify", "--store", other / "store", "--work", folder / "work"});
  EXPECT_EQ(end.status, 1);
  EXPECT_NE(end.err.find("the digests of input and store are not equal"), std::string::npos)
      << end.err;
}

TEST(Demo, LeavesNothingRunningAndNothingBehindWhenInterrupted) {
  const scratch_folder folder;
  const std::string temporary = folder / "temporary";
  fs::create_directory(temporary);
  const auto left_behind = [&] {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(temporary))
      if (entry.path().filename().string().starts_with("event_log.")) found.push_back(entry.path());
    return found;
  };
  ::setenv("TMPDIR", temporary.c_str(), 1);
  program running({"demo", "--kills", "0"});
  ::unsetenv("TMPDIR");
  // Once something is acknowledged, the writer is at work.
  const auto writes = [&] {
    const auto work = left_behind();
    std::error_code ec;
    return !work.empty() && fs::file_size(work.front() / "acknowledgements", ec) > 0 && !ec;
  };
  ASSERT_TRUE(comes_true(writes));
  running.send(SIGINT);
  const auto end = running.wait();
  EXPECT_EQ(end.status, 130) << end.err;
  EXPECT_EQ(end.err, "event_log: interrupted\n");
  EXPECT_TRUE(left_behind().empty());
}

TEST(Demo, LeavesNoWriterRunningWhenItIsKilledItself) {
  if (!fs::exists("/proc/self/task/" + std::to_string(::getpid()) + "/children"))
    GTEST_SKIP() << "this system does not list the children of a process";
  const scratch_folder folder;
  program running({"demo", "--kills", "0", "--store", folder / "store", "--work", folder / "work"});
  ASSERT_TRUE(comes_true([&] { return fs::exists(folder / "work/acknowledgements"); }));
  const pid_t writer = child_of(running.id());
  ASSERT_NE(writer, 0);
  running.send(SIGKILL);
  EXPECT_EQ(running.wait().status, 128 + SIGKILL);
  EXPECT_TRUE(comes_true([&] { return !is_running(writer); }));
}

TEST(Demo, SaysWhatTheWriterSaidWhenItFails) {
  const scratch_folder folder;
  // The folder of the store cannot be made below a file.
  const std::string file = folder.write("file", "");
  const auto end = run({"demo", "--events", "100", "--orders", "10", "--store", file + "/store",
                        "--work", folder / "work"});
  EXPECT_EQ(end.status, 1);
  EXPECT_NE(end.err.find("the writer failed: the store does not open"), std::string::npos)
      << end.err;
}

TEST(Program, HelpNamesEveryOption) {
  const auto end = run({"--help"});
  EXPECT_EQ(end.status, 0);
  for (const char* option :
       {"--store", "--work", "--category", "--stream", "--type", "--time", "--time-format",
        "--version-column", "--threads", "--kills", "--seed", "--json", "--help"})
    EXPECT_NE(end.out.find(option), std::string::npos) << option;
}

}  // namespace
}  // namespace event_log_test
