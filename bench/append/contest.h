// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "append/slice.h"

namespace mainstem::bench {

struct contest_options {
  std::size_t streams = 100'000;
  std::size_t payload_bytes = 200;
  std::chrono::duration<double> slice_length{1};
  std::size_t rounds = 7;
  /// Beginnings of the names of the stores that take part. Empty: all.
  std::vector<std::string> only;
};

/// One store's slices of one workload, one per round.
struct entry {
  std::string store;
  workload carried;
  std::vector<slice> rounds;
};

/// One workload, carried out by all.
struct contest_result {
  workload work;
  std::uint64_t commit_bytes = 0;  ///< What Mainstem wrote per commit, and the bare writes write.
  bool commit_bytes_measured = false;
  double cpu_of_others = 0;  ///< See cpu_meter. Much of it makes every sync wait.
  std::vector<entry> entries;
};

// Names by which the report finds those that others are compared with.
inline constexpr const char* bare_name = "bare (zero-filled)";
inline constexpr const char* mainstem_name = "mainstem (zero-filled)";
inline constexpr const char* coroutines_name = "mainstem (coroutines)";
inline constexpr const char* rocksdb_name = "rocksdb (default)";
inline constexpr const char* rocksdb_tuned_name = "rocksdb (tuned)";

/// Stores side by side on the same disk, taking turns.
class contest {
 public:
  /// Opens every store in a folder of its own and gives every stream its first event.
  contest(const std::filesystem::path& folder, const contest_options& options);

  /// One round that does not count, then `rounds` that do. In each, every store has one slice; who
  /// begins changes from round to round, so that nobody always follows the same neighbour into the
  /// disk's cache.
  [[nodiscard]] contest_result run(const workload& work);

 private:
  struct contestant {
    std::string name;
    std::unique_ptr<peer> store;
    stream_heads heads;
  };
  void admit(const std::filesystem::path& folder);
  [[nodiscard]] slice take_turn(contestant& who, const workload& work, std::uint64_t commit_bytes);
  [[nodiscard]] contest_result warm_up(const workload& work);

  contest_options options_;
  event_material material_;
  std::vector<contestant> contestants_;
  std::uint64_t turns_ = 0;
};

}  // namespace mainstem::bench
