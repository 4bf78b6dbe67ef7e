// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <mainstem/testing/simulated_disk.h>

#include "base/clock.h"
#include "base/fake_clock.h"
#include "engine/store_core.h"
#include "index/memory_environment.h"
#include "os/simulated_disk.h"

namespace mainstem::testing {

/// The system's clock, until somebody sets it.
class settable_clock final : public clock_source {
 public:
  [[nodiscard]] std::uint64_t unix_nanoseconds() noexcept override {
    const std::uint64_t set = set_.load();
    return set != 0 ? set : system_clock_source().unix_nanoseconds();
  }
  [[nodiscard]] std::chrono::nanoseconds monotonic() noexcept override {
    return system_clock_source().monotonic();
  }
  void set(std::uint64_t unix_nanoseconds) noexcept { set_ = unix_nanoseconds; }
  [[nodiscard]] std::uint64_t setting() const noexcept { return set_; }

 private:
  std::atomic<std::uint64_t> set_{0};
};

/// What a simulated_disk stands for. Stores hold on to it.
class simulated_disk::machine : public std::enable_shared_from_this<machine> {
 public:
  explicit machine(std::uint64_t seed);
  ~machine();

  [[nodiscard]] std::shared_ptr<machine> crashed(std::uint64_t seed,
                                                 const crash_options& options) const;
  [[nodiscard]] std::shared_ptr<machine> killed() const;

  [[nodiscard]] os::simulated_disk& disk() noexcept { return *disk_; }
  [[nodiscard]] settable_clock& clock() noexcept { return clock_; }
  /// Lifetime: as long as this object.
  [[nodiscard]] engine::surroundings around();

  void fail_call(std::uint64_t n, const fault& how);
  void clear_faults();
  void on_change(std::function<void(const call&)> hook);
  void lose_index(const std::string& folder);

 private:
  using index_map = std::map<std::string, std::shared_ptr<index::memory_provider>>;
  struct index_fault {
    fault how;
    std::uint64_t remaining;
  };
  machine(std::unique_ptr<os::simulated_disk> disk, std::uint64_t seed);
  [[nodiscard]] std::shared_ptr<machine> copy(
      const std::function<std::unique_ptr<os::simulated_disk>()>& make_disk) const;
  [[nodiscard]] std::shared_ptr<index::memory_provider> index_of(const std::string& folder);
  void watch(const std::string& folder, index::memory_provider& index);
  void note_index(const std::string& folder, index::memory_provider& index, call_kind kind);

  std::unique_ptr<os::simulated_disk> disk_;
  // Of everything below, only while the disk is stopped.
  index_map indexes_;
  std::vector<index_fault> index_faults_;
  std::function<void(const call&)> hook_;

  settable_clock clock_;
  std::uint64_t seed_;
  fake_random random_;
};

}  // namespace mainstem::testing
