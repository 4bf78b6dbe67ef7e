// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/simulated_disk.h"
#include "os/simulated_node.h"

namespace mainstem::os::simulation {

/// No simulated file is longer: its bytes are in memory, also those of a hole.
inline constexpr std::uint64_t max_file_bytes = std::uint64_t{1} << 30U;

/// What is to become of a call.
struct verdict {
  int error = 0;               ///< An errno; 0: carry it out, but for what `how` says.
  std::optional<fault> how{};  ///< What goes wrong, if anything.
  [[nodiscard]] bool is(fault_effect effect) const noexcept { return how && how->effect == effect; }
};

/// Everything that a simulated disk, and what was opened on it, have in common.
class world {
 public:
  world();

  /// Held during each call, the hook included.
  [[nodiscard]] std::unique_lock<std::recursive_mutex> guard() const {
    return std::unique_lock(mutex_);
  }

  // All of the following is called under guard().

  /// Counts the call, runs the hook and decides whether the call goes wrong.
  [[nodiscard]] verdict enter(call_kind kind, std::string_view path, std::uint64_t offset = 0,
                              std::uint64_t bytes = 0);

  [[nodiscard]] const std::shared_ptr<file_node>& file(node_id id) const {
    return files_[id.number];
  }
  [[nodiscard]] const std::shared_ptr<directory_node>& directory(node_id id) const {
    return directories_[id.number];
  }
  [[nodiscard]] node_id root() const noexcept { return {.is_directory = true, .number = 0}; }
  [[nodiscard]] node_id add_file();
  [[nodiscard]] node_id add_directory();
  /// Of what is readable. `path` from the root.
  [[nodiscard]] std::optional<node_id> find(std::string_view path) const;
  void for_each_file(
      const std::function<void(const std::string& path, file_node& node)>& visit) const;
  /// Forgets what no entry, durable or readable or in between, leads to.
  void drop_unreachable();

  /// How many bytes of a write there is space for.
  [[nodiscard]] std::uint64_t writable_bytes(const file_node& node, std::uint64_t offset,
                                             std::uint64_t bytes) const;
  [[nodiscard]] std::uint64_t used_granules() const;
  /// What an open file or directory holds as long as it is open; none: there are too many.
  [[nodiscard]] std::shared_ptr<const void> take_descriptor();

  /// Counts up over all operations of files and directories.
  std::uint64_t order = 0;
  std::optional<std::uint64_t> capacity_granules;
  std::optional<std::size_t> most_open;
  bool read_only = false;

  [[nodiscard]] std::shared_ptr<world> copy() const;
  [[nodiscard]] std::size_t unsynced_operations() const;
  void arm(std::uint64_t n, fault how) { faults_.push_back({std::move(how), n}); }
  void clear_faults() { faults_.clear(); }
  void set_hook(std::function<void(const call&)> hook);
  [[nodiscard]] std::uint64_t calls() const noexcept { return calls_; }
  [[nodiscard]] std::uint64_t calls(call_kind kind) const noexcept {
    return calls_by_kind_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] const std::vector<std::shared_ptr<file_node>>& files() const noexcept {
    return files_;
  }
  [[nodiscard]] const std::vector<std::shared_ptr<directory_node>>& directories() const noexcept {
    return directories_;
  }

 private:
  struct armed_fault {
    fault how;
    std::uint64_t remaining;  ///< Matching calls up to the one that fails; 0: fails from now on.
  };

  [[nodiscard]] verdict next_verdict(const call& about);
  void visit_files(
      node_id directory, const std::string& path,
      const std::function<void(const std::string& path, file_node& node)>& visit) const;
  void mark(node_id node, std::vector<bool>& files, std::vector<bool>& directories) const;

  mutable std::recursive_mutex mutex_;
  // By number. Empty where there is nothing any more: numbers are not used again.
  std::vector<std::shared_ptr<file_node>> files_;
  std::vector<std::shared_ptr<directory_node>> directories_;
  std::vector<armed_fault> faults_;
  std::shared_ptr<const std::function<void(const call&)>> hook_;
  std::vector<std::weak_ptr<const void>> descriptors_;
  std::uint64_t calls_ = 0;
  std::array<std::uint64_t, call_kinds> calls_by_kind_{};
};

/// The components of a path, without empty ones.
[[nodiscard]] std::vector<std::string_view> components(std::string_view path);

/// Turns `after`, a copy of the disk at the moment of the crash, into what is left.
void lose_power(world& after, std::uint64_t seed, const crash_options& options);

}  // namespace mainstem::os::simulation
