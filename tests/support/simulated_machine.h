// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "base/fake_clock.h"
#include "engine/store_core.h"
#include "index/memory_environment.h"
#include "os/simulated_disk.h"

namespace mainstem::test_support {

/// A disk, an index, a clock and randomness, all simulated, that live and die together.
///
/// Thread safety: one thread.
class simulated_machine {
 public:
  explicit simulated_machine(std::uint64_t seed);
  ~simulated_machine();
  simulated_machine(const simulated_machine&) = delete;
  simulated_machine& operator=(const simulated_machine&) = delete;

  /// The machine behind a process that died here: all that was written is there, but not all of it
  /// is durable.
  [[nodiscard]] std::unique_ptr<simulated_machine> killed() const;
  /// The machine after it lost power here. The same seed gives the same machine.
  [[nodiscard]] std::unique_ptr<simulated_machine> crashed(std::uint64_t seed) const;

  /// Lifetime: as long as this object.
  [[nodiscard]] engine::surroundings around();
  /// Stores opened from now on use `front` in the place of the disk; it passes calls on.
  void set_front(os::disk* front) noexcept { front_ = front; }

  [[nodiscard]] os::simulated_disk& disk() noexcept { return *disk_; }
  [[nodiscard]] const os::simulated_disk& disk() const noexcept { return *disk_; }
  [[nodiscard]] index::memory_provider& index() noexcept { return *index_; }
  [[nodiscard]] fake_clock& clock() noexcept { return clock_; }

  /// Called before each call that changes the disk, and before each commit and sync of the index.
  /// It may copy this machine, by killed() and crashed(), but not use it. Empty: nobody watches.
  using watcher = std::function<void()>;
  void watch(watcher who);
  [[nodiscard]] bool is_watched() const noexcept { return static_cast<bool>(watcher_); }

 private:
  simulated_machine(std::unique_ptr<os::simulated_disk> disk,
                    std::unique_ptr<index::memory_provider> index, std::uint64_t unix_nanoseconds,
                    std::uint64_t seed);
  void note_call();

  std::unique_ptr<os::simulated_disk> disk_;
  std::unique_ptr<index::memory_provider> index_;
  mutable fake_clock clock_;
  std::uint64_t seed_;
  fake_random random_;
  os::disk* front_ = nullptr;
  watcher watcher_;
};

}  // namespace mainstem::test_support
