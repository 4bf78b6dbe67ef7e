// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

#include <mainstem/store.h>

#include "common/event_plan.h"

namespace mainstem::bench {

/// What is measured: so many threads, each committing so many events at a time, durably.
struct workload {
  std::string name;
  std::size_t writers = 1;
  std::size_t events_per_commit = 1;
};

/// What one store did in one slice of time.
struct slice {
  std::uint64_t commits = 0;
  double mean_us = 0;  ///< Of a commit, from the first event object to the answer.
  double p50_us = 0;
  double p99_us = 0;
  double events_per_second = 0;
  /// The same by the clock on the wall: drawing the events counts, too.
  double events_per_second_with_drawing = 0;
};

/// One thread's way into a store.
class peer_writer {
 public:
  peer_writer() = default;
  virtual ~peer_writer() = default;
  peer_writer(const peer_writer&) = delete;
  peer_writer& operator=(const peer_writer&) = delete;

  /// Appends the events in one atomic, durable commit, each with an id of its own, provided that
  /// each stream is at the version that the plan says. Throws if that fails.
  virtual void commit(std::span<const planned_event> events) = 0;
};

/// A store under test.
class peer {
 public:
  peer() = default;
  virtual ~peer() = default;
  peer(const peer&) = delete;
  peer& operator=(const peer&) = delete;

  /// Called by each writing thread for itself.
  [[nodiscard]] virtual std::unique_ptr<peer_writer> start_writer() = 0;

  /// Called before each slice of time that is measured.
  /// @param commit_bytes what Mainstem writes for one commit of this workload.
  virtual void prepare(const workload& /*work*/, std::uint64_t /*commit_bytes*/) {}
  /// Called after it: returns when work that goes on in the background no longer disturbs others.
  virtual void rest() {}

  /// Whether the peer takes part in this workload.
  [[nodiscard]] virtual bool takes(const workload& /*work*/) const { return true; }
  /// Carries out a slice in its own way, instead of by threads that call commit().
  [[nodiscard]] virtual std::optional<slice> run(const event_material& /*material*/,
                                                 stream_heads& /*heads*/,
                                                 std::chrono::duration<double> /*length*/,
                                                 std::uint64_t /*seed*/) {
    return std::nullopt;
  }

  /// How this peer carries out a workload.
  [[nodiscard]] virtual workload carried(const workload& work) const { return work; }
  /// Bytes in its log so far; 0 if it does not say.
  [[nodiscard]] virtual std::uint64_t log_bytes() const { return 0; }
};

/// Segments are made ahead and index flushes done in the background: returns when neither is
/// likely.
void wait_until_quiet(const mainstem::store& busy);

/// 1,024 coroutines on one io_context thread, each with 1 event per commit, in the place of commits
/// of 1,024 events.
[[nodiscard]] std::unique_ptr<peer> open_mainstem_coroutines(const std::filesystem::path& folder);

enum class file_space : std::uint8_t { zero_filled, reserved };

/// One pwrite and one fdatasync, of as many bytes as Mainstem writes: the limit of this machine.
[[nodiscard]] std::unique_ptr<peer> open_bare(const std::filesystem::path& folder,
                                              file_space space);
[[nodiscard]] std::unique_ptr<peer> open_mainstem(const std::filesystem::path& folder,
                                                  file_space space);
/// One events table with a unique index on (stream, version), write-ahead log, synchronous=FULL.
[[nodiscard]] std::unique_ptr<peer> open_sqlite(const std::filesystem::path& folder);
enum class rocksdb_settings : std::uint8_t {
  standard,  ///< Its defaults.
  tuned,     ///< For this work: recycled logs, a Bloom filter, a block cache of 64 MiB.
};
/// Events by position and positions by (stream, version), in one synced WriteBatch.
[[nodiscard]] std::unique_ptr<peer> open_rocksdb(const std::filesystem::path& folder,
                                                 rocksdb_settings settings);
/// The same two keys, in one durable transaction.
[[nodiscard]] std::unique_ptr<peer> open_lmdb(const std::filesystem::path& folder);

}  // namespace mainstem::bench
