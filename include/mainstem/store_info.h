// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include <mainstem/error.h>
#include <mainstem/export.h>
#include <mainstem/types.h>
#include <mainstem/uuid.h>

namespace mainstem {

/// What opening found. `clean` is the usual case.
struct MAINSTEM_API recovery_report {
  bool clean = true;       ///< The store was closed properly the last time.
  position last_position;  ///< Of the last event after recovery.
  /// Read again because the index did not have them.
  std::uint64_t events_replayed = 0;
  /// Found beyond what was provably durable, and written again.
  std::uint64_t events_rewritten = 0;
  std::uint64_t bytes_cut = 0;  ///< Torn bytes at the end that nobody had been told were durable.
  bool index_rebuilt = false;   ///< The index was missing, damaged or of another store.
  std::chrono::nanoseconds duration{};  ///< Of opening.
  /// Set if acknowledged events are damaged or missing: the store was opened for reading only (or,
  /// with accept_loss, gave them up). Its info names the positions.
  std::optional<error> damage;

  /// In words, on one line: for the log of a service that starts.
  [[nodiscard]] std::string to_string() const;
  friend std::ostream& operator<<(std::ostream& out, const recovery_report& report) {
    return out << report.to_string();
  }
};

/// The state of a store.
struct store_info {
  uuid store_id;
  uuid lineage_id;   ///< One history of positions; copies of a store share it.
  position written;  ///< Last event that this process can read.
  position durable;  ///< Last event that survives a crash of the machine. Never above written.
  position indexed;  ///< Last event in the index. Never above durable.
  std::uint64_t segments = 0;   ///< Segment files in use.
  std::uint64_t log_bytes = 0;  ///< Bytes of frames and headers in them, without space made ahead.
  std::uint64_t index_bytes = 0;    ///< Size of the index file.
  std::uint64_t index_flushes = 0;  ///< Since the store was opened.
  std::optional<error> failure;     ///< Why the store does not write (any more); unset if it does.
  /// Why the last attempt to bring events into the index failed; unset once one has succeeded. It
  /// is tried again every second, and nothing is lost meanwhile: but the events that wait take
  /// about 100 B of memory each, and are read again when the store is opened.
  std::optional<error> index_failure;
};

}  // namespace mainstem
