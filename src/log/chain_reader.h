// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <mainstem/error.h>

#include "format/frame.h"
#include "format/log_point.h"
#include "format/segment_header.h"
#include "log/file_window.h"
#include "os/file.h"

namespace mainstem::log {

/// A segment's file and its header.
struct headed_file {
  std::shared_ptr<os::file> file;
  format::segment_header header;
};

/// Opens segment `number` for reading; nothing if it is not there or has no valid header (yet).
/// Errors: foreign_file, unsupported_format, and whatever the disk says.
[[nodiscard]] result<std::optional<headed_file>> open_headed(os::directory& log_folder,
                                                             const format::store_identity& store,
                                                             std::uint32_t number);

/// True if the log has come by this point: a commit or mark ends there with this position and
/// checksum. An index that is older than the end of the log may come from a time whose end was
/// taken back by a crash, and written again elsewhere. Cost: two headers, and a read if something
/// stands behind the point; else the segment is walked. Errors: unsupported_format, and whatever
/// the disk says.
[[nodiscard]] result<bool> has_point(os::directory& log_folder, const format::store_identity& store,
                                     const format::log_point& point);

/// Goes along the chain of frames from segment to segment, while somebody else appends to it.
class chain_reader {
 public:
  chain_reader(std::shared_ptr<os::directory> log_folder, const format::store_identity& store,
               const format::log_point& at)
      : folder_(std::move(log_folder)), store_(store), at_(at) {}

  struct step {
    /// The frame that follows: a commit or a mark, whole and in its place ...
    std::optional<format::frame_prefix> frame;
    std::uint64_t offset = 0;
    std::span<const std::byte> bytes;  ///< Of the frame, until the next call.
    /// ... or the segment that follows. Neither: the chain ends here, for now.
    std::optional<headed_file> next;
  };

  /// Steps on. @param end how far the log is known to reach; its place may be unknown (segment 0).
  /// Errors: unsupported_format, and whatever the disk says.
  [[nodiscard]] result<step> next(const format::log_point& end);

  /// The point behind everything that was stepped over.
  [[nodiscard]] const format::log_point& at() const noexcept { return at_; }

  /// Steps back to a point of the same segment.
  void go_back(const format::log_point& to) noexcept { at_ = to; }

  /// Goes on from there, wherever that is.
  void jump_to(const format::log_point& to) {
    at_ = to;
    file_.reset();
    behind_.reset();
    refresh();
  }

  /// Forgets what was read: the log has grown since.
  void refresh() noexcept {
    window_.reset();
    looked_behind_ = false;
  }

 private:
  [[nodiscard]] result<bool> open_file();
  [[nodiscard]] result<void> look_behind();
  [[nodiscard]] result<step> enter(headed_file next);
  [[nodiscard]] result<std::optional<step>> frame_in(file_window& window);
  [[nodiscard]] bool follows(const format::segment_header& header) const noexcept;

  std::shared_ptr<os::directory> folder_;
  format::store_identity store_;
  format::log_point at_;
  std::shared_ptr<os::file> file_;
  std::optional<file_window> window_;
  /// The segment behind, if it has a header, once somebody has looked.
  std::optional<headed_file> behind_;
  bool looked_behind_ = false;
};

}  // namespace mainstem::log
