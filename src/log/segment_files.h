// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <mainstem/error.h>

#include "base/clock.h"
#include "format/segment_header.h"
#include "log/frame_totals.h"
#include "log/segment.h"
#include "os/file.h"

namespace mainstem::log {

enum class space_preparation { zero_fill, reserve };

struct segment_file_options {
  std::uint64_t segment_size_bytes = 64U << 20U;
  space_preparation preparation = space_preparation::zero_fill;
  read_access access = read_access::mapped;
};

/// Makes and seals the segment files of one store.
class segment_files {
 public:
  segment_files(std::shared_ptr<os::directory> directory, const format::store_identity& store,
                const segment_file_options& options, clock_source& clock);

  /// A file with its space but without a header: made aside, synced, named and synced into the
  /// directory, so that nothing of that lies on the commit path. `header_for` later gives the bytes
  /// to write first. Takes the place of an older spare of that number. Errors: disk_full (nothing
  /// is left behind), missing_segment if that segment exists, and whatever the disk says.
  [[nodiscard]] result<std::shared_ptr<os::file>> make_spare(std::uint32_t number,
                                                             std::uint64_t size_bytes);

  /// The same with its first bytes, in the place of whatever has that number. Either all of it
  /// exists under its name, or nothing. `content` fits into size_bytes.
  [[nodiscard]] result<std::shared_ptr<os::file>> make_filled(std::uint32_t number,
                                                              std::uint64_t size_bytes,
                                                              std::span<const std::byte> content);

  /// The header of a new segment.
  [[nodiscard]] format::segment_header header_for(std::uint32_t number, std::uint32_t epoch,
                                                  position first, std::uint64_t previous_checksum,
                                                  std::uint64_t size_bytes,
                                                  std::uint32_t flags) const;

  /// Ends a segment that is not written any more: a trailer behind its last frame, the rest of the
  /// file cut off, all synced. Safe to repeat after a crash in the middle. Everything in the
  /// segment must be durable, and so must the header of the next one.
  /// @param previous_checksum of the last frame in it.
  /// @param counted what its frames add up to; null if nobody counted: then the file is read.
  [[nodiscard]] result<void> seal(const segment& ended, std::uint64_t previous_checksum,
                                  std::uint32_t epoch, position durable,
                                  const frame_totals* counted = nullptr);

  /// Opens a segment for reading it, or for going on in it.
  [[nodiscard]] std::shared_ptr<segment> make_segment(std::shared_ptr<os::file> file,
                                                      const format::segment_header& header) const;

  [[nodiscard]] const format::store_identity& store() const noexcept { return store_; }
  [[nodiscard]] const segment_file_options& options() const noexcept { return options_; }
  [[nodiscard]] os::directory& directory() const noexcept { return *directory_; }

 private:
  [[nodiscard]] result<void> fill_aside(const std::string& name, std::uint64_t size_bytes,
                                        std::span<const std::byte> content);
  [[nodiscard]] result<void> prepare_space(os::file& file, std::uint64_t from,
                                           std::uint64_t size_bytes) const;
  [[nodiscard]] result<bool> is_taken(std::uint32_t number);

  std::shared_ptr<os::directory> directory_;
  format::store_identity store_;
  segment_file_options options_;
  clock_source& clock_;
};

/// What files are called until they are complete: their name and this.
inline constexpr std::string_view aside_suffix = ".new";

/// The system's "no space left" as disk_full, everything else as it is.
[[nodiscard]] error with_disk_full(const error& failure);

}  // namespace mainstem::log
