// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Copies of a store to come back to. A backup is a folder that is itself a store:
/// store::open_read_only() reads it, verify() checks it, and restore() makes of it a store to go on
/// with. `mainstemctl backup` and `mainstemctl restore` do the same.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>

#include <mainstem/error.h>
#include <mainstem/export.h>
#include <mainstem/types.h>
#include <mainstem/uuid.h>

namespace mainstem {

class store;

/// How far a copy has come.
struct copy_progress {
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
};

struct backup_options {
  /// Sealed segments, which never change again, are given a second name instead of being copied,
  /// where the file system can: nearly free, and no protection against a disk that fails.
  bool hard_links = false;
  /// Called now and then, in the calling thread.
  std::function<void(const copy_progress&)> on_progress = {};
  /// Ends it with operation_aborted; what was begun can be gone on with.
  std::stop_token stop = {};
};

/// What a backup has.
struct backup_report {
  uuid store_id;
  uuid lineage_id;
  position up_to;                ///< It has everything up to here, and nothing above.
  std::uint64_t log_digest = 0;  ///< See verify_report::log_digest.
  std::uint64_t segments = 0;
  std::uint64_t segments_kept = 0;    ///< Were there already, from an earlier backup.
  std::uint64_t segments_linked = 0;  ///< Share their bytes with the store.
  std::uint64_t bytes_copied = 0;
  std::uint64_t checkpoints = 0;
};

/// Copies the store in the folder `from`, which another process may be writing, into the folder
/// `to`: everything that was durable at one moment, the checkpoints of consumers and the saved
/// schemas. The index is left out: it can be made from the log.
///
/// `to` does not exist, or is empty: then it becomes a backup. Or it is an earlier backup of the
/// same store: then it is brought up to date, and segments that it has are not copied again; until
/// that is finished it stays what it was, or something in between, but always a backup of one
/// moment. Or it is one that was not finished (it has a file `backup.begun`): then that is gone on
/// with.
///
/// What was copied is read again and checked before the backup counts.
///
/// On success: the backup is durable, and has a file `backup` that says what it holds.
/// Errors: store_not_found; unsupported_format; corrupt_manifest; invalid_argument (`to` holds
/// something else, or a backup that is ahead of the store); foreign_file (`to` is a backup of
/// another store, or of another lineage of this one); store_damaged, corrupt_data (what was to be
/// copied is damaged: verify, then repair); store_locked (this process has the store open: name the
/// store object instead of its folder); disk_full (make room, and call it again);
/// operation_aborted; out_of_memory; and whatever the system says. None of them harms an earlier
/// backup in `to`, and the same call goes on with what was begun.
/// Cost: reads what it copies twice.
[[nodiscard]] MAINSTEM_API result<backup_report> backup(const std::filesystem::path& from,
                                                        const std::filesystem::path& to,
                                                        const backup_options& options = {});

/// The same of a store that this process has open, for writing or for reading along.
///
/// Errors: also store_closed; forked_process. Cost: close() waits for it: stop it first.
/// Thread safety: beside any other calls.
[[nodiscard]] MAINSTEM_API result<backup_report> backup(const store& from,
                                                        const std::filesystem::path& to,
                                                        const backup_options& options = {});

struct restore_options {
  /// The highest position that anybody has seen of the store, if you know it. If the backup has all
  /// of that, nothing is lost and the lineage stays the same. Otherwise, and if it is unset, the
  /// restored store begins a lineage of its own, whose parent is that of the backup: so that
  /// positions which consumers elsewhere remember are not taken for those of this history.
  std::optional<position> highest_known = std::nullopt;
  /// Called now and then, in the calling thread.
  std::function<void(const copy_progress&)> on_progress = {};
  /// Ends it with operation_aborted; remove what was begun.
  std::stop_token stop = {};
};

/// What a restored store has.
struct restore_report {
  uuid store_id;
  uuid lineage_id;
  uuid parent_lineage_id;  ///< All zero if there is none.
  position up_to;
  std::uint64_t log_digest = 0;
  std::uint64_t segments = 0;
  std::uint64_t bytes_copied = 0;
  std::uint64_t checkpoints = 0;
};

/// Makes a store in the folder `to`, which does not exist or is empty, of the backup in `from`.
/// What was copied is read again and checked, and must be what the backup says of itself. The first
/// store::open() makes its index.
///
/// On success: the store is durable. Until then the folder has no manifest, and is no store.
/// Errors: those of backup(); store_damaged also if the backup does not hold what it should;
/// invalid_argument also if `from` was never finished, or is no backup. After an error remove what
/// was begun in `to`, and call it again.
/// Cost: reads the backup once, and what was copied once more.
[[nodiscard]] MAINSTEM_API result<restore_report> restore(const std::filesystem::path& from,
                                                          const std::filesystem::path& to,
                                                          const restore_options& options = {});

}  // namespace mainstem
