// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <map>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "api_support.h"
#include "other_process.h"

// store::open_read_only(): reading along with a writer in another process, or none.
namespace mainstem::api::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// What an appending process was told: by position, the number of the event.
class acknowledged {
 public:
  void note(const std::string& line) {
    std::istringstream in(line);
    std::uint64_t number = 0;
    std::uint64_t at = 0;
    if (in >> number >> at) by_position_[at] = number;
    if (number > highest_) highest_ = number;
  }
  [[nodiscard]] const std::map<std::uint64_t, std::uint64_t>& by_position() const noexcept {
    return by_position_;
  }
  /// The number for the first event of the next process.
  [[nodiscard]] std::uint64_t next_first() const noexcept { return (highest_ / 4 + 2) * 4; }

 private:
  std::map<std::uint64_t, std::uint64_t> by_position_;
  std::uint64_t highest_ = 0;
};

/// The number of an event of the appending process.
std::uint64_t number_in(const event_id& id) {
  std::uint64_t number = 0;
  for (std::size_t byte = 8; byte < 16; ++byte)
    number = number << 8U | std::to_integer<std::uint64_t>(std::byte(id.bytes()[byte]));
  return number;
}

class Follower : public testing::Test {
 protected:
  temporary_folder folder;
  fs::path path = folder / "store";

  void write_closed(std::uint64_t events, const store_options& options = quiet_options()) {
    auto log = store::open(path, options).value();
    fill(log, 1, events);
    log.close().value();
  }
  /// Kills the writer, and reads what it had said before.
  static void stop(other_process& process, acknowledged& told) {
    process.kill();
    for (std::string line = process.read_line(); !line.empty(); line = process.read_line())
      told.note(line);
  }
  /// Starts a writer and reads what it says until it was told of so many events.
  std::unique_ptr<other_process> writer(acknowledged& told, std::size_t events) const {
    auto process = std::make_unique<other_process>(
        std::vector<std::string>{"append", path.string(), std::to_string(told.next_first())});
    for (std::size_t i = 0; i < events; ++i) told.note(process->read_line());
    return process;
  }
};

TEST_F(Follower, ReadsAClosedStore) {
  write_closed(500);
  auto log = store::open_read_only(path).value();
  EXPECT_EQ(log.info().durable, position(500));
  EXPECT_EQ(all_of(log).size(), 500U);
  EXPECT_EQ(all_of(log, "fill-3").size(), 72U);
  EXPECT_EQ(log.stream_info(named("fill-3")).value().version, version(72));
  EXPECT_EQ(number_of(log.read_event(position(17)).value()->view().id()), 17U);
  EXPECT_EQ(number_of(log.read_event(named("fill-3"), version(2)).value()->view().id()),
            number_of(all_of(log, "fill-3")[1].id));
  EXPECT_TRUE(log.read_last(named("fill-0")).value());
  EXPECT_TRUE(log.wait_for(position(500), 0ns));
  EXPECT_FALSE(log.recovery().damage) << log.recovery();
}

TEST_F(Follower, ReadsAStoreThatNothingWasWrittenTo) {
  store::open(path).value().close().value();
  auto log = store::open_read_only(path).value();
  EXPECT_EQ(log.info().durable, position(0));
  EXPECT_TRUE(all_of(log).empty());
  EXPECT_EQ(log.subscribe().value().next(1ms).error(), errc::timed_out);
}

TEST_F(Follower, SharesAStoreWithOtherFollowers) {
  write_closed(100);
  other_process first({"follow", path.string()});
  other_process second({"follow", path.string()});
  EXPECT_EQ(first.read_line(), "following");
  EXPECT_EQ(second.read_line(), "following");
  for (std::uint64_t at = 1; at <= 100; ++at) {
    const std::string line = std::to_string(at) + " " + id_of(at).to_string();
    ASSERT_EQ(first.read_line(), line);
    ASSERT_EQ(second.read_line(), line);
  }
  auto log = store::open(path, quiet_options()).value();
  append(log, "a", any, {101});
  EXPECT_EQ(first.read_line(), "101 " + id_of(101).to_string());
  EXPECT_EQ(second.read_line(), "101 " + id_of(101).to_string());
  EXPECT_EQ(first.finish(), 0);
  EXPECT_EQ(second.finish(), 0);
}

TEST_F(Follower, DoesNotAppend) {
  write_closed(1);
  auto log = store::open_read_only(path).value();
  EXPECT_EQ(log.append(named("a"), any, numbered(2)).error(), errc::store_read_only);
  EXPECT_EQ(log.flush().error(), errc::store_read_only);
  ASSERT_TRUE(log.info().failure);
  EXPECT_EQ(*log.info().failure, errc::store_read_only);
  log.close().value();
  EXPECT_EQ(log.append(named("a"), any, numbered(2)).error(), errc::store_closed);
  EXPECT_EQ(log.flush().error(), errc::store_closed);
  EXPECT_EQ(log.close().error(), errc::store_closed);
}

