// SPDX-License-Identifier: Apache-2.0
#include <mainstem/version.h>

#include <gtest/gtest.h>

#include <string>

namespace mainstem {
namespace {

TEST(Version, IsTheOneOfTheBuild) { EXPECT_EQ(header_version, MAINSTEM_PROJECT_VERSION); }

TEST(Version, IsTheSameAsTextAndInParts) {
  EXPECT_EQ(header_version, std::to_string(MAINSTEM_VERSION_MAJOR) + "." +
                                std::to_string(MAINSTEM_VERSION_MINOR) + "." +
                                std::to_string(MAINSTEM_VERSION_PATCH));
}

TEST(Version, IsANumberOfWhichThePartsCanBeTold) {
  static_assert(header_version_number == MAINSTEM_VERSION);
  EXPECT_EQ(header_version_number / 1000000, MAINSTEM_VERSION_MAJOR);
  EXPECT_EQ(header_version_number / 1000 % 1000, MAINSTEM_VERSION_MINOR);
  EXPECT_EQ(header_version_number % 1000, MAINSTEM_VERSION_PATCH);
}

TEST(Version, OfTheLibraryIsThatOfItsHeaders) {
  EXPECT_EQ(library_version(), header_version);
  EXPECT_EQ(library_version_number(), header_version_number);
}

}  // namespace
}  // namespace mainstem
