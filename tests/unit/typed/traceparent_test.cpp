// SPDX-License-Identifier: Apache-2.0
#include "format/traceparent.h"

#include <gtest/gtest.h>

#include <string>

namespace mainstem::format {
namespace {

const std::string valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

std::string with(std::size_t at, char c) {
  std::string changed = valid;
  changed[at] = c;
  return changed;
}

TEST(Traceparent, TakesVersion00) {
  EXPECT_EQ(traceparent_flaw(valid), "");
  EXPECT_EQ(traceparent_flaw(with(54, 'f')), "") << "flags that are not defined yet";
}

TEST(Traceparent, TakesLaterVersionsAndWhatTheyAdd) {
  EXPECT_EQ(traceparent_flaw("cc" + valid.substr(2)), "");
  EXPECT_EQ(traceparent_flaw("cc" + valid.substr(2) + "-what-the-future-will-be-like"), "");
}

TEST(Traceparent, RefusesOtherLengths) {
  for (std::size_t size = 0; size < valid.size(); ++size)
    EXPECT_NE(traceparent_flaw(valid.substr(0, size)), "") << size;
  EXPECT_NE(traceparent_flaw(valid + "-1"), "") << "version 00 has nothing behind its flags";
  EXPECT_NE(traceparent_flaw("cc" + valid.substr(2) + "1"), "") << "no dash before what is added";
  EXPECT_NE(traceparent_flaw("cc" + valid.substr(2) + "-a b"), "");
  EXPECT_NE(traceparent_flaw("cc" + valid.substr(2) + "-\x80"), "");
}

TEST(Traceparent, RefusesEveryCharacterThatDoesNotBelongToItsPlace) {
  for (std::size_t at = 0; at < valid.size(); ++at) {
    for (const char wrong : {'A', 'g', ' ', '\0'}) EXPECT_NE(traceparent_flaw(with(at, wrong)), "");
    const bool dash = valid[at] == '-';
    EXPECT_NE(traceparent_flaw(with(at, dash ? '0' : '-')), "") << at;
  }
}

TEST(Traceparent, RefusesVersionFfAndIdsThatAreAllZero) {
  EXPECT_NE(traceparent_flaw("ff" + valid.substr(2)), "");
  std::string no_trace = valid;
  no_trace.replace(3, 32, std::string(32, '0'));
  EXPECT_NE(traceparent_flaw(no_trace), "");
  std::string no_parent = valid;
  no_parent.replace(36, 16, std::string(16, '0'));
  EXPECT_NE(traceparent_flaw(no_parent), "");
}

TEST(Traceparent, FlawSaysWhereAndShowsAGoodOne) {
  EXPECT_EQ(traceparent_flaw(with(4, 'X')),
            "the traceparent has no lower-case hexadecimal digit at character 5; one looks like " +
                valid);
}

}  // namespace
}  // namespace mainstem::format
