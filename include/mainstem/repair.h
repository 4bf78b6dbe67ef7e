// SPDX-License-Identifier: Apache-2.0
#pragma once

/// For a store that is damaged and of which there is no backup, or only an old one: a new store of
/// all that is provably good in it. `mainstemctl repair` does the same.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/export.h>
#include <mainstem/types.h>
#include <mainstem/uuid.h>
#include <mainstem/verify.h>

namespace mainstem {

struct repair_options {
  /// Called now and then, in the calling thread.
  std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total)> on_progress = {};
  /// Ends it with operation_aborted; remove what was begun.
  std::stop_token stop = {};
};

/// Positions that have no event any more.
struct lost_range {
  position first;
  position last;
};

/// Events of one stream that are gone.
struct lost_versions {
  std::string stream;
  version first;
  version last;
};

/// What repair() has made, and what it could not save.
struct repair_report {
  uuid store_id;
  uuid lineage_id;         ///< A new one if anything was lost.
  uuid parent_lineage_id;  ///< All zero if there is none.
  std::uint64_t events_kept = 0;
  std::uint64_t commits_kept = 0;  ///< Whole.
  std::uint64_t commits_split =
      0;                         ///< Of which a part is gone: what is left are several commits now.
  position last_position;        ///< Of the last event that is there.
  std::uint64_t log_digest = 0;  ///< See verify_report::log_digest.
  /// Whether checkpoints and saved schemas could be read and stand in the new store.
  bool has_state = false;

  std::vector<lost_range> lost;  ///< Ascending. They stay gaps: no other event ever gets them.
  /// Which streams they belonged to, as far as the versions that are left, or the index, tell.
  std::vector<lost_versions> streams;
  std::vector<finding> findings;  ///< What is wrong with the old store.
};

/// Makes a store in the folder `to`, which does not exist or is empty, of every event in the store
/// `from` that carries its checksums, at the position and version that it had. What is lost stays a
/// gap, as with store_options::accept_loss; of a commit that is damaged in part, the rest is kept.
/// Nothing in `from` is changed: no process may have it open for writing. If nothing was lost, both
/// have the same log_digest.
///
/// Nobody but a person should call it: who restores a backup instead, or mends the disk and reads
/// what it did not give before, may lose less.
///
/// On success: the store is durable. Until then the folder has no manifest, and is no store.
/// Errors: store_not_found; unsupported_format; corrupt_manifest (without the secret in it nothing
/// is provable); store_locked (somebody has it open for writing); invalid_argument (`to` is not
/// empty); disk_full; operation_aborted; out_of_memory; and whatever the system says. Files that
/// the disk does not give (EIO) are findings; those that this process may not read, or has no
/// descriptors for, are errors: nothing is left out for that. After an error remove what was begun
/// in `to`, and call it again.
/// Cost: reads the log twice and writes it once.
[[nodiscard]] MAINSTEM_API result<repair_report> repair(const std::filesystem::path& from,
                                                        const std::filesystem::path& to,
                                                        const repair_options& options = {});

}  // namespace mainstem
