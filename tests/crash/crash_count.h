// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>

#include "support/effort.h"

namespace mainstem::test_support {

/// What was going on when an image of the machine was taken.
enum class phase : std::uint8_t {
  creation,
  append,
  buffered_append,  ///< The same, while something is acknowledged that is not durable yet.
  segment_change,
  index_flush,
  index_merge,
  checkpoint,     ///< A consumer saves how far it has come.
  index_rebuild,  ///< Opening without the index, or a part of it.
  recovery,
  second_recovery,  ///< Recovery of an image that was itself taken during a recovery.
  third_recovery,   ///< And once more.
  recovered,        ///< Right after a recovery.
  idle,
};
inline constexpr std::size_t phase_count = 13;
[[nodiscard]] const char* name_of(phase which) noexcept;

/// What stands in the place of the index, or of what is kept beside it, after some crashes.
enum class strange_environment : std::uint8_t {
  no_index,
  older_index,    ///< Of an earlier moment of the same life.
  newer_index,    ///< Of a later moment than the log.
  foreign_index,  ///< Of another store.
  damaged_index,  ///< One of its values is another one, or gone.
  no_state,
  older_state,  ///< Of an earlier moment of the same life.
};
inline constexpr std::size_t strange_environment_count = 7;

/// What the suite checked.
class crash_count {
 public:
  /// @param fingerprint of all that stands on the disk.
  void add_state(phase in, std::uint64_t fingerprint) {
    ++states_[static_cast<std::size_t>(in)];
    fingerprints_.insert(fingerprint);
  }
  void add_acknowledged(std::uint64_t checked) noexcept { checked_ += checked; }
  /// A follower saw so many events before anybody recovered the store.
  void add_followed(std::uint64_t events) noexcept {
    ++followers_;
    followed_ += events;
  }
  void add_lost(std::uint64_t lost) noexcept { lost_ += lost; }
  /// Of the processor, for tests that checked states: the lives that led there are part of it.
  void add_seconds(double seconds) noexcept { seconds_ += seconds; }
  void add_strange(strange_environment found) noexcept {
    ++strange_[static_cast<std::size_t>(found)];
  }

  [[nodiscard]] std::uint64_t states() const noexcept;
  [[nodiscard]] std::uint64_t states(phase in) const noexcept {
    return states_[static_cast<std::size_t>(in)];
  }
  /// Different images of the disk among all states.
  [[nodiscard]] std::uint64_t distinct_images() const noexcept { return fingerprints_.size(); }
  [[nodiscard]] std::uint64_t checked() const noexcept { return checked_; }
  [[nodiscard]] std::uint64_t followers() const noexcept { return followers_; }
  [[nodiscard]] std::uint64_t followed() const noexcept { return followed_; }
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }
  /// Images that were opened with such an environment.
  [[nodiscard]] const std::array<std::uint64_t, strange_environment_count>& strange()
      const noexcept {
    return strange_;
  }
  /// `N crash states, M acknowledged events checked, 0 lost`
  [[nodiscard]] std::string line() const;
  /// How many states a second of one processor is enough for. To be read, not to be held against
  /// anything.
  [[nodiscard]] std::string rate() const;
  [[nodiscard]] std::string by_phase() const;

 private:
  std::array<std::uint64_t, phase_count> states_{};
  std::array<std::uint64_t, strange_environment_count> strange_{};
  std::unordered_set<std::uint64_t> fingerprints_;
  std::uint64_t checked_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t followers_ = 0;
  std::uint64_t followed_ = 0;
  double seconds_ = 0;
};

/// Of the whole program. Written into the build folder at its end, and held against the minimum.
[[nodiscard]] crash_count& total_count();

/// How often to do what is done `usually` times: more with MAINSTEM_LONG, less under a sanitizer.
[[nodiscard]] std::uint64_t rounds(std::uint64_t usually);
/// The seed of MAINSTEM_CRASH_SEED, to replay one scenario.
[[nodiscard]] std::optional<std::uint64_t> replayed_seed();

}  // namespace mainstem::test_support