TEST_F(Follower, RefusesWhatIsNoStore) {
  EXPECT_EQ(store::open_read_only(path).error(), errc::store_not_found);
  EXPECT_FALSE(fs::exists(path)) << "nothing is made";
  fs::create_directories(path);
  EXPECT_EQ(store::open_read_only(path).error(), errc::store_not_found);
  EXPECT_TRUE(fs::is_empty(path));
}

// LMDB must not be opened twice in a process.
TEST_F(Follower, RefusesAStoreThatThisProcessHasOpen) {
  auto log = store::open(path).value();
  EXPECT_EQ(store::open_read_only(path).error(), errc::store_locked);
}

TEST_F(Follower, KeepsNobodyFromWriting) {
  write_closed(10);
  other_process follower({"follow", path.string()});
  ASSERT_EQ(follower.read_line(), "following");
  auto log = store::open(path, quiet_options()).value();
  EXPECT_TRUE(log.recovery().clean);
  EXPECT_EQ(append(log, "a", any, {11}), "committed 11..11 a@1");
}

// Everything that was acknowledged, once, in order, through kills and restarts of the writer.
TEST_F(Follower, FollowsAWriterThroughKills) {
  store::open(path).value().close().value();
  auto log = store::open_read_only(path).value();
  auto following = log.subscribe().value();
  acknowledged told;
  std::vector<event_id> seen(1);
  const auto read_through = [&](std::uint64_t last) {
    while (seen.size() <= last) {
      const auto batch = following.next(30s).value();
      for (const auto& event : batch.events()) {
        ASSERT_EQ(event.position(), position(seen.size()));
        seen.push_back(event.id());
      }
    }
  };
  for (int round = 0; round < 5; ++round) {
    auto process = writer(told, 400);
    read_through(told.by_position().begin()->first);
    stop(*process, told);
  }
  // What was only written becomes durable when somebody opens the store for writing.
  EXPECT_EQ(other_process({"open", path.string()}).finish(), 0);
  read_through(told.by_position().rbegin()->first);
  for (const auto& [at, number] : told.by_position()) ASSERT_EQ(number_in(seen[at]), number) << at;
  EXPECT_EQ(*log.info().failure, errc::store_read_only) << *log.info().failure;
  EXPECT_EQ(all_of(log).size(), seen.size() - 1);
}

