// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What stands in the folder of a store, looked at from outside: for tools, and for people who want
/// to see the bytes. `mainstemctl info` and `mainstemctl dump` print it.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/export.h>
#include <mainstem/types.h>
#include <mainstem/uuid.h>

namespace mainstem {

/// One segment file, as far as its header and trailer tell.
struct segment_description {
  std::uint32_t number = 0;
  std::uint64_t size_bytes = 0;
  position first_position;  ///< Of the first event that it may hold.
  std::uint32_t epoch = 0;  ///< Of the writer that began it.
  std::chrono::sys_time<std::chrono::nanoseconds> created;
  bool loss_accepted =
      false;  ///< Positions before it may be a gap: see store_options::accept_loss.
  std::optional<position> last_position;  ///< Of a sealed segment, which does not change any more.
  std::uint64_t events = 0;               ///< The same.
  bool blank = false;                     ///< Made ahead of use.
  std::optional<error> failure;  ///< Why its header does not count; what it says is left out then.
};

/// What a store says of itself.
struct store_description {
  uuid store_id;
  uuid lineage_id;
  uuid parent_lineage_id;  ///< All zero if there is none.
  std::chrono::sys_time<std::chrono::nanoseconds> created;
  std::string writer_version;  ///< The Mainstem that made it.
  std::vector<segment_description> segments;
  std::uint64_t log_bytes = 0;      ///< Size of all segment files.
  std::optional<position> durable;  ///< As the control page says; nothing if that is not there.
  std::optional<position> indexed;  ///< As the index says; nothing without one.
  std::uint64_t index_bytes = 0;
  std::optional<error> index_failure;  ///< Why it cannot be read; unset if it can, or is not there.
  bool is_locked = false;              ///< A writer has it open.
  std::string lock_holder;  ///< The last one to have it open for writing: host, process, start.
};

/// Reads manifest, headers, trailers and the ends of what is derived; no events.
///
/// Errors: store_not_found; unsupported_format (update Mainstem); corrupt_manifest; out_of_memory;
/// and whatever the system says. What is damaged behind the manifest is described. Cost: two reads
/// for each segment.
[[nodiscard]] MAINSTEM_API result<store_description> describe_store(
    const std::filesystem::path& path);

/// A piece of a file, in hex and in words.
struct dump_line {
  std::uint64_t offset = 0;  ///< In the file.
  std::string name;          ///< Of the field, as docs/FORMAT.md calls it; of a kind of frame.
  std::string hex;           ///< Its bytes, where they are shown; as they stand in the file.
  std::string words;         ///< What they mean.
  bool good = true;          ///< False: it does not check out.
};

struct dump_result {
  std::string path;  ///< Of the file.
  std::vector<dump_line> lines;
  [[nodiscard]] bool good() const noexcept {
    for (const dump_line& each : lines)
      if (!each.good) return false;
    return true;
  }
};

struct dump_options {
  /// Longer runs of bytes (a payload, say) are shown up to here.
  std::size_t most_bytes = 4096;
};

/// The header of a segment, and one line for each frame, for each hole between them, and for what
/// stands behind the last one.
/// Errors: store_not_found; missing_segment; unsupported_format; corrupt_manifest; out_of_memory;
/// and whatever the system says. Cost: reads the segment.
[[nodiscard]] MAINSTEM_API result<dump_result> dump_segment(const std::filesystem::path& path,
                                                            std::uint32_t number);

/// Every field of the frame at `offset` of a segment, and of the events in it; checksums are
/// compared. Where no frame stands, the bytes as they are.
/// Errors: those of dump_segment(); invalid_argument (the offset is beyond the file).
[[nodiscard]] MAINSTEM_API result<dump_result> dump_frame(const std::filesystem::path& path,
                                                          std::uint32_t number,
                                                          std::uint64_t offset,
                                                          const dump_options& options = {});

/// Every field of one event. Found without the index.
/// Errors: those of dump_segment(); invalid_argument (the log has no such position);
/// corrupt_data, with the place (the event is damaged: dump its frame).
[[nodiscard]] MAINSTEM_API result<dump_result> dump_event(const std::filesystem::path& path,
                                                          position at,
                                                          const dump_options& options = {});

}  // namespace mainstem
