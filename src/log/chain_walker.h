// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <mainstem/error.h>

#include "format/frame.h"
#include "format/log_point.h"
#include "format/segment_header.h"
#include "format/trailer.h"
#include "log/file_window.h"
#include "os/file.h"

namespace mainstem::log {

/// A file that is named like a segment, and what recovery learns about it.
struct surveyed_file {
  std::uint32_t number = 0;
  std::string name;
  std::shared_ptr<os::file> file;
  std::uint64_t size_bytes = 0;
  std::optional<format::segment_header> header;  ///< Nothing: it does not check out.
  std::optional<format::trailer> trailer;        ///< At the very end of the file, and whole.

  // From the trailer, or from walking the frames.
  bool blank = false;       ///< Nothing but zeros in a file without a header.
  bool has_frames = false;  ///< At least one commit or mark counts.
  std::uint64_t first_position = 1;
  std::uint64_t last_position = 0;
  std::uint64_t end_offset =
      format::segment_header_layout::size;  ///< Behind the last frame that counts.
  std::uint64_t chain = 0;                  ///< The checksum of that frame.
  std::uint64_t last_timestamp = 0;
  std::uint64_t unbroken_end =
      format::segment_header_layout::size;  ///< The same, before anything is damaged.
  std::uint64_t content_end = 0;            ///< As far as was looked: behind the last byte not 0.
  std::vector<format::sparse_entry> entries;
};

/// A place where the chain of frames does not go on.
struct chain_break {
  std::size_t file = 0;
  std::uint64_t offset = 0;
  std::uint64_t expected = 0;  ///< The position that should follow.
  std::uint64_t resumed =
      0;  ///< The first position behind it that is there again; 0 if there is none.
  bool header_only = false;  ///< The header is damaged, but the frames behind it go on.
  bool certain = false;  ///< Damage whatever the evidence says: a whole segment stands behind it.
  bool next_missing = false;  ///< The file is whole, and the one behind it is gone or blank.
};

/// A valid commit that nothing proves to have been durable.
struct pending_commit {
  std::size_t file = 0;
  std::uint64_t offset = 0;
  std::uint64_t last_position = 0;
  std::uint64_t timestamp = 0;
  format::frame_prefix prefix;
  bool behind_break = false;
};

/// The end of what is proven to have been durable.
struct proven_point {
  std::size_t file = 0;
  std::uint64_t offset = 0;
  std::uint64_t chain = 0;
  std::uint64_t last_position = 0;
  std::uint64_t timestamp = 0;
  bool header_proven = false;  ///< So is the header of that file.
};

/// Follows the chain of frames from file to file, and gathers evidence on the way.
class chain_walker {
 public:
  static constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

  chain_walker(std::vector<surveyed_file>& files, const format::store_identity& store,
               const format::log_point& from, std::uint64_t evidence)
      : files_(files), secret_(store.secret), from_(from), evidence_(evidence) {}

  /// Walks the file at `index`.
  /// @param next the header of the file behind it, if that checks out.
  /// @param limit the first position of the next file behind it whose header checks out.
  /// Errors: unsupported_format, and whatever the disk says.
  [[nodiscard]] result<void> walk(std::size_t index, const format::segment_header* next,
                                  std::uint64_t limit);

  void note_evidence(std::uint64_t durable);
  void note_epoch(std::uint32_t epoch) noexcept {
    highest_epoch_ = std::max(highest_epoch_, epoch);
  }

  /// The highest position that was durable at some time.
  [[nodiscard]] std::uint64_t evidence() const noexcept { return evidence_; }
  /// The highest position in any valid frame that counts.
  [[nodiscard]] std::uint64_t highest() const noexcept { return highest_; }
  /// What should follow the last frame.
  [[nodiscard]] std::uint64_t expected() const noexcept { return expected_; }
  [[nodiscard]] std::uint64_t chain() const noexcept { return chain_; }
  [[nodiscard]] std::uint32_t highest_epoch() const noexcept { return highest_epoch_; }
  [[nodiscard]] std::uint64_t last_timestamp() const noexcept { return last_timestamp_; }
  [[nodiscard]] const std::vector<chain_break>& breaks() const noexcept { return breaks_; }
  [[nodiscard]] const std::deque<pending_commit>& pending() const noexcept { return pending_; }
  [[nodiscard]] const proven_point& proven() const noexcept { return proven_; }
  /// `from` was passed on the way.
  [[nodiscard]] bool from_found() const noexcept { return from_found_; }

  struct mark_place {
    std::size_t file = 0;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
  };
  /// The last frame of all, if it is a mark that says that everything before it was durable.
  [[nodiscard]] const std::optional<mark_place>& final_mark() const noexcept { return mark_; }

  /// The chain ends at `offset` of a file, although something should follow.
  void lose_chain(std::size_t index, std::uint64_t offset);
  /// The file was sealed, so there was one behind it that is not there.
  void lose_next_segment(std::size_t index);

 private:
  using optional_prefix = std::optional<format::frame_prefix>;

  [[nodiscard]] result<bool> enter(std::size_t index, file_window& window, bool last);
  void enter_header(std::size_t index, const format::segment_header& header);
  [[nodiscard]] result<optional_prefix> look_at(file_window& window, std::uint64_t offset);
  [[nodiscard]] result<bool> is_sound(file_window& window, std::uint64_t offset,
                                      const optional_prefix& prefix) const;
  [[nodiscard]] bool continues(const format::frame_prefix& prefix,
                               std::uint64_t limit) const noexcept;
  [[nodiscard]] bool is_trailer(const optional_prefix& prefix, std::uint32_t number) const noexcept;
  [[nodiscard]] bool may_resume(const format::frame_prefix& prefix,
                                std::uint64_t limit) const noexcept;
  void resume(std::uint64_t first, std::uint64_t chain);
  void take(std::size_t index, std::uint64_t offset, const format::frame_prefix& prefix);
  void take_trailer(std::size_t index, std::uint64_t offset);
  void settle();
  void check_from(std::uint32_t number, std::uint64_t offset) noexcept;

  std::vector<surveyed_file>& files_;
  std::uint64_t secret_;
  format::log_point from_;
  std::uint64_t evidence_;

  bool started_ = false;
  bool following_ = false;
  bool hard_break_ = false;
  bool from_found_ = false;
  std::uint64_t expected_ = 1;
  std::uint64_t chain_ = 0;
  std::uint32_t epoch_ = 0;
  std::uint32_t highest_epoch_ = 0;
  std::uint64_t highest_ = 0;
  std::uint64_t last_timestamp_ = 0;
  std::vector<chain_break> breaks_;
  std::deque<pending_commit> pending_;
  proven_point proven_;
  std::optional<mark_place> mark_;
};

}  // namespace mainstem::log
