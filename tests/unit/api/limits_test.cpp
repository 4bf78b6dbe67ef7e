// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "api_support.h"

// Each limit, and one above it. Names, types, tags, payloads and metadata are refused where the
// value is made, so they cannot reach a store; what only an append can see leaves the store as it
// was.
namespace mainstem::api::test {
namespace {

constexpr std::size_t kibibyte = 1'024;
constexpr std::size_t mebibyte = 1'024 * 1'024;

std::string letters(std::size_t bytes) { return std::string(bytes, 'x'); }

/// Text of so many bytes in characters of two bytes, of which the first may need padding.
std::string umlauts(std::size_t bytes) {
  std::string made = bytes % 2 == 1 ? "x" : "";
  while (made.size() < bytes) made += "\xc3\xbc";
  return made;
}

const std::vector<std::string> not_utf8{
    "\xff",              // Never a byte of UTF-8.
    "a\x80",             // A continuation without a start.
    "\xc3",              // Ends early.
    "\xe2\x82",          // Ends early.
    "\xc0\xaf",          // Overlong.
    "\xe0\x80\xaf",      // Overlong.
    "\xf0\x80\x80\xaf",  // Overlong.
    "\xed\xa0\x80",      // A surrogate.
    "\xf4\x90\x80\x80",  // Above U+10FFFF.
    "\xf8\x88\x80\x80\x80",
};
const std::vector<std::string> fine_utf8{
    "x", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x8c\x8a", "\xf4\x8f\xbf\xbf", "a b/c:d", "a$b", "-",
};

errc name_error(std::string_view name) {
  const auto parsed = stream_name::parse(name);
  EXPECT_FALSE(parsed) << name;
  return parsed ? errc{} : static_cast<errc>(parsed.error().code().value());
}

TEST(StreamNameLimit, Takes1To255BytesOfUtf8) {
  EXPECT_EQ(stream_name::parse(letters(1)).value().str(), "x");
  EXPECT_EQ(stream_name::parse(letters(255)).value().str(), letters(255));
  EXPECT_EQ(stream_name::parse(umlauts(255)).value().str(), umlauts(255));
  for (const auto& name : fine_utf8) EXPECT_EQ(stream_name::parse(name).value().str(), name);
}

TEST(StreamNameLimit, RefusesEmptyTooLongAndNotUtf8) {
  EXPECT_EQ(name_error(""), errc::invalid_stream_name);
  EXPECT_EQ(name_error(letters(256)), errc::invalid_stream_name);
  EXPECT_EQ(name_error(umlauts(256)), errc::invalid_stream_name);
  for (const auto& name : not_utf8) EXPECT_EQ(name_error(name), errc::invalid_stream_name);
}

TEST(StreamNameLimit, KeepsDollarForTheSystem) {
  EXPECT_EQ(name_error("$"), errc::reserved_name);
  EXPECT_EQ(name_error("$all"), errc::reserved_name);
}

TEST(StreamNameLimit, ConstructorThrowsTheSameError) {
  try {
    const stream_name name("$all");
    FAIL() << name;
  } catch (const exception& thrown) {
    EXPECT_TRUE(thrown.error() == errc::reserved_name);
  }
}

error refused(std::string_view type, payload_view payload, const event_options& options = {}) {
  const auto made = event_data::make(type, payload, options);
  EXPECT_FALSE(made);
  EXPECT_THROW(event_data(type, payload, options), exception);
  if (made) return {};
  EXPECT_TRUE(made.error() == error_condition::invalid) << made.error();
  return made.error();
}

TEST(EventTypeLimit, Takes1To255BytesOfUtf8) {
  for (const auto& type : {letters(1), letters(255), umlauts(255)}) {
    EXPECT_EQ(event_data::make(type, text("")).value().type(), type);
  }
  for (const auto& type : fine_utf8) EXPECT_TRUE(event_data::make(type, text(""))) << type;
}

TEST(EventTypeLimit, RefusesEmptyTooLongNotUtf8AndDollar) {
  EXPECT_TRUE(refused("", text("")) == errc::invalid_event_type);
  EXPECT_TRUE(refused(letters(256), text("")) == errc::invalid_event_type);
  for (const auto& type : not_utf8)
    EXPECT_TRUE(refused(type, text("")) == errc::invalid_event_type);
  EXPECT_TRUE(refused("$link", text("")) == errc::reserved_name);
}

TEST(TagLimit, Takes1To255BytesOfUtf8) {
  for (const auto& tag : {letters(1), letters(255), umlauts(255)}) {
    EXPECT_EQ(event_data::make("t", text(""), {.tags = {tag}}).value().tags().front(), tag);
  }
}

TEST(TagLimit, RefusesEmptyTooLongNotUtf8AndTwice) {
  EXPECT_TRUE(refused("t", text(""), {.tags = {""}}) == errc::invalid_tag);
  EXPECT_TRUE(refused("t", text(""), {.tags = {"fine", letters(256)}}) == errc::invalid_tag);
  EXPECT_TRUE(refused("t", text(""), {.tags = {"a", "b", "a"}}) == errc::invalid_tag);
  for (const auto& tag : not_utf8) {
    EXPECT_TRUE(refused("t", text(""), {.tags = {tag}}) == errc::invalid_tag);
  }
}

std::vector<std::string> tags(std::size_t count) {
  std::vector<std::string> made;
  for (std::size_t index = 0; index < count; ++index)
    made.push_back("tag-" + std::to_string(index));
  return made;
}

TEST(TagLimit, Takes64OnAnEventAndRefuses65) {
  EXPECT_EQ(event_data::make("t", text(""), {.tags = tags(64)}).value().tags(), tags(64));
  EXPECT_TRUE(refused("t", text(""), {.tags = tags(65)}) == errc::too_many_tags);
}

TEST(PayloadLimit, Takes16MebibytesAndRefusesOneByteMore) {
  const auto most = letters(16 * mebibyte + 1);
  const std::string_view all(most);
  EXPECT_EQ(event_data::make("t", text(all.substr(1))).value().payload().size(), 16 * mebibyte);
  EXPECT_TRUE(refused("t", text(all)) == errc::payload_too_large);
}

TEST(MetadataLimit, TakesOneMebibyteAndRefusesOneByteMore) {
  const auto most = letters(mebibyte + 1);
  const std::string_view all(most);
  const auto made = event_data::make("t", text(""), {.metadata = bytes_of(all.substr(1))});
  EXPECT_EQ(made.value().metadata().size(), mebibyte);
  EXPECT_TRUE(refused("t", text(""), {.metadata = bytes_of(all)}) == errc::metadata_too_large);
}

class CommitLimit : public testing::Test {
 protected:
  void open(std::uint64_t segment_size_bytes) {
    auto options = quiet_options();
    options.segment_size_bytes = segment_size_bytes;
    options.preallocation = preallocation::reserve;
    log_.emplace(store::open(folder_ / "store", options).value());
  }
  store& log() { return *log_; }
  /// The next append shows that the refused one left nothing behind, and used no position up.
  void expect_refused(const append_request& request, errc why) {
    const auto before = log().info().written;
    const auto answer = log().append(request);
    ASSERT_FALSE(answer) << said(*answer);
    EXPECT_TRUE(answer.error() == why) << answer.error();
    EXPECT_TRUE(answer.error() == error_condition::invalid) << answer.error();
    EXPECT_EQ(log().info().written, before);
    const auto next = log().append(stream_name("next"), any, {event_data("t", text(""))}).value();
    ASSERT_NE(next.committed(), nullptr);
    EXPECT_EQ(next.place()->first_position, position(before.value() + 1));
  }

