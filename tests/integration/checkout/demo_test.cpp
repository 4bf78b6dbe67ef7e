// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "../example_program.h"
#include "demo_figures.h"

namespace checkout_test {
namespace {

using namespace example_test;
namespace fs = std::filesystem;

std::vector<std::string> short_demo(const scratch_folder& folder) {
  return {"demo",    "--seconds",      "3",      "--kills",      "2",
          "--store", folder / "store", "--work", folder / "work"};
}

TEST(CheckoutDemo, LosesNothingAndOversellsNothingThroughKills) {
  const scratch_folder folder;
  const auto end = run(short_demo(folder));
  ASSERT_EQ(end.status, 0) << end.err << end.out;
  EXPECT_EQ(end.err, "");
  auto figures = figures_of(end.out);
  EXPECT_EQ(figures.at("kills of the writer"), 2U);
  EXPECT_EQ(figures.at("kills of the follower"), 1U);
  EXPECT_GT(figures.at("orders"), 10U);
  EXPECT_GT(figures.at("conflicts retried"), 10U);
  // Two restarts, eight workers: each repeats its last command.
  EXPECT_GE(figures.at("already committed"), 8U);
  EXPECT_EQ(figures.at("orders left unfinished"), 0U);
  EXPECT_EQ(figures.at("oversold"), 0U);
  EXPECT_EQ(figures.at("rules broken"), 0U);
  EXPECT_EQ(figures.at("acknowledged and lost"), 0U);
  EXPECT_GE(figures.at("commits acknowledged"), figures.at("commits"));
  EXPECT_EQ(figures.at("events followed"), figures.at("events"));
  EXPECT_NE(end.out.find("everything, once, in order"), std::string::npos);
  EXPECT_NE(end.out.find("follower: position "), std::string::npos) << "what was sold so far";

  // What it left can be verified again, to the same figures.
  const auto again = run({"verify", "--store", folder / "store", "--work", folder / "work"});
  EXPECT_EQ(again.status, 0) << again.err;
  for (const auto& [name, figure] : figures_of(again.out)) EXPECT_EQ(figures[name], figure) << name;
}

TEST(CheckoutDemo, RunsWithOneWorkerAndOneItem) {
  const scratch_folder folder;
  const auto end = run({"demo", "--seconds", "1", "--kills", "0", "--workers", "1", "--items", "1",
                        "--store", folder / "store", "--work", folder / "work"});
  ASSERT_EQ(end.status, 0) << end.err << end.out;
  const auto figures = figures_of(end.out);
  EXPECT_EQ(figures.at("conflicts retried"), 0U);
  EXPECT_GT(figures.at("orders"), 0U);
}

TEST(CheckoutDemo, LeavesNothingBehindWhenInterrupted) {
  const scratch_folder folder;
  program running({"demo", "--seconds", "600", "--kills", "0", "--store", folder / "store",
                   "--work", folder / "work"});
  const auto sells = [&] {
    std::error_code ec;
    return fs::file_size(folder / "work/acknowledgements", ec) > 0 && !ec;
  };
  ASSERT_TRUE(comes_true(sells));
  running.send(SIGINT);
  const auto end = running.wait();
  EXPECT_EQ(end.status, 130) << end.err;
  EXPECT_EQ(end.err, "checkout: interrupted\n");
}

TEST(CheckoutDemo, SaysWhatTheWriterSaidWhenItFails) {
  const scratch_folder folder;
  const std::string file = folder.write("file", "");
  const auto end = run({"demo", "--store", file + "/store", "--work", folder / "work"});
  EXPECT_EQ(end.status, 1);
  EXPECT_NE(end.err.find("the writer failed: the store does not open"), std::string::npos)
      << end.err;
}

TEST(CheckoutFollow, PrintsWhatWasSoldUntilInterrupted) {
  const scratch_folder folder;
  ASSERT_EQ(run({"demo", "--seconds", "1", "--kills", "0", "--store", folder / "store", "--work",
                 folder / "work"})
                .status,
            0);
  program running({"follow", "--store", folder / "store", "--checkpoint", folder / "mine"});
  // It keeps its checkpoint from the first events on.
  ASSERT_TRUE(comes_true([&] { return running.has_printed("follower: position "); }));
  running.send(SIGINT);
  const auto end = running.wait();
  EXPECT_EQ(end.status, 0) << end.err;
  EXPECT_EQ(content_of(folder / "mine"), content_of(folder / "work/checkpoint"))
      << "two followers of the same log";
}

}  // namespace
}  // namespace checkout_test
