// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "api_support.h"

namespace mainstem::api::test {
namespace {

namespace fs = std::filesystem;

std::string start_of(std::uint64_t number) { return "<" + std::to_string(number) + ">"; }

/// Events 1 to 900 of 200 bytes in several segments; the last 300 are not in the index of
/// `crashed`.
class Damage : public testing::Test {
 protected:
  void SetUp() override {
    {
      auto log = store::open(closed_, quiet_options()).value();
      fill(log, 1, 600);
    }
    auto log = store::open(closed_, quiet_options()).value();
    fill(log, 601, 300);
    expected_ = all_of(log);
    ASSERT_EQ(expected_.size(), 900U);
    copy_store(closed_, crashed_);
    log.close().value();
  }
  /// The numbers that the log gives, and those that it reports as damaged.
  struct found {
    std::vector<std::uint64_t> good;
    std::vector<std::uint64_t> bad;
  };
  found read_over_damage(const store& log, const read_all_options& options = {}) {
    found all;
    auto reader = log.read_all(options);
    for (int call = 0; call < 2'000; ++call) {
      const auto batch = reader.next();
      if (!batch) {
        EXPECT_TRUE(batch.error() == error_condition::corruption) << batch.error();
        const auto& info = batch.error().info();
        EXPECT_TRUE(info.first_position && info.last_position) << batch.error();
        if (!info.first_position || !info.last_position) return all;
        for (auto at = *info.first_position; at <= *info.last_position; ++at) all.bad.push_back(at);
        continue;
      }
      if (batch->empty()) return all;
      for (const auto& event : batch->events()) {
        all.good.push_back(event.position().value());
        if (event.position().value() <= expected_.size()) {
          EXPECT_EQ(copy_of(event), expected_[event.position().value() - 1]);
        }
      }
    }
    ADD_FAILURE() << "the reader does not come to an end";
    return all;
  }
  void expect_read_only(store& log) {
    EXPECT_TRUE(log.recovery().damage);
    EXPECT_FALSE(log.recovery().clean);
    EXPECT_TRUE(log.info().failure && *log.info().failure == errc::store_damaged);
    const auto refused = log.append(stream_name("new"), any, {numbered(5'000)});
    EXPECT_TRUE(!refused && refused.error() == errc::store_damaged);
    EXPECT_TRUE(!refused && refused.error() == error_condition::corruption);
  }
  temporary_folder folder_;
  fs::path closed_ = folder_ / "closed";
  fs::path crashed_ = folder_ / "crashed";
  std::vector<stored> expected_;
};

TEST_F(Damage, InASealedSegmentIsReportedWithItsPosition) {
  damage_text(segment_files(closed_), start_of(50));
  for (const auto mode : {read_mode::mapped, read_mode::copied}) {
    auto options = quiet_options();
    options.read_mode = mode;
    auto log = store::open(closed_, options).value();
    for (const auto way : {direction::forwards, direction::backwards}) {
      const auto all = read_over_damage(log, {.direction = way});
      EXPECT_EQ(all.bad, std::vector<std::uint64_t>{50});
      EXPECT_EQ(all.good.size(), 899U);
    }
    const auto by_position = log.read_event(position(50));
    EXPECT_TRUE(!by_position && by_position.error() == errc::corrupt_data);
    const auto by_version = log.read_event(stream_name("fill-1"), version(8));
    EXPECT_TRUE(!by_version && by_version.error() == errc::corrupt_data);
    EXPECT_EQ(copy_of(log.read_event(position(51)).value()->view()), expected_[50]);

    auto stream = log.read_stream(stream_name("fill-1"));
    std::size_t good = 0;
    std::size_t bad = 0;
    for (;;) {
      const auto batch = stream.next();
      if (batch && batch->empty()) break;
      good += batch ? batch->size() : 0;
      bad += batch ? 0U : 1U;
      if (!batch) {
        EXPECT_EQ(batch.error().info().first_position, 50U) << batch.error();
        EXPECT_NE(batch.error().info().path.find(".log"), std::string::npos) << batch.error();
      }
      ASSERT_LT(bad, 10U);
    }
    EXPECT_EQ(good, 128U) << "events 1, 8, ... 897, without 50";
    EXPECT_EQ(bad, 1U);
  }
}

TEST_F(Damage, InSeveralPlacesIsReportedEachTimeBothWays) {
  for (const auto number : {50U, 52U, 55U, 400U})
    damage_text(segment_files(closed_), start_of(number));
  const auto log = store::open(closed_, quiet_options()).value();
  for (const auto way : {direction::forwards, direction::backwards}) {
    auto all = read_over_damage(log, {.direction = way});
    std::sort(all.bad.begin(), all.bad.end());
    EXPECT_EQ(all.bad, (std::vector<std::uint64_t>{50, 52, 55, 400}));
    EXPECT_EQ(all.good.size(), 896U);
  }
}

TEST_F(Damage, InTheUnindexedTailIsFoundByOpening) {
  damage_text(segment_files(crashed_), start_of(700));
  auto log = store::open(crashed_, quiet_options()).value();
  expect_read_only(log);
  const auto& info = log.recovery().damage->info();
  EXPECT_TRUE(info.first_position && *info.first_position <= 700U) << *log.recovery().damage;
  EXPECT_TRUE(info.last_position && *info.last_position >= 700U) << *log.recovery().damage;
  // What no frame proves durable is not rewritten in a damaged store: it is there, but may be taken
  // back.
  const auto all = read_over_damage(log, {.visibility = visibility::written});
  EXPECT_TRUE(std::binary_search(all.bad.begin(), all.bad.end(), 700U));
  EXPECT_EQ(all.good.size() + all.bad.size(), 900U);
  EXPECT_GE(all.good.size(), 890U) << "what is around it is fine";
  EXPECT_FALSE(log.read_event(position(700)));
  EXPECT_TRUE(log.read_event(position(699)).value());
  EXPECT_TRUE(log.read_event(position(701)).value());
}

TEST_F(Damage, StaysReportedUntilItIsAccepted) {
  damage_text(segment_files(crashed_), start_of(700));
  for (int round = 0; round < 3; ++round) {
    auto log = store::open(crashed_, quiet_options()).value();
    expect_read_only(log);
  }
}

TEST_F(Damage, AcceptedLossWritesAgainAndReusesNoPosition) {
  damage_text(segment_files(crashed_), start_of(700));
  auto options = quiet_options();
  options.accept_loss = true;
  {
    auto log = store::open(crashed_, options).value();
    EXPECT_TRUE(log.recovery().damage) << "it still says what was given up";
    const auto outcome = log.append(stream_name("new"), no_stream, {numbered(5'000)});
    ASSERT_TRUE(outcome) << outcome.error();
    EXPECT_EQ(said(*outcome), "committed 901..901 new@1");
    EXPECT_EQ(append(log, "fill-2", stream_exists, {5'001}).substr(0, 18), "committed 902..902");
  }
  auto log = store::open(crashed_, quiet_options()).value();
  EXPECT_EQ(log.info().written, position(902));
  EXPECT_EQ(append(log, "new", exactly(version(1)), {5'002}), "committed 903..903 new@2");
  const auto all = read_over_damage(log);
  EXPECT_EQ(std::count(all.good.begin(), all.good.end(), 700U), 0);
  EXPECT_EQ(std::count(all.good.begin(), all.good.end(), 699U), 1);
  EXPECT_EQ(std::count(all.good.begin(), all.good.end(), 701U), 1);
  EXPECT_TRUE(std::is_sorted(all.good.begin(), all.good.end()));
}

TEST_F(Damage, EventsOfAStreamThatWereLostInARowAreSaidOnce) {
  for (const auto number : {700U, 707U, 714U, 721U, 742U})
    damage_text(segment_files(crashed_), start_of(number));
  auto options = quiet_options();
  options.accept_loss = true;
  const auto log = store::open(crashed_, options).value();
  for (const auto way : {direction::forwards, direction::backwards}) {
    auto reader = log.read_stream(stream_name("fill-0"), {.direction = way});
    std::size_t good = 0;
    std::vector<std::string> said;
    for (int call = 0; call < 200; ++call) {
      const auto batch = reader.next();
      if (batch && batch->empty()) break;
      good += batch ? batch->size() : 0;
      if (!batch) said.push_back(batch.error().info().detail);
    }
    if (way == direction::backwards) std::reverse(said.begin(), said.end());
    EXPECT_EQ(good, 128U - 5U);
    ASSERT_EQ(said.size(), 2U);
    EXPECT_EQ(said[0], "the events of the versions 100 to 103 were lost, and their loss accepted");
    EXPECT_NE(said[1].find("the event was lost"), std::string::npos) << said[1];
  }
}

// The log was put back from a copy, and the index is of what has become of the store since. It
// stays, for it is evidence that events are missing; but where it leads, others may stand.
TEST_F(Damage, AnIndexOfAnotherHistoryLeadsToNoOtherEvents) {
  const fs::path one = folder_ / "one";
  const fs::path other = folder_ / "other";
  for (const auto& to : {one, other}) copy_store(closed_, to);
  {
    auto log = store::open(one, quiet_options()).value();
    fill(log, 901, 100);
  }
  {
    auto log = store::open(other, quiet_options()).value();
    fill(log, 1'901, 300, "else");  // Of the same sizes, at the same places.
  }
  fs::remove_all(one / "index");
  fs::copy(other / "index", one / "index", fs::copy_options::recursive);

  auto log = store::open(one, quiet_options()).value();
  expect_read_only(log);
  for (int number = 0; number < 7; ++number) {
    for (const std::string kind : {"fill-", "else-"}) {
      auto reader = log.read_stream(stream_name(kind + std::to_string(number)));
      std::size_t good = 0;
      std::size_t refused = 0;
      for (int call = 0; call < 1'000; ++call) {
        const auto batch = reader.next();
        if (batch && batch->empty()) break;
        if (!batch) {
          EXPECT_TRUE(batch.error() == error_condition::corruption) << batch.error();
          ++refused;
          continue;
        }
        for (const auto& event : batch->events()) {
          ++good;
          const auto same = log.read_event(event.position());
          ASSERT_TRUE(same && *same);
          EXPECT_EQ(copy_of(event), copy_of((*same)->view()));
        }
      }
      if (kind == "fill-") {
        EXPECT_GE(good, 128U) << number;
      } else {
        EXPECT_EQ(good, 0U) << number;
        EXPECT_GT(refused, 0U) << number;
        EXPECT_FALSE(log.read_event(stream_name("else-" + std::to_string(number)), version(1)));
      }
    }
  }
  EXPECT_EQ(read_over_damage(log).good.size(), 1'000U);
}

// The index has seen the end, so a log that stops before it has lost something.
TEST_F(Damage, MissingEndIsNotTakenForATornTail) {
  const auto last = segment_files(closed_);
  for (auto file = last.rbegin(); file != last.rend(); ++file) {
    const auto content = read_file(*file);
    const auto at = content.find(start_of(850));
    if (at != std::string::npos) {
      fs::resize_file(*file, at);
      break;
    }
    fs::remove(*file);
  }
  auto opened = store::open(closed_, quiet_options());
  if (!opened) {
    EXPECT_TRUE(opened.error() == error_condition::corruption) << opened.error();
    return;
  }
  expect_read_only(*opened);
  const auto all = read_over_damage(*opened);
  EXPECT_GE(all.good.size(), 840U);
  EXPECT_LT(all.good.size(), 850U);
}

/// Event 900 was written last, and no frame behind it proves that it was durable.
class TornTail : public Damage {
 protected:
  void SetUp() override {
    Damage::SetUp();
    const auto files = segment_files(crashed_);
    std::map<fs::path, std::string> contents;
    for (const auto& file : files) contents[file] = read_file(file);
    const auto holder = std::find_if(files.begin(), files.end(), [&](const fs::path& file) {
      return contents[file].find(start_of(900)) != std::string::npos;
    });
    ASSERT_NE(holder, files.end());
    auto& content = contents[*holder];
    const auto payload = content.find(start_of(900));
    std::fill(content.begin() + static_cast<std::ptrdiff_t>(payload), content.end(), '\0');
    write_file(*holder, content);
  }
};

TEST_F(TornTail, IsCutAndSaidWhereNothingProvesThatItWasDurable) {
  fs::remove(crashed_ / "control");
  auto log = store::open(crashed_, quiet_options()).value();
  EXPECT_FALSE(log.recovery().clean);
  EXPECT_FALSE(log.recovery().damage) << *log.recovery().damage;
  EXPECT_GT(log.recovery().bytes_cut, 0U);
  EXPECT_LT(log.recovery().last_position, position(900));
  const auto end = log.recovery().last_position.value();
  EXPECT_EQ(append(log, "new", no_stream, {5'000}).substr(0, 13),
            "committed " + std::to_string(end + 1));
}

TEST_F(TornTail, IsDamageWhereTheControlPageSaysThatItWasDurable) {
  auto log = store::open(crashed_, quiet_options()).value();
  expect_read_only(log);
  ASSERT_TRUE(log.recovery().damage);
  EXPECT_EQ(log.recovery().damage->info().last_position, 900U) << *log.recovery().damage;
}

TEST_F(Damage, MissingSegmentIsNamed) {
  const auto files = segment_files(closed_);
  ASSERT_GT(files.size(), 3U);
  fs::remove(files[1]);
  const auto opened = store::open(closed_, quiet_options());
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error() == errc::missing_segment) << opened.error();
  EXPECT_TRUE(opened.error() == error_condition::corruption);
  EXPECT_NE(opened.error().message().find(files[1].filename().string()), std::string::npos)
      << opened.error();
}

TEST_F(Damage, SegmentOfAnotherStoreIsNamed) {
  {
    auto other = store::open(folder_ / "other", quiet_options()).value();
    fill(other, 1, 900);
  }
  const auto files = segment_files(closed_);
  const auto others = segment_files(folder_ / "other");
  fs::copy(others[1], files[1], fs::copy_options::overwrite_existing);
  const auto opened = store::open(closed_, quiet_options());
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error() == errc::foreign_file) << opened.error();
  EXPECT_NE(opened.error().message().find(files[1].filename().string()), std::string::npos)
      << opened.error();
}

TEST_F(Damage, MissingManifestDoesNotMakeANewStore) {
  for (const auto& file : manifest_files(closed_)) fs::remove(file);
  const auto opened = store::open(closed_, quiet_options());
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error() == errc::corrupt_manifest) << opened.error();
  EXPECT_GE(segment_files(closed_).size(), 3U);
}

TEST_F(Damage, DamagedManifestIsRefused) {
  const auto manifests = manifest_files(closed_);
  ASSERT_FALSE(manifests.empty());
  const auto good = read_file(manifests.front());
  const auto write_all = [&](const std::string& content) {
    for (const auto& file : manifests) write_file(file, content);
  };
  for (std::size_t at = 0; at < good.size(); ++at) {
    auto bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    write_all(bad);
    const auto opened = store::open(closed_, quiet_options());
    ASSERT_FALSE(opened) << at;
    EXPECT_TRUE(opened.error() == errc::corrupt_manifest ||
                opened.error() == errc::unsupported_format)
        << at << ": " << opened.error();
  }
  write_all("");
  EXPECT_FALSE(store::open(closed_, quiet_options()));
  write_all(good);
  EXPECT_EQ(all_of(store::open(closed_, quiet_options()).value()), expected_);
}

TEST_F(Damage, OneGoodCopyOfTheManifestIsEnough) {
  const auto manifests = manifest_files(closed_);
  ASSERT_EQ(manifests.size(), 2U);
  for (const auto& file : manifests) {
    const auto good = read_file(file);
    auto bad = good;
    bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 0x10);
    write_file(file, bad);
    EXPECT_EQ(all_of(store::open(closed_, quiet_options()).value()), expected_) << file;
    EXPECT_EQ(read_file(file), good) << "opening repairs it";
    fs::remove(file);
    EXPECT_EQ(all_of(store::open(closed_, quiet_options()).value()), expected_) << file;
    EXPECT_EQ(read_file(file), good) << "opening puts it back";
  }
}

TEST_F(Damage, JunkBesideTheSegmentsDoesNoHarm) {
  const auto segments = segment_files(closed_).front().parent_path();
  write_file(segments / "notes.txt", "mine");
  write_file(segments / "core", std::string(1'000, 'c'));
  auto log = store::open(closed_, quiet_options()).value();
  EXPECT_FALSE(log.recovery().damage);
  EXPECT_EQ(all_of(log), expected_);
  EXPECT_EQ(read_file(segments / "notes.txt"), "mine");
}

// A follower took the end of a segment's frames from the index, although the file had been cut off
// before it. Reading forwards gave the same error at each call; reading backwards did not come
// back, and took memory with each round.
TEST_F(Damage, AFollowerReadsOverTheEndOfAFileThatWasCutOff) {
  // The last file may be space made ahead.
  auto files = segment_files(closed_);
  while (!read_file(files.back()).starts_with("MSTM")) files.pop_back();
  for (const std::uintmax_t size : {std::uintmax_t{3'000}, std::uintmax_t{260}}) {
    fs::resize_file(files.back(), size);
    const auto log = store::open_read_only(closed_, quiet_options());
    ASSERT_TRUE(log) << log.error();
    std::vector<std::uint64_t> good;
    for (const direction way : {direction::forwards, direction::backwards}) {
      auto all = read_over_damage(*log, {.direction = way});
      std::ranges::sort(all.good);
      EXPECT_FALSE(all.bad.empty());
      EXPECT_GT(all.good.size(), 600U);
      if (way == direction::backwards) {
        EXPECT_EQ(all.good, good);
      }
      good = all.good;
      // Each stretch that is read backwards reports what it lacks up to the segment's end.
      all.good.insert(all.good.end(), all.bad.begin(), all.bad.end());
      std::ranges::sort(all.good);
      const auto repeated = std::ranges::unique(all.good);
      all.good.erase(repeated.begin(), repeated.end());
      EXPECT_EQ(all.good, numbers(1, 900));
    }
  }
}

// A follower that had no index to begin with went from the event before an accepted loss straight
// to the next segment. Sound events in between, which a writer reads, were left out without a word.
TEST_F(Damage, AFollowerWithoutAnIndexReadsBehindAnAcceptedLoss) {
  // In the last segment, and in one with others behind it.
  for (const std::uint64_t lost : {890U, 650U}) {
    const fs::path folder = folder_ / std::to_string(lost);
    copy_store(crashed_, folder);
    damage_text(segment_files(folder), start_of(lost));
    auto options = quiet_options();
    options.accept_loss = true;
    {
      auto log = store::open(folder, options).value();
      EXPECT_EQ(append(log, "new", no_stream, {5'000}), "committed 901..901 new@1");
      log.close().value();
    }
    fs::remove_all(index_file(folder).parent_path());
    const auto log = store::open_read_only(folder, quiet_options());
    ASSERT_TRUE(log) << log.error();
    EXPECT_FALSE(log->recovery().damage) << *log->recovery().damage;
    const auto all = read_over_damage(*log);
    EXPECT_EQ(all.bad, numbers(lost, lost));
    EXPECT_EQ(all.good.size(), 900U);
    const stream_name behind("fill-" + std::to_string((lost + 1) % 7));
    const auto kept = log->read_event(behind, id_of(lost + 1));
    ASSERT_TRUE(kept && *kept);
    EXPECT_EQ((**kept)->position(), position(lost + 1));
  }
}

}  // namespace
}  // namespace mainstem::api::test
