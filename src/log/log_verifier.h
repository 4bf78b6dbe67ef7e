// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/verify.h>

#include "format/frame.h"
#include "format/log_point.h"
#include "format/segment_header.h"
#include "format/trailer.h"
#include "log/file_window.h"
#include "os/file.h"

namespace mainstem::log {

/// What of a log has been read and found good.
struct log_totals {
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;
  std::uint64_t commits = 0;
  std::uint64_t events = 0;
  std::uint64_t lost_positions = 0;
  std::uint64_t first_position = 0;
  std::uint64_t last_position = 0;
  std::uint64_t digest = 0;
  std::uint64_t digest_up_to = 0;
};

/// Where a commit stands that was found good, or in part.
struct verified_commit {
  std::uint32_t segment = 0;
  std::uint64_t offset = 0;
  const format::frame_prefix& prefix;
  std::span<const std::byte> frame;
  bool whole = true;  ///< False: parts of it are damaged, and each is to be checked again.
};

struct log_verifier_options {
  /// What somebody outside of the log knows to have been durable.
  std::uint64_t evidence = 0;
  /// What the control page said when this began; 0: nothing. See log_verification::at_durable.
  std::uint64_t durable = 0;
  std::uint64_t digest_up_to = ~std::uint64_t{0};
  /// Begins with this segment, whose header is believed; what stands before it is not looked at.
  std::uint32_t first_segment = 1;
  /// Where the digest goes on, for a log that was verified up to here before.
  std::uint64_t digest_behind = 0;
  std::uint64_t digest = 0;
  /// The last segment may be sealed, although nothing stands behind it.
  bool may_end_sealed = false;
  /// Called for each commit, in order. `after_loss`: events may be missing before it.
  std::function<result<void>(const verified_commit&, bool after_loss)> on_commit;
  /// Called every few MiB. Errors end everything.
  std::function<result<void>(std::uint64_t bytes_done, std::uint64_t bytes_total)> on_progress;
};

struct log_verification {
  log_totals totals;
  std::vector<finding> findings;
  std::uint64_t evidence = 0;  ///< The highest position that was durable at some time.
  std::uint32_t highest_epoch = 0;
  std::uint64_t last_timestamp = 0;
  std::uint64_t torn_bytes = 0;
  /// Events may be missing: by damage, or because a loss was accepted.
  bool has_losses = false;

  /// The same up to the durable position that was given, by what was known then: what counts if
  /// somebody has been writing meanwhile. Nothing if none was given.
  struct part {
    log_totals totals;
    std::vector<finding> findings;
    std::uint64_t torn_bytes = 0;
    bool has_losses = false;
  };
  std::optional<part> at_durable;
};

/// Reads all of a log, and finds all that is wrong with it. Changes nothing, maps nothing, and
/// never stops at damage. Somebody else may be writing: see log_verification::at_durable. Errors:
/// unsupported_format; those of the handlers; what listing the folder fails with; and whatever else
/// is no damage (os::is_damage()).
[[nodiscard]] result<log_verification> verify_log(os::directory& log_folder,
                                                  const format::store_identity& store,
                                                  const log_verifier_options& options);

}  // namespace mainstem::log
