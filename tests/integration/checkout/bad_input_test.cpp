// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>

#include "../example_program.h"

namespace checkout_test {
namespace {

using namespace example_test;
namespace fs = std::filesystem;

std::string said_about(const std::vector<std::string>& arguments) {
  const auto end = run(arguments);
  EXPECT_EQ(end.status, 2) << end.err;
  EXPECT_EQ(end.out, "");
  return end.err;
}

TEST(CheckoutBadInput, NoCommandOrAnUnknownOne) {
  EXPECT_EQ(said_about({}), "checkout: expected a command: demo, verify or follow\n");
  EXPECT_EQ(said_about({"sell"}),
            "checkout: unknown command sell: expected demo, verify or follow\n");
}

TEST(CheckoutBadInput, NumbersOutOfTheirRanges) {
  const auto about = [](const std::string& option, const std::string& value) {
    return said_about({"demo", option, value});
  };
  EXPECT_EQ(about("--seconds", "0"),
            "checkout: --seconds 0: expected a whole number from 1 to 3600\n");
  EXPECT_EQ(about("--workers", "257"),
            "checkout: --workers 257: expected a whole number from 1 to 256\n");
  EXPECT_EQ(about("--items", "many"),
            "checkout: --items many: expected a whole number from 1 to 1000\n");
  EXPECT_EQ(about("--kills", "-1"),
            "checkout: --kills -1: expected a whole number from 0 to 1000\n");
  EXPECT_EQ(about("--seed", "1.5"),
            "checkout: --seed 1.5: expected a whole number from 0 to 18446744073709551615\n");
}

TEST(CheckoutBadInput, OptionsThatMeanNothing) {
  EXPECT_EQ(said_about({"demo", "--threads", "4"}),
            "checkout: unknown option --threads (see checkout --help)\n");
  EXPECT_EQ(said_about({"demo", "--kills"}), "checkout: --kills needs a value\n");
  EXPECT_EQ(said_about({"demo", "--kills="}), "checkout: --kills needs a value\n");
  EXPECT_EQ(said_about({"demo", "--kills", "1", "--kills=2"}),
            "checkout: --kills is given twice\n");
  EXPECT_EQ(said_about({"demo", "orders.csv"}), "checkout: unexpected argument orders.csv\n");
  EXPECT_EQ(said_about({"demo", "--checkpoint", "file"}),
            "checkout: --checkpoint belongs to follow\n");
}

TEST(CheckoutBadInput, MissingFolders) {
  EXPECT_EQ(said_about({"verify", "--store", "s"}),
            "checkout: --store and --work are needed here\n");
  EXPECT_EQ(said_about({"follow"}), "checkout: --store is missing: the store to follow\n");
}

TEST(CheckoutBadInput, FoldersThatHaveContent) {
  const scratch_folder folder;
  folder.write("mine.txt", "precious");
  for (const char* option : {"--store", "--work"}) {
    EXPECT_NE(said_about({"demo", option, folder / ""}).find("expected a new or an empty folder"),
              std::string::npos);
    EXPECT_EQ(content_of(folder / "mine.txt"), "precious");
  }
  EXPECT_FALSE(fs::exists(folder / "log"));
}

TEST(CheckoutProgram, HelpNamesEveryOption) {
  const auto end = run({"--help"});
  EXPECT_EQ(end.status, 0);
  for (const char* option : {"--seconds", "--workers", "--items", "--kills", "--store", "--work",
                             "--seed", "--checkpoint", "--help"})
    EXPECT_NE(end.out.find(option), std::string::npos) << option;
}

}  // namespace
}  // namespace checkout_test
