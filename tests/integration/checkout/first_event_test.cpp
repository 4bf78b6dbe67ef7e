// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "../example_program.h"

namespace checkout_test {
namespace {

using namespace example_test;

// docs/guide.md shows this program and what it prints.
TEST(FirstEvent, GoesInOnceAndComesOutEachTime) {
  const scratch_folder folder;
  const std::string read = "order-1, version 1: order-opened {\"customer\":7}\n";
  const auto first = run({folder / "store"}, FIRST_EVENT_PROGRAM);
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(first.out, "committed: positions 1 to 1\n" + read);
  const auto second = run({folder / "store"}, FIRST_EVENT_PROGRAM);
  EXPECT_EQ(second.status, 0) << second.err;
  EXPECT_EQ(second.out,
            "version conflict: stream order-1 is at version 1, expected was no stream\n" + read);
}

TEST(FirstEvent, SaysWhyThereIsNoStore) {
  const scratch_folder folder;
  const std::string file = folder.write("file", "");
  const auto end = run({file}, FIRST_EVENT_PROGRAM);
  EXPECT_EQ(end.status, 1);
  EXPECT_NE(end.err, "");
}

}  // namespace
}  // namespace checkout_test
