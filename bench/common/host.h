// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace mainstem::bench {

/// Cores, kernel and file system: figures mean nothing without them.
[[nodiscard]] std::string describe_host(const std::filesystem::path& folder);

/// What has been written so far. No figure is the whole truth.
struct written_bytes {
  /// Handed to write calls by this process. Misses that the disk is written in whole blocks.
  std::uint64_t to_calls = 0;
  /// What the kernel accounts to this process: whole folios of the page cache, however little of
  /// them changed.
  std::uint64_t dirtied = 0;
  /// By everybody to the disk of the folder; 0 if that is not known.
  std::uint64_t to_disk = 0;
};
[[nodiscard]] written_bytes written_so_far(const std::filesystem::path& folder);

/// What the files below a folder take up on the disk.
[[nodiscard]] std::uint64_t bytes_on_disk(const std::filesystem::path& folder);

/// How busy the machine is beyond this process, the kernel's own threads included.
class cpu_meter {
 public:
  cpu_meter();
  /// Since construction, in parts of all cores.
  [[nodiscard]] double share_of_others() const;

 private:
  double began_busy_seconds_;
  double began_own_seconds_;
  std::chrono::steady_clock::time_point began_;
};

/// Digits in groups of three.
[[nodiscard]] std::string grouped(std::uint64_t number);

}  // namespace mainstem::bench
