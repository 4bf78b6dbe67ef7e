// SPDX-License-Identifier: Apache-2.0
#include <mainstem/version.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace {

std::string read_me() {
  std::ifstream file(std::filesystem::path(MAINSTEM_SOURCE_DIR) / "README.md");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(GuideToTheHeaders, NamesEachOnce) {
  const std::filesystem::path top(MAINSTEM_SOURCE_DIR);
  std::multiset<std::string> there;
  for (const std::string folder : {"include/mainstem/", "include/mainstem/testing/"})
    for (const auto& entry : std::filesystem::directory_iterator(top / folder))
      if (entry.is_regular_file()) there.insert(folder + entry.path().filename().string());

  const std::string text = read_me();
  const std::regex row(R"(\n\| \[`(mainstem/[\w/]+\.h)`\]\((include/mainstem/[\w/]+\.h)\) \|)");
  std::multiset<std::string> named;
  for (std::sregex_iterator at(text.begin(), text.end(), row), end; at != end; ++at) {
    EXPECT_EQ("include/" + (*at)[1].str(), (*at)[2].str());
    named.insert((*at)[2]);
  }
  EXPECT_EQ(named, there);
}

TEST(ReadMe, AsksForThisVersion) {
  const std::string text = read_me();
  const std::string version =
      std::to_string(MAINSTEM_VERSION_MAJOR) + "." + std::to_string(MAINSTEM_VERSION_MINOR);
  const std::regex asked(R"((?:find_package\(mainstem |libmainstem\.so\.)(\d+\.\d+))");
  int times = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), asked), end; at != end; ++at, ++times)
    EXPECT_EQ((*at)[1].str(), version) << at->str();
  EXPECT_GT(times, 2);
}

}  // namespace
