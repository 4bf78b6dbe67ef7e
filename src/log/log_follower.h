// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include <mainstem/error.h>

#include "format/frame.h"
#include "format/log_point.h"
#include "log/chain_reader.h"
#include "log/segment.h"
#include "os/file.h"

namespace mainstem::log {

/// Reads a log that another process writes, commit by commit, up to what is known to be durable.
///
/// It changes nothing, and takes nothing that a crash of the writer could take back: so whatever
/// recovery does to the end of the log, it does behind what was read here. The segment that is
/// being written is read by copying, since recovery may make it shorter; those before it never
/// change again.
/// Thread safety: one thread at a time; the segments are for everybody.
class log_follower {
 public:
  /// A whole commit frame and its place.
  using commit_handler =
      std::function<result<void>(const segment&, std::uint64_t offset, const format::frame_prefix&,
                                 std::span<const std::byte> frame)>;

  /// Begins at `from`, which is durable. Segments before it are opened at the first advance().
  log_follower(std::shared_ptr<os::directory> log_folder, const format::store_identity& store,
               read_access sealed_access, const format::log_point& from)
      : folder_(std::move(log_folder)),
        store_(store),
        sealed_access_(sealed_access),
        chain_(folder_, store, from) {}

  /// Everything up to here was handed out.
  [[nodiscard]] const format::log_point& at() const noexcept { return chain_.at(); }
  /// From the first to the one that is being written; those that it has come to.
  [[nodiscard]] const segment_list& segments() const noexcept { return segments_; }

  /// At least one of the segments says that a loss was accepted: commits may be missing.
  [[nodiscard]] bool has_gaps() const noexcept { return has_gaps_; }

  /// Hands out all commits up to `durable`, which somebody has vouched for. Its segment may be 0:
  /// unknown.
  /// Errors: corrupt_data or missing_segment (with the place) if the log does not hold what it
  /// should; those of `handle`; and whatever the disk says. The next call tries again from there.
  [[nodiscard]] result<void> advance(const format::log_point& durable,
                                     const commit_handler& handle);

  /// The highest position that frames behind at() say was durable: what is provable without the
  /// writer's help.
  [[nodiscard]] result<position> proven() const;

 private:
  [[nodiscard]] result<void> open_segments();
  [[nodiscard]] result<std::shared_ptr<segment>> open_sealed(std::uint32_t number,
                                                             position next_first);
  [[nodiscard]] std::shared_ptr<segment> make_live(const headed_file& next);
  void replace_live();
  [[nodiscard]] result<void> take_rest(const format::log_point& from,
                                       const format::segment_header& next,
                                       const commit_handler& handle);
  [[nodiscard]] result<bool> pass_loss(const commit_handler& handle);
  [[nodiscard]] error missing(const format::log_point& durable) const;
  [[nodiscard]] error without_header(std::uint32_t number) const;
  [[nodiscard]] std::shared_ptr<segment> make_segment(headed_file from, read_access access);

  std::shared_ptr<os::directory> folder_;
  format::store_identity store_;
  read_access sealed_access_;
  chain_reader chain_;
  segment_list segments_;
  /// The chain stands in it already, and the segments do not have it yet.
  std::optional<headed_file> entered_;
  bool has_gaps_ = false;
};

}  // namespace mainstem::log
