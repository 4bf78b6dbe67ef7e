// SPDX-License-Identifier: Apache-2.0
#include "crash_count.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace mainstem::test_support {
namespace {

constexpr std::array<const char*, phase_count> phase_names{"creation",
                                                           "append",
                                                           "append with buffered ones before it",
                                                           "segment change",
                                                           "index flush",
                                                           "index merge",
                                                           "saving a checkpoint",
                                                           "index rebuild",
                                                           "recovery",
                                                           "recovery of a crashed recovery",
                                                           "recovery of a twice crashed recovery",
                                                           "after recovery",
                                                           "idle"};

constexpr std::array<const char*, strange_environment_count> strange_names{
    "no index",
    "an older index",
    "a newer index than the log",
    "the index of another store",
    "an index that is damaged in one value",
    "no checkpoints",
    "older checkpoints"};

constexpr std::uint64_t sanitizer_share = is_sanitized ? 25 : 1;

constexpr std::uint64_t least_states = 100'000 / sanitizer_share;
constexpr std::uint64_t least_distinct = 50'000 / sanitizer_share;
constexpr std::uint64_t least_states_each = 2'000 / sanitizer_share;
// So few are left under a sanitizer that chance decides.
constexpr std::uint64_t least_strange_each = is_sanitized ? 1 : 250;
constexpr std::array counted_phases{
    phase::append,          phase::buffered_append, phase::segment_change, phase::index_flush,
    phase::index_merge,     phase::checkpoint,      phase::index_rebuild,  phase::recovery,
    phase::second_recovery, phase::third_recovery};

/// The sum counts for something only if everything ran.
bool ran_completely() { return ::testing::GTEST_FLAG(filter) == "*" && !replayed_seed(); }

/// Which part of the suite this process runs, if several share it.
std::optional<std::string> shard() {
  const char* const index = std::getenv("GTEST_SHARD_INDEX");
  const char* const total = std::getenv("GTEST_TOTAL_SHARDS");
  if (index == nullptr || total == nullptr) return std::nullopt;
  return index;
}

/// What the suite must not fall short of, over all its parts.
struct minimum {
  std::string what;
  std::uint64_t count;
  std::uint64_t least;
};

std::vector<minimum> minimums_of(const crash_count& total) {
  std::vector<minimum> all{
      {"crash states", total.states(), least_states},
      {"different images of the disk", total.distinct_images(), least_distinct}};
  for (const phase each : counted_phases)
    all.push_back({name_of(each), total.states(each), least_states_each});
  for (std::size_t i = 0; i < strange_environment_count; ++i)
    all.push_back({strange_names[i], total.strange()[i], least_strange_each});
  for (auto& each : all) each.least *= long_factor();
  return all;
}

class closing_count final : public ::testing::Environment {
 public:
  void TearDown() override {
    const crash_count& total = total_count();
    std::cout << total.by_phase() << total.rate() << '\n' << total.line() << '\n';
    EXPECT_EQ(total.lost(), 0U);
    if (!ran_completely()) return;
    const auto part = shard();
    std::ofstream file(MAINSTEM_BUILD_DIR "/crash_states" + (part ? "." + *part : "") + ".txt");
    for (const auto& each : minimums_of(total)) {
      file << each.count << " of " << each.least << ": " << each.what << '\n';
      // One part alone has not everything: whoever started it adds up these files.
      if (!part) {
        EXPECT_GE(each.count, each.least) << each.what;
      }
    }
    file << total.rate() << '\n' << total.line() << '\n';
  }
};

const auto* const closing = ::testing::AddGlobalTestEnvironment(new closing_count);

}  // namespace

const char* name_of(phase which) noexcept { return phase_names[static_cast<std::size_t>(which)]; }

std::uint64_t crash_count::states() const noexcept {
  return std::accumulate(states_.begin(), states_.end(), std::uint64_t{0});
}

std::string crash_count::line() const {
  return std::to_string(states()) + " crash states, " + std::to_string(checked_) +
         " acknowledged events checked, " + std::to_string(lost_) + " lost";
}

std::string crash_count::rate() const {
  const double rate = seconds_ > 0 ? static_cast<double>(states()) / seconds_ : 0;
  return std::to_string(std::llround(rate)) + " crash states per second of processor time";
}

std::string crash_count::by_phase() const {
  std::string text;
  for (std::size_t i = 0; i < phase_count; ++i) {
    text += std::to_string(states_[i]) + " in " + phase_names[i] + "\n";
  }
  text += std::to_string(distinct_images()) + " different images of the disk\n";
  text += std::to_string(followers_) + " followed, with " + std::to_string(followed_) + " events\n";
  for (std::size_t i = 0; i < strange_environment_count; ++i)
    text += std::to_string(strange_[i]) + " opened with " + strange_names[i] + "\n";
  return text;
}

crash_count& total_count() {
  static crash_count total;
  return total;
}

std::uint64_t rounds(std::uint64_t usually) {
  return std::max<std::uint64_t>(usually * long_factor() / sanitizer_share / share(), 1);
}

std::optional<std::uint64_t> replayed_seed() {
  const char* const text = std::getenv("MAINSTEM_CRASH_SEED");
  if (text == nullptr) return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

}  // namespace mainstem::test_support
