// SPDX-License-Identifier: Apache-2.0
#include <mainstem/uuid.h>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace mainstem {
namespace {

TEST(Uuid, GeneratedOneIsOfVersion7AndNow) {
  const auto milliseconds = [] { return system_clock_source().unix_nanoseconds() / 1'000'000U; };
  const std::uint64_t before = milliseconds();
  const uuid id = uuid::generate();
  std::uint64_t time = 0;
  for (std::size_t i = 0; i < 6; ++i)
    time = (time << 8U) | std::to_integer<std::uint64_t>(id.bytes()[i]);
  EXPECT_GE(time, before);
  EXPECT_LE(time, milliseconds());
  EXPECT_EQ(id.to_string()[14], '7');
  EXPECT_FALSE(id.is_nil());
}

TEST(Uuid, GeneratedOnesAscendWithinAProcess) {
  uuid before = uuid::generate();
  for (int i = 0; i < 100'000; ++i) {
    const uuid id = uuid::generate();
    ASSERT_LT(before, id);
    before = id;
  }
}

RC_GTEST_PROP(Uuid, TextReadsBackAsTheSame, ()) {
  uuid::bytes_type bytes;
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(*rc::gen::arbitrary<unsigned char>());
  const uuid id(bytes);
  const std::string text = id.to_string();
  RC_ASSERT(text.size() == 36U);
  const auto parsed = uuid::parse(text);
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(*parsed == id);
}

TEST(Uuid, ReadsBothCasesAndWritesTheLowerOne) {
  const std::string lower = "01890a5d-ac96-774b-bcce-b302099a8057";
  EXPECT_EQ(uuid::parse("01890A5D-AC96-774B-BCCE-B302099A8057")->to_string(), lower);
  EXPECT_EQ(uuid::parse(lower)->bytes()[0], std::byte{0x01});
  EXPECT_EQ(uuid::parse(lower)->bytes()[15], std::byte{0x57});
  std::ostringstream out;
  out << *uuid::parse(lower);
  EXPECT_EQ(out.str(), lower);
}

TEST(Uuid, RefusesEveryOtherForm) {
  for (const char* text :
       {"", "01890a5d", "01890a5dac96774bbcceb302099a8057",
        "{01890a5d-ac96-774b-bcce-b302099a8057}", "01890a5d-ac96-774b-bcce-b302099a805",
        "01890a5d-ac96-774b-bcce-b302099a80577", "01890a5d-ac96-774b-bcce-b302099a805g",
        "01890a5d_ac96_774b_bcce_b302099a8057", "0189-0a5dac96-774b-bcce-b302099a8057",
        " 1890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a80-7"}) {
    const auto parsed = uuid::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error(), errc::invalid_argument);
  }
}

TEST(Uuid, RefusalSaysWhatIsWrongFirst) {
  EXPECT_EQ(uuid::parse("order-42").error().message(),
            "an argument is not valid: not a UUID: it has 8 characters. One looks like "
            "01890a5d-ac96-774b-bcce-b302099a8057");
  const auto detail = [](std::string_view text) { return uuid::parse(text).error().info().detail; };
  EXPECT_TRUE(detail("01890a5d-ac96-774b-bcce-b302099a805g")
                  .starts_with("not a UUID: there is no hexadecimal digit at character 36."));
  EXPECT_TRUE(detail("01890a5d_ac96-774b-bcce-b302099a8057")
                  .starts_with("not a UUID: there is no dash at character 9."));
}

// The first stands in RFC 9562, appendix A.4; the others were made by another implementation.
TEST(Uuid, OfANameIsOfVersion5) {
  const uuid dns = uuid::parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8").value();
  const uuid url = uuid::parse("6ba7b811-9dad-11d1-80b4-00c04fd430c8").value();
  EXPECT_EQ(uuid::from_name(dns, "www.example.com").to_string(),
            "2ed6657d-e927-568b-95e1-2665a8aea6a2");
  EXPECT_EQ(uuid::from_name(dns, "python.org").to_string(), "886313e1-3b8a-5372-9b90-0c9aee199e5d");
  EXPECT_EQ(uuid::from_name(url, "http://www.example.com/").to_string(),
            "fcde3c85-2270-590f-9e7c-ee003d65e0e2");
  EXPECT_EQ(uuid::from_name(dns, "").to_string(), "4ebd0208-8328-5d69-8c44-ec50939c0967");
  EXPECT_EQ(uuid::from_name(dns, std::string_view()), uuid::from_name(dns, ""));
}

TEST(Uuid, OfANameTakesAnyBytes) {
  const uuid space = uuid::generate();
  const std::string name(1'000'000, '\xff');
  EXPECT_EQ(uuid::from_name(space, name), uuid::from_name(space, name));
  EXPECT_NE(uuid::from_name(space, std::string_view("a\0b", 3)), uuid::from_name(space, "a"));
  EXPECT_NE(uuid::from_name(space, "a"), uuid::from_name(uuid::generate(), "a"));
}

TEST(Uuid, DefaultIsNil) {
  EXPECT_TRUE(uuid().is_nil());
  EXPECT_EQ(uuid().to_string(), "00000000-0000-0000-0000-000000000000");
}

TEST(Uuid, HashesOfDifferentOnesDiffer) {
  std::set<std::size_t> hashes;
  for (int i = 0; i < 1000; ++i) hashes.insert(std::hash<uuid>{}(uuid::generate()));
  EXPECT_EQ(hashes.size(), 1000U);
}

// Two processes with the same block of random bytes would make the same ids from it.
TEST(Uuid, AForkedChildDrawsOtherIds) {
  constexpr std::size_t count = 1000;
  static_cast<void>(uuid::generate());
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::vector<uuid> ids;
    for (std::size_t i = 0; i < count; ++i) ids.push_back(uuid::generate());
    const std::size_t size = count * sizeof(uuid);
    const auto* data = reinterpret_cast<const char*>(ids.data());
    ::_exit(::write(ends[1], data, size) == static_cast<ssize_t>(size) ? 0 : 1);
  }
  std::set<uuid> ours;
  for (std::size_t i = 0; i < count; ++i) ours.insert(uuid::generate());
  ::close(ends[1]);
  std::string read;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    read.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  ASSERT_EQ(read.size(), count * sizeof(uuid));
  for (std::size_t i = 0; i < count; ++i) {
    uuid::bytes_type bytes;
    std::memcpy(bytes.data(), read.data() + i * sizeof(uuid), sizeof(uuid));
    EXPECT_FALSE(ours.contains(uuid(bytes)));
  }
}

}  // namespace
}  // namespace mainstem
