// SPDX-License-Identifier: Apache-2.0
#include "base/checksum.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace mainstem {
namespace {

// The log's files depend on these values for ever. They are those of the published algorithm, which
// every implementation of XXH3 gives.
TEST(Checksum, IsXxh3) {
  EXPECT_EQ(checksum64({}), 0x2d06800538d394c2U);
  EXPECT_EQ(checksum64(as_bytes("a")), 0xe6c632b61e964e1fU);
  EXPECT_EQ(checksum64(as_bytes("abc")), 0x78af5f94892f3950U);
}

TEST(Checksum, DependsOnTheSeed) {
  EXPECT_EQ(checksum64(as_bytes("abc"), 0), checksum64(as_bytes("abc")));
  EXPECT_NE(checksum64(as_bytes("abc"), 1), checksum64(as_bytes("abc")));
}

TEST(Bytes, IntegersAreLittleEndianAndNeedNoAlignment) {
  std::byte bytes[5] = {};
  store_at(bytes + 1, std::uint32_t{0x01020304});
  EXPECT_EQ(bytes[0], std::byte{0});
  EXPECT_EQ(bytes[1], std::byte{4});
  EXPECT_EQ(bytes[4], std::byte{1});
  EXPECT_EQ(load<std::uint32_t>(bytes + 1), 0x01020304U);
}

TEST(Bytes, AlignUpRoundsToTheNextMultiple) {
  EXPECT_EQ(align_up(0, 8), 0U);
  EXPECT_EQ(align_up(1, 8), 8U);
  EXPECT_EQ(align_up(8, 8), 8U);
  EXPECT_EQ(align_up(9, 8), 16U);
}

}  // namespace
}  // namespace mainstem
