// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace {

TEST(GuideToTheHeaders, NamesEachOnce) {
  const std::filesystem::path top(MAINSTEM_SOURCE_DIR);
  std::multiset<std::string> there;
  for (const auto& entry : std::filesystem::directory_iterator(top / "include/mainstem"))
    if (entry.is_regular_file())
      there.insert("include/mainstem/" + entry.path().filename().string());

  std::ifstream file(top / "README.md");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::regex row(R"(\n\| \[`(mainstem/\w+\.h)`\]\((include/mainstem/\w+\.h)\) \|)");
  std::multiset<std::string> named;
  for (std::sregex_iterator at(text.begin(), text.end(), row), end; at != end; ++at) {
    EXPECT_EQ("include/" + (*at)[1].str(), (*at)[2].str());
    named.insert((*at)[2]);
  }
  EXPECT_EQ(named, there);
}

}  // namespace
