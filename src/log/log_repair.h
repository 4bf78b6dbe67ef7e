// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "log/log_survey.h"
#include "log/recovery.h"
#include "log/segment_files.h"

namespace mainstem::log {

/// A segment that recovery writes, from its header to its mark, before it gives it a name.
struct fresh_segment {
  format::segment_header header;
  std::vector<std::byte> content;
  std::vector<format::sparse_entry> entries;
  std::uint64_t last_position = 0;
  std::uint64_t chain = 0;
  std::uint64_t event_count = 0;
};

/// Changes the disk as a survey demands it. Each step leaves a log that can be recovered again.
class log_repair {
 public:
  log_repair(segment_files& files, log_survey& survey) noexcept : files_(files), survey_(survey) {}

  /// The log ended well: goes on where it ended.
  [[nodiscard]] result<recovered_log> go_on();
  /// The log ended unclean, but nothing that is proven is missing: writes again what is not proven.
  [[nodiscard]] result<recovered_log> rewrite_tail();
  /// Proven events are missing: keeps what is there, and never gives their positions to others.
  [[nodiscard]] result<recovered_log> accept_loss();
  /// The log as far as it can be read.
  [[nodiscard]] recovered_log look(bool proven_only) const;

 private:
  [[nodiscard]] result<void> remove_aside();
  [[nodiscard]] result<void> remove_above(std::uint32_t number);
  [[nodiscard]] result<fresh_segment> build(const format::segment_header& header);
  [[nodiscard]] result<void> append_commit(fresh_segment& fresh, const pending_commit& commit,
                                           std::uint64_t durable);
  void append_mark(fresh_segment& fresh) const;
  [[nodiscard]] result<void> write_again(const surveyed_file& file, std::uint64_t from,
                                         std::uint64_t to);
  [[nodiscard]] result<void> seal(std::size_t count);
  [[nodiscard]] std::shared_ptr<segment> open(std::size_t index) const;
  [[nodiscard]] segment_list open_all(std::size_t count) const;
  [[nodiscard]] result<recovered_log> finish_with(const fresh_segment& fresh, std::size_t keep);
  void take_spare(recovered_log& log) const;
  void cut_at_proven();
  [[nodiscard]] std::uint32_t next_epoch() const noexcept;
  [[nodiscard]] std::uint64_t size_for(std::uint64_t content_bytes) const noexcept;

  segment_files& files_;
  log_survey& survey_;
  std::uint64_t bytes_cut_ = 0;
};

}  // namespace mainstem::log