TEST_F(Follower, GoesOnWithoutAControlPage) {
  write_closed(10);
  acknowledged told;
  for (const auto* harm : {"missing", "damaged", "cut"}) {
    SCOPED_TRACE(harm);
    const fs::path page = path / "control";
    if (harm == std::string_view("missing")) fs::remove(page);
    if (harm == std::string_view("damaged")) write_file(page, std::string(4'096, 'x'));
    if (harm == std::string_view("cut")) fs::resize_file(page, 100);
    auto log = store::open_read_only(path).value();
    EXPECT_EQ(log.info().durable, position(all_of(log).size()));
    EXPECT_FALSE(log.recovery().damage) << log.recovery();
    auto following = log.subscribe({.after = from_now}).value();
    const auto process = writer(told, 50);
    for (std::size_t seen = 0; seen < 50;) seen += following.next(30s).value().size();
    stop(*process, told);
  }
}

// While it is followed: the page is only a faster way to learn what the log itself tells.
TEST_F(Follower, GoesOnWhenTheControlPageIsHarmed) {
  store::open(path).value().close().value();
  auto log = store::open_read_only(path).value();
  auto following = log.subscribe().value();
  acknowledged told;
  const auto process = writer(told, 100);
  std::uint64_t seen = 0;
  const auto read_on = [&](std::uint64_t more) {
    for (const std::uint64_t enough = seen + more; seen < enough;) {
      const auto batch = following.next(30s).value();
      for (const auto& event : batch.events()) ASSERT_EQ(event.position(), position(++seen));
    }
  };
  read_on(100);
  fs::resize_file(path / "control", 0);
  for (int i = 0; i < 200; ++i) told.note(process->read_line());
  read_on(200);
  fs::remove(path / "control");
  for (int i = 0; i < 200; ++i) told.note(process->read_line());
  read_on(200);
}

TEST_F(Follower, ReadsEverythingWithoutAnIndex) {
  write_closed(500);
  fs::remove_all(path / "index");
  auto log = store::open_read_only(path).value();
  EXPECT_EQ(all_of(log).size(), 500U);
  EXPECT_EQ(all_of(log, "fill-3").size(), 72U);
  EXPECT_FALSE(fs::exists(path / "index")) << "nothing is made";
  acknowledged told;
  const auto process = writer(told, 100);
  ASSERT_TRUE(log.wait_for(position(600), 30s));
  EXPECT_EQ(all_of(log, "fill-3").size(), 72U);
}

// As if it had been put back from a copy of a time that a crash has taken back since.
TEST_F(Follower, DoesNotBelieveAnIndexOfAnotherHistory) {
  write_closed(300);
  const fs::path other = folder / "other";
  copy_store(path, other);
  {
    auto log = store::open(path, quiet_options()).value();
    fill(log, 301, 300);
  }
  std::vector<stored> expected;
  {
    auto log = store::open(other, quiet_options()).value();
    fill(log, 1'301, 100, "else");
    fill(log, 1'401, 200);
    expected = all_of(log);
  }
  fs::remove_all(other / "index");
  fs::copy(path / "index", other / "index", fs::copy_options::recursive);
  {
    const auto log = store::open_read_only(other).value();
    EXPECT_FALSE(log.recovery().damage) << *log.recovery().damage;
    EXPECT_EQ(all_of(log), expected);
    EXPECT_EQ(all_of(log, "else-1").size(), 14U);
  }
  const auto log = store::open(other, quiet_options()).value();
  EXPECT_TRUE(log.recovery().index_rebuilt);
  EXPECT_EQ(all_of(log), expected);
}

// A writer that rebuilds the index throws the old one away under its readers.
TEST_F(Follower, GoesOnWhenTheIndexIsRebuilt) {
  write_closed(3'000);
  auto log = store::open_read_only(path).value();
  EXPECT_EQ(all_of(log, "fill-3").size(), 429U);
  fs::remove_all(path / "index");
  acknowledged told;
  const auto process = writer(told, 3'000);
  ASSERT_TRUE(log.wait_for(position(6'000), 30s));
  EXPECT_EQ(all_of(log, "fill-3").size(), 429U);
  EXPECT_TRUE(comes_true([&] { return log.info().indexed > position(3'000); }))
      << "it takes to the new one";
  EXPECT_EQ(all_of(log, "fill-3").size(), 429U);
  // Each of the four writers goes at its own pace.
  std::size_t appended = 0;
  for (int number = 0; number < 4; ++number)
    appended += all_of(log, "writer-" + std::to_string(number)).size();
  EXPECT_GE(appended, 3'000U);
}

TEST_F(Follower, SaysThatTheStoreWasDeleted) {
  write_closed(10);
  auto log = store::open_read_only(path).value();
  auto following = log.subscribe().value();
  EXPECT_EQ(following.next().value().size(), 10U);
  error got;
  std::thread waiting([&] { got = following.next().error(); });
  fs::remove_all(path);
  waiting.join();
  EXPECT_EQ(got, errc::store_not_found) << got;
  EXPECT_NE(got.message().find("deleted or moved"), std::string::npos) << got;
  EXPECT_EQ(log.wait_for(position(11), 30s).error(), errc::store_not_found);
  EXPECT_EQ(all_of(log).size(), 10U) << "what is open stays readable";
}

TEST_F(Follower, SaysThatTheStoreIsOfANewerFormat) {
  write_closed(10);
  for (const auto& file : manifest_files(path)) {
    std::string content = read_file(file);
    content[8] = 2;  // The format version, which the checksum of the message begins with.
    const auto head = XXH3_64bits(content.data(), 16);
    const auto checksum = XXH3_64bits_withSeed(content.data() + 24, content.size() - 24, head);
    std::memcpy(content.data() + 16, &checksum, sizeof(checksum));
    write_file(file, content);
  }
  const auto refused = store::open_read_only(path);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), errc::unsupported_format) << refused.error();
}

TEST_F(Follower, SaysThatLmdbHasNoPlaceForMoreReaders) {
  auto options = quiet_options();
  options.index_readers = 4;
  auto writer = store::open(path, options).value();
  fill(writer, 1, 10);
  std::vector<std::unique_ptr<other_process>> followers;
  std::string last;
  for (int i = 0; i < 6; ++i) {
    followers.push_back(
        std::make_unique<other_process>(std::vector<std::string>{"follow", path.string()}));
    last = followers.back()->read_line();
    if (last != "following") break;
  }
  EXPECT_EQ(last.find("too many calls at the same moment"), 0U) << last;
  // The places of processes that died are free again.
  for (auto& each : followers) each->kill();
  other_process next({"follow", path.string()});
  EXPECT_EQ(next.read_line(), "following");
}

TEST_F(Follower, ReportsDamageAndReadsWhatIsBeforeIt) {
  {
    auto log = store::open(path, quiet_options()).value();
    for (std::uint64_t i = 1; i <= 30; ++i)
      log.append(named("a"), any, event_data("t", text("event number " + std::to_string(i) + ",")))
          .value();
    copy_store(path, folder / "copy");
  }
  damage_text(segment_files(folder / "copy"), "event number 20,");
  auto log = store::open_read_only(folder / "copy").value();
  ASSERT_TRUE(log.recovery().damage);
  EXPECT_EQ(*log.recovery().damage, errc::corrupt_data) << *log.recovery().damage;
  EXPECT_EQ(log.recovery().damage->info().first_position, 20U);
  auto following = log.subscribe().value();
  std::size_t seen = 0;
  for (;;) {
    const auto batch = following.next(10s);
    if (!batch) {
      EXPECT_EQ(batch.error(), errc::corrupt_data) << batch.error();
      break;
    }
    seen += batch->size();
  }
  EXPECT_EQ(seen, 19U) << "an error is not the end, and the end is no error";
}

}  // namespace
}  // namespace mainstem::api::test
