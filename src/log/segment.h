// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/types.h>

#include "format/frame.h"
#include "format/log_point.h"
#include "format/segment_header.h"
#include "format/trailer.h"
#include "os/file.h"

namespace mainstem::log {

using format::log_point;
using format::sparse_entry;

/// Bytes of a segment and what keeps them alive.
struct lease {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

enum class read_access { mapped, copied };

/// One segment file, as readers share it.
///
/// Thread safety: safe. One writer publishes; any number of threads read what is below
/// end_offset().
class segment {
 public:
  /// @param secret the store's. Without it, seek() knows only what note_frame() told.
  segment(std::shared_ptr<os::file> file, const format::segment_header& header, read_access access,
          std::optional<std::uint64_t> secret = std::nullopt);
  ~segment();
  segment(const segment&) = delete;
  segment& operator=(const segment&) = delete;

  [[nodiscard]] std::uint32_t number() const noexcept { return header_.segment; }
  [[nodiscard]] const format::segment_header& header() const noexcept { return header_; }
  [[nodiscard]] position first_position() const noexcept {
    return position(header_.first_position);
  }
  [[nodiscard]] os::file& file() const noexcept { return *file_; }

  /// Frames end here, as far as they are written (or, sealed: the end of the last frame before the
  /// trailer).
  [[nodiscard]] std::uint64_t end_offset() const noexcept {
    return end_offset_.load(std::memory_order_acquire);
  }
  /// Of the last event in it; first_position() - 1 if it has none.
  [[nodiscard]] position last_position() const noexcept {
    return position(last_position_.load(std::memory_order_acquire));
  }

  /// True if a frame with this prefix can be one of the segment's. A checksum says that a frame was
  /// written, and where; not that its positions belong there.
  [[nodiscard]] bool may_hold(const format::frame_prefix& prefix) const noexcept;

  /// Writer only: frames up to `end_offset` are written, the last event in them is `last`. Readers
  /// see it at once.
  void publish(std::uint64_t end_offset, position last) noexcept;
  /// Writer only: a frame that begins at `offset` with `first` is about to be published. Entries
  /// closer together than sparse_interval_bytes are dropped.
  void note_frame(position first, std::uint64_t offset);
  static constexpr std::uint64_t sparse_interval_bytes = 64U << 10U;

  /// The bytes [offset, offset + size), which must lie below the file's size.
  /// Errors: corrupt_data if they do not; whatever the disk says.
  [[nodiscard]] result<lease> view(std::uint64_t offset, std::uint64_t size) const;

  /// Where `offset` lies in memory if the file is mapped already; otherwise null. For prefetching.
  [[nodiscard]] const std::byte* mapped_at(std::uint64_t offset) const noexcept;

  /// A frame at or before the one that holds `at`, as close as is known. Entries come from
  /// note_frame() or, for a sealed segment, from its trailer, which is read at the first call;
  /// without a usable trailer the segment's frames are walked once.
  [[nodiscard]] result<sparse_entry> seek(position at) const;
  /// All sparse entries, ascending.
  [[nodiscard]] result<std::vector<sparse_entry>> sparse_table() const;

 private:
  struct entry_table;

  [[nodiscard]] result<lease> copy(std::uint64_t offset, std::uint64_t size) const;
  [[nodiscard]] result<const os::mapping*> mapped() const;
  [[nodiscard]] error beyond_end(std::uint64_t offset, std::uint64_t size) const;
  [[nodiscard]] result<const entry_table*> table() const;
  [[nodiscard]] result<std::vector<sparse_entry>> read_entries() const;
  entry_table& make_table(std::span<const sparse_entry> entries) const;

  std::shared_ptr<os::file> file_;
  format::segment_header header_;
  read_access access_;
  std::optional<std::uint64_t> secret_;
  std::atomic<std::uint64_t> end_offset_{0};
  std::atomic<std::uint64_t> last_position_{0};

  mutable std::mutex mutex_;  // Held while the mapping or the table is made, once each.
  mutable std::shared_ptr<const os::mapping> mapping_;
  mutable std::atomic<const os::mapping*> published_mapping_{nullptr};
  mutable std::unique_ptr<entry_table> table_;
  mutable std::atomic<entry_table*> published_table_{nullptr};
};

/// All segments of the log in order of their numbers, which are consecutive. Immutable.
using segment_list = std::vector<std::shared_ptr<segment>>;

/// `0000000042.log`
[[nodiscard]] std::string segment_file_name(std::uint32_t number);
/// The number in such a name; nothing if it is not one.
[[nodiscard]] std::optional<std::uint32_t> parse_segment_file_name(std::string_view name) noexcept;

/// What is said of the segment behind a sealed one that is not there, up to what became of it.
inline constexpr std::string_view missing_behind_sealed =
    "the segment is missing or empty: the one before it is finished, which is done when this one "
    "is "
    "durable; what it held";

}  // namespace mainstem::log