 private:
  temporary_folder folder_;
  std::optional<store> log_;
};

TEST_F(CommitLimit, IsHalfASegmentToTheByte) {
  open(64 * kibibyte);
  const auto fits = [&](std::size_t payload_bytes) {
    const auto answer = log().append(stream_name("a"), any, {sized(payload_bytes, payload_bytes)});
    if (answer) return true;
    EXPECT_TRUE(answer.error() == errc::commit_too_large) << answer.error();
    return false;
  };
  std::size_t most = 16 * kibibyte;   // Fits.
  std::size_t least = 64 * kibibyte;  // Does not.
  ASSERT_TRUE(fits(most));
  ASSERT_FALSE(fits(least));
  while (least - most > 1) {
    const auto middle = most + (least - most) / 2;
    (fits(middle) ? most : least) = middle;
  }
  EXPECT_LE(most, 32 * kibibyte);
  EXPECT_GT(most, 31 * kibibyte) << "names and the frame take a little, and no more";
  EXPECT_EQ(log().read_last(stream_name("a")).value()->view().payload().size(), most);
  append_request over;
  over.write(stream_name("a"), any, {sized(1'000'000, least)});
  expect_refused(over, errc::commit_too_large);
}

TEST_F(CommitLimit, CountsAllEventsOfAllStreams) {
  open(64 * kibibyte);
  append_request over;
  for (std::uint64_t stream = 0; stream < 4; ++stream) {
    over.write(stream_name("s-" + std::to_string(stream)), any,
               {sized(stream, 4 * kibibyte), sized(stream + 10, 4 * kibibyte)});
  }
  expect_refused(over, errc::commit_too_large);
}

TEST_F(CommitLimit, Is32MebibytesInLargeSegments) {
  open(128 * mebibyte);
  const std::vector<event_data> fit{sized(1, 16 * mebibyte), sized(2, 16 * mebibyte - kibibyte)};
  ASSERT_TRUE(log().append(stream_name("a"), no_stream, fit).value().committed());
  append_request over;
  over.write(stream_name("a"), any, {sized(3, 16 * mebibyte), sized(4, 16 * mebibyte)});
  expect_refused(over, errc::commit_too_large);
  EXPECT_EQ(log().read_event(stream_name("a"), version(1)).value()->view().payload().size(),
            16 * mebibyte);
  EXPECT_EQ(log().stream_info(stream_name("a")).value().version, version(2));
}

TEST_F(CommitLimit, Takes1024StreamsAndRefusesOneMore) {
  open(512 * kibibyte);
  append_request request;
  std::uint64_t number = 0;
  const auto write = [&] {
    ++number;
    request.write(stream_name("w-" + std::to_string(number)), no_stream, {numbered(number)});
  };
  while (number < 1'024) write();
  const auto outcome = log().append(request).value();
  ASSERT_NE(outcome.committed(), nullptr) << said(outcome);
  EXPECT_EQ(outcome.place()->last_position, position(1'024));
  EXPECT_EQ(outcome.place()->streams.size(), 1'024U);
  write();
  expect_refused(request, errc::too_many_streams);
}

TEST_F(CommitLimit, CountsRequiredStreamsAmongThe1024) {
  open(64 * kibibyte);
  append_request request;
  request.write(stream_name("written"), no_stream, {numbered(1)});
  for (int index = 1; index < 1'024; ++index) {
    request.require(stream_name("r-" + std::to_string(index)), no_stream);
  }
  append_request over = request;
  over.require(stream_name("one-more"), no_stream);
  expect_refused(over, errc::too_many_streams);
  EXPECT_TRUE(log().append(request).value().committed());

  append_request checks;
  for (int index = 0; index < 1'024; ++index) {
    checks.require(stream_name("c-" + std::to_string(index)), no_stream);
  }
  EXPECT_TRUE(log().append(checks).value().committed());
  checks.require(stream_name("one-more"), no_stream);
  expect_refused(checks, errc::too_many_streams);
}

TEST_F(CommitLimit, RefusesAnIdTwiceInOneStream) {
  open(64 * kibibyte);
  append_request request;
  request.write(stream_name("a"), any, {numbered(1), numbered(2), numbered(1)});
  expect_refused(request, errc::duplicate_event_id);
}

TEST_F(CommitLimit, RefusesAStreamTwice) {
  open(64 * kibibyte);
  append_request written;
  written.write(stream_name("a"), any, {numbered(1)});
  written.write(stream_name("a"), any, {numbered(2)});
  expect_refused(written, errc::duplicate_stream);
  append_request both;
  both.write(stream_name("a"), any, {numbered(1)});
  both.require(stream_name("a"), any);
  expect_refused(both, errc::duplicate_stream);
  append_request required;
  required.require(stream_name("a"), any);
  required.require(stream_name("a"), no_stream);
  expect_refused(required, errc::duplicate_stream);
}

TEST_F(CommitLimit, RefusesAWriteWithoutEvents) {
  open(64 * kibibyte);
  append_request request;
  request.write(stream_name("a"), any, std::span<const event_data>{});
  expect_refused(request, errc::no_events);
  request.write(stream_name("b"), any, {numbered(1)});
  expect_refused(request, errc::no_events);
  const auto single = log().append(stream_name("a"), any, std::span<const event_data>{});
  ASSERT_FALSE(single);
  EXPECT_TRUE(single.error() == errc::no_events);
}

TEST_F(CommitLimit, AllLimitsOfOneEventAtOnceComeBackWhole) {
  open(64 * mebibyte);
  const auto stream = stream_name(umlauts(255));
  std::vector<std::string> longest;
  for (int index = 0; index < 64; ++index) {
    longest.push_back(letters(253) + std::to_string(10 + index));
  }
  const auto metadata = letters(mebibyte);
  const auto payload = letters(16 * mebibyte);
  const event_data made(umlauts(255), text(payload),
                        {.tags = longest, .metadata = bytes_of(metadata)});
  ASSERT_TRUE(log().append(stream, no_stream, {made}).value().committed());
  const auto found = copy_of(log().read_last(stream).value()->view());
  EXPECT_EQ(found.stream, umlauts(255));
  EXPECT_EQ(found.type, umlauts(255));
  EXPECT_EQ(found.tags, longest);
  EXPECT_TRUE(found.metadata == metadata);
  EXPECT_TRUE(found.payload == payload);
}

}  // namespace
}  // namespace mainstem::api::test
