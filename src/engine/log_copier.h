// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/types.h>

#include "base/clock.h"
#include "format/segment_header.h"
#include "log/log_listing.h"
#include "os/file.h"

namespace mainstem::engine {

struct log_copy_options {
  bool hard_links = false;
  /// Called with the bytes of each piece that was copied. Errors end everything.
  std::function<result<void>(std::uint64_t bytes_done, std::uint64_t bytes_total)> on_progress;
};

struct log_copy_report {
  std::uint64_t segments = 0;
  std::uint64_t segments_kept = 0;
  std::uint64_t segments_linked = 0;
  std::uint64_t bytes_copied = 0;
  std::uint32_t first_changed = 1;  ///< The first segment that was copied, or linked.
};

/// Copies a log up to one position into another folder, segment by segment. Each gets its name when
/// it is durable, and they get theirs in order: so that at any time the folder has a log of one
/// moment. The last segment ends with a mark, and is not sealed.
class log_copier {
 public:
  /// All of these outlive the object.
  log_copier(os::directory& from, std::shared_ptr<os::directory> to,
             const format::store_identity& store, clock_source& clock,
             const log_copy_options& options)
      : from_(from), to_(std::move(to)), store_(store), clock_(clock), options_(options) {}

  /// What the folder `to` has of this log already is kept.
  /// Errors: store_damaged (the log does not hold what it should); foreign_file (`to` holds another
  /// log); disk_full; and whatever the disk says.
  [[nodiscard]] result<log_copy_report> run(position up_to);

  /// Both folders have the same log up to here, where a commit ends in `to`. The chain of checksums
  /// stands for all that is before it.
  /// Errors: foreign_file if they have not; store_damaged; and whatever the disk says.
  /// @returns the number of the segment in which that is.
  [[nodiscard]] result<std::uint32_t> check_agreement(position at);

 private:
  struct frames_end;
  using stop_function = std::function<bool(const frames_end&)>;

  [[nodiscard]] result<void> select(position up_to);
  [[nodiscard]] result<void> copy_ended(std::size_t index);
  [[nodiscard]] result<void> copy_last(position up_to);
  [[nodiscard]] result<bool> has_same(const log::listed_file& file, os::file& from);
  [[nodiscard]] result<bool> link(const log::listed_file& file);
  [[nodiscard]] result<frames_end> find_end_at(os::directory& folder, std::uint32_t number,
                                               position at) const;
  [[nodiscard]] result<frames_end> find_end(os::file& file, const log::listed_file& listed,
                                            const stop_function& is_end) const;
  [[nodiscard]] result<std::shared_ptr<os::file>> begin(const std::string& name);
  [[nodiscard]] result<void> copy_bytes(os::file& from, os::file& to, std::uint64_t bytes);
  [[nodiscard]] result<void> finish(const std::string& name, os::file& file);
  [[nodiscard]] result<void> seal(const std::shared_ptr<os::file>& file,
                                  const log::listed_file& listed, const frames_end& end);
  [[nodiscard]] result<void> tell(std::uint64_t bytes);

  os::directory& from_;
  std::shared_ptr<os::directory> to_;
  const format::store_identity& store_;
  clock_source& clock_;
  const log_copy_options& options_;
  std::vector<log::listed_file> files_;
  log_copy_report report_;
  std::uint64_t bytes_done_ = 0;
  std::uint64_t bytes_total_ = 0;
};

}  // namespace mainstem::engine
