// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace mainstem {
namespace {

using namespace std::string_view_literals;

/// Straight from table 3-7 of the Unicode standard, to compare with.
bool is_well_formed_by_table(const std::string& text) {
  const auto at = [&text](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto in = [](unsigned byte, unsigned low, unsigned high) {
    return byte >= low && byte <= high;
  };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned lead = at(i);
    unsigned low = 0x80;
    unsigned high = 0xbf;
    std::size_t length = 0;
    if (lead <= 0x7f)
      length = 1;
    else if (in(lead, 0xc2, 0xdf))
      length = 2;
    else if (in(lead, 0xe0, 0xef))
      length = 3;
    else if (in(lead, 0xf0, 0xf4))
      length = 4;
    else
      return false;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
    if (length > 1 && !in(at(i + 1), low, high)) return false;
    for (std::size_t rest = 2; rest < length; ++rest) {
      if (!in(at(i + rest), 0x80, 0xbf)) return false;
    }
    i += length;
  }
  return true;
}

TEST(IsUtf8, TakesTextOfEveryLength) {
  for (const auto text : {""sv, "order-42"sv, "\0a\0"sv, "\x7f"sv, "\xc2\x80"sv, "\xdf\xbf"sv,
                          "\xe0\xa0\x80"sv, "\xed\x9f\xbf"sv, "\xee\x80\x80"sv, "\xef\xbf\xbf"sv,
                          "\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbf"sv,
                          "Stra\xc3\x9f"
                          "e"sv}) {
    EXPECT_TRUE(is_utf8(text)) << testing::PrintToString(text);
  }
}

TEST(IsUtf8, RefusesOverlongForms) {
  for (const auto text : {"\xc0\x80"sv, "\xc0\xaf"sv, "\xc1\xbf"sv, "\xe0\x80\x80"sv,
                          "\xe0\x9f\xbf"sv, "\xf0\x80\x80\x80"sv, "\xf0\x8f\xbf\xbf"sv}) {
    EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
  }
}

TEST(IsUtf8, RefusesSurrogates) {
  for (const auto text : {"\xed\xa0\x80"sv, "\xed\xbf\xbf"sv, "\xed\xa0\x80\xed\xb0\x80"sv}) {
    EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
  }
}

TEST(IsUtf8, RefusesWhatLiesAboveUnicode) {
  for (const auto text :
       {"\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xf8\x88\x80\x80\x80"sv, "\xfe"sv, "\xff"sv}) {
    EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
  }
}

TEST(IsUtf8, RefusesTruncatedAndLoneBytes) {
  for (const auto text : {"\xc2"sv, "\xe2\x82"sv, "\xf0\x9f\x98"sv, "\x80"sv, "\xbf"sv, "a\xc2"sv,
                          "\xc2"
                          "a"sv,
                          "\xe2\x82"
                          "a"sv,
                          "\xc3\x9f\x9f"sv}) {
    EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
  }
}

TEST(IsUtf8, DoesNotReadBeyondTheView) {
  const std::string whole = "\xf0\x9f\x98\x80";
  for (std::size_t size = 1; size < whole.size(); ++size) {
    EXPECT_FALSE(is_utf8(std::string_view(whole).substr(0, size)));
  }
}

TEST(Utf8PrefixBytes, EndsWhereTheFirstBadCharacterBegins) {
  EXPECT_EQ(utf8_prefix_bytes(""), 0U);
  EXPECT_EQ(utf8_prefix_bytes("order-42"), 8U);
  EXPECT_EQ(utf8_prefix_bytes("order-42, and more\xff"), 18U);
  EXPECT_EQ(utf8_prefix_bytes("\xc3\xa4\xe2\x82"), 2U) << "cut short";
  EXPECT_EQ(utf8_prefix_bytes("0123456789\xf0\x9f\x98\x80\x80 and more"), 14U);
}

TEST(NameFlaw, SaysWhatIsWrong) {
  EXPECT_EQ(name_flaw("order-42"), "");
  EXPECT_EQ(name_flaw(std::string(255, 'a')), "");
  EXPECT_EQ(name_flaw(""), "this one is empty");
  EXPECT_EQ(name_flaw(std::string(256, 'a')), "this one has 256 bytes");
  EXPECT_EQ(name_flaw("order-\xff"), "this one is not UTF-8 at byte 6 (counted from 0)");
}

TEST(IsUtf8, AgreesWithTheTableOfTheStandard) {
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      const std::string start = {static_cast<char>(first), static_cast<char>(second)};
      for (const char* end : {"", "\x80", "\xbf", "\x80\x80", "\xbf\xbf", "a",
                              "\x80"
                              "a"}) {
        const std::string text = start + end;
        ASSERT_EQ(is_utf8(text), is_well_formed_by_table(text)) << testing::PrintToString(text);
      }
    }
  }
}

}  // namespace
}  // namespace mainstem
