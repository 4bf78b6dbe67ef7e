// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Is everything that was stored still there, and as it was? For the worst day, and for every night
/// before it. `mainstemctl verify` does the same from the command line.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <ostream>
#include <stop_token>
#include <string_view>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/export.h>
#include <mainstem/types.h>
#include <mainstem/uuid.h>

namespace mainstem {

/// What a finding is about. Values are stable.
enum class finding_kind : std::uint8_t {
  unreadable = 1,       ///< The disk does not give a file, or a part of it.
  manifest = 2,         ///< One of the two manifests; the other one is whole.
  segment_header = 3,   ///< A segment's header is damaged, or of another store.
  missing_segment = 4,  ///< A segment file is not there, or an older copy stands in its place.
  frames = 5,           ///< No valid frame stands where one had been durable.
  event = 6,            ///< An event does not carry its checksum.
  commit = 7,           ///< The rest of a commit does not check out: its streams, their versions.
  version = 8,          ///< The versions of a stream do not follow each other.
  trailer = 9,          ///< The trailer of a segment is damaged, or disagrees with its frames.
  lost_events = 10,     ///< The log ends before a position that had been durable.
  control_page = 11,    ///< The control page is damaged.
  index = 12,           ///< The index is damaged, or is not what the log says.
  state = 13,           ///< Checkpoints or saved schemas are damaged or ahead of the log.
};
/// Its name, as above.
[[nodiscard]] MAINSTEM_API std::string_view to_string(finding_kind kind) noexcept;
MAINSTEM_API std::ostream& operator<<(std::ostream& out, finding_kind kind);

/// Something that is not as it should be.
struct finding {
  finding_kind kind = finding_kind::unreadable;
  /// What happened, where (path, offset, positions), and what to do about it.
  mainstem::error what;
};

/// How far verify() has come.
struct verify_progress {
  enum class stage : std::uint8_t { index, log };
  enum stage stage = stage::log;
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
};

struct verify_options {
  /// Compare the index with the log, and look at checkpoints and saved schemas. Without it the log
  /// alone is read: needed where another object of this process has the store open.
  bool derived = true;
  /// The digest of the log covers events up to here, for comparing with a copy that is older.
  position digest_up_to = position::max();
  /// Called now and then, in the calling thread.
  std::function<void(const verify_progress&)> on_progress = {};
  /// Ends it with operation_aborted.
  std::stop_token stop = {};
};

/// What verify() has read, and what it has found.
struct verify_report {
  uuid store_id;
  uuid lineage_id;
  uuid parent_lineage_id;  ///< All zero if there is none.

  std::uint64_t segments = 0;
  std::uint64_t log_bytes = 0;  ///< Of headers, frames and trailers: all were read and checked.
  std::uint64_t commits = 0;
  std::uint64_t events = 0;
  std::uint64_t streams = 0;
  position first_position;  ///< Of the first event that is there; 0 without one.
  position last_position;   ///< Of the last one.
  position durable;         ///< The highest position that is known to have been durable.
  /// Positions up to last_position that have no event, because it was lost: with findings, or
  /// accepted (store_options::accept_loss).
  std::uint64_t lost_positions = 0;
  /// Behind the end of the log, from a writer that was stopped in the middle of a write. No damage:
  /// nobody was ever told that it was durable, and the next opening for writing removes it.
  std::uint64_t torn_bytes = 0;

  /// A digest of what was stored: of every commit its positions, time, streams, versions, and the
  /// bytes of its events. Equal for copies, backups, restored and repaired stores that hold the
  /// same; it does not depend on segments and epochs. It detects accidents, not forgery.
  std::uint64_t log_digest = 0;
  position digest_up_to;  ///< The last position that the digest covers.

  bool has_index = false;             ///< It was there and could be read.
  position indexed;                   ///< Last event in the index.
  std::uint64_t index_digest = 0;     ///< Canonical digest of the index as it is.
  std::uint64_t expected_digest = 0;  ///< The same of one that is made of the log up to `indexed`.
  std::uint64_t checkpoints = 0;      ///< Named consumers.

  std::chrono::nanoseconds log_duration{};  ///< Of reading and checking the log.
  std::chrono::nanoseconds duration{};      ///< Of everything.

  /// In the order of the log, then what is derived from it.
  std::vector<finding> findings;
  [[nodiscard]] bool clean() const noexcept { return findings.empty(); }
};

/// Reads everything in the folder of a store and checks it: the manifests; every segment's header;
/// every frame and every event by its checksums, the chain of frames, positions and versions
/// without gaps; the trailers against what was read; the control page; the index, stream by
/// stream, against the log; that no checkpoint is ahead of the log. It does not stop at the first
/// finding. Works beside a process that writes the store, up to the position that was durable when
/// it began, and changes nothing but LMDB's table of readers (`lock.mdb` in `index` and `state`).
///
/// Errors: store_not_found; unsupported_format (update Mainstem); corrupt_manifest (neither copy
/// checks out, and without the secret in it nothing can be checked: put one back, or restore a
/// backup); store_locked (this process has the store open: close it, or leave out
/// verify_options::derived); operation_aborted (boost::asio::error, that is ECANCELED of the
/// system) if it was stopped; out_of_memory; and whatever the system says of the folder. Damage,
/// and files that the disk does not give (EIO), are no errors but findings. What this process lacks
/// (descriptors, memory, the right to read a file or to write `lock.mdb`) is an error and no
/// finding: it says nothing of the store.
/// Cost: reads the log and the index once. Memory: about 150 B for each stream.
[[nodiscard]] MAINSTEM_API result<verify_report> verify(const std::filesystem::path& path,
                                                        const verify_options& options = {});

}  // namespace mainstem
