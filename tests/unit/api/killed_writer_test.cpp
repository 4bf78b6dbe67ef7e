// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <random>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "api_support.h"
#include "other_process.h"

namespace mainstem::api::test {
namespace {

struct place {
  std::uint64_t position = 0;
  std::uint64_t version = 0;
};

/// What the other process said that it had been told.
class acknowledgements {
 public:
  void add(const std::string& line) {
    std::istringstream in(line);
    std::uint64_t number = 0;
    place at;
    ASSERT_TRUE(in >> number >> at.position >> at.version) << line;
    ASSERT_TRUE(places_.emplace(number, at).second) << "acknowledged twice: " << line;
    highest_ = std::max(highest_, number);
  }
  void expect_in(const store& log) const {
    std::map<std::uint64_t, place> found;
    std::map<std::string, std::uint64_t> versions;
    std::uint64_t last = 0;
    for (const auto& event : all_of(log)) {
      ASSERT_EQ(event.position, ++last);
      ASSERT_EQ(event.version, ++versions[event.stream]);
      const auto number = std::stoull(event.payload.substr(6));
      ASSERT_EQ(event.payload.size(), 20 + number * 31 % 800);
      ASSERT_TRUE(found.emplace(number, place{event.position, event.version}).second)
          << "event " << number << " twice";
    }
    for (const auto& [number, at] : places_) {
      ASSERT_TRUE(found.contains(number)) << "lost: " << number << " at " << at.position;
      ASSERT_EQ(found[number].position, at.position) << number;
      ASSERT_EQ(found[number].version, at.version) << number;
    }
    for (const auto& [name, version] : versions) {
      EXPECT_EQ(log.stream_info(stream_name(name)).value().version.value(), version);
      EXPECT_EQ(versions_of(all_of(log, name)), numbers(1, version));
    }
  }
  [[nodiscard]] std::uint64_t next_number() const { return highest_ + 1'000; }
  [[nodiscard]] std::size_t size() const { return places_.size(); }

 private:
  std::map<std::uint64_t, place> places_;
  std::uint64_t highest_ = 0;
};

// Buffered acknowledgements are among them: they survive the process, if not the machine.
TEST(KilledWriter, LosesNothingThatItWasToldWasDone) {
  temporary_folder folder;
  const auto path = folder / "store";
  std::minstd_rand random(20'261'122);
  acknowledgements told;
  for (int round = 0; round < 12; ++round) {
    other_process writer({"append", path, std::to_string(told.next_number())});
    const auto enough = told.size() + 1 + random() % 1'500;
    while (told.size() < enough) {
      const auto line = writer.read_line();
      ASSERT_FALSE(line.empty()) << "it ended by itself: " << writer.finish();
      told.add(line);
    }
    writer.kill();
    for (auto line = writer.read_line(); !line.empty(); line = writer.read_line()) told.add(line);
    if (round % 3 == 2) continue;  // The next writer recovers it.

    auto log = store::open(path, quiet_options());
    ASSERT_TRUE(log) << log.error();
    const auto& report = log->recovery();
    EXPECT_FALSE(report.clean);
    EXPECT_FALSE(report.damage) << *report.damage;
    EXPECT_FALSE(report.index_rebuilt);
    EXPECT_EQ(report.last_position, log->info().written);
    EXPECT_EQ(report.last_position, log->info().durable) << "what is seen has been synced";
    EXPECT_GE(report.last_position.value(), told.size());
    EXPECT_LE(report.events_rewritten, report.events_replayed);
    EXPECT_GT(report.duration.count(), 0);
    told.expect_in(*log);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(told.size(), 1'000U);
}

TEST(KilledWriter, OpeningAgainChangesNothing) {
  temporary_folder folder;
  {
    other_process writer({"append", folder / "store", "1"});
    for (int count = 0; count < 500; ++count) ASSERT_FALSE(writer.read_line().empty());
    writer.kill();
  }
  std::vector<stored> before;
  for (int round = 0; round < 3; ++round) {
    auto log = store::open(folder / "store", quiet_options()).value();
    EXPECT_EQ(log.recovery().clean, round > 0);
    if (round > 0) {
      EXPECT_EQ(all_of(log), before);
    }
    before = all_of(log);
  }
  EXPECT_GE(before.size(), 500U);
}

}  // namespace
}  // namespace mainstem::api::test
