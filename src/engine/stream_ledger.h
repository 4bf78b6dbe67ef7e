// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include <mainstem/verify.h>

#include "index/canonical_digest.h"
#include "log/log_verifier.h"

namespace mainstem::engine {

/// What the log says of each stream, and what the index says of it, to be compared.
///
/// Cost: about 150 B for each stream, nothing for each event.
class stream_ledger {
 public:
  using report_function = std::function<void(finding)>;
  explicit stream_ledger(std::string log_path) : log_path_(std::move(log_path)) {}

  /// What the index says, before the log is read.
  void note_index(std::string_view stream, const index::stream_summary& summary);
  /// The index has everything up to here, and nothing above.
  void set_indexed(position last) noexcept { indexed_ = last.value(); }

  /// The next commit of the log. Reports versions that do not follow each other.
  void add(const log::verified_commit& commit, bool after_loss, const report_function& report);

  [[nodiscard]] std::uint64_t streams() const noexcept { return streams_; }
  /// A commit ends where the index ends, or one could not be read.
  [[nodiscard]] bool index_end_found() const noexcept { return index_end_found_; }

  /// Reports every stream of which the index says something else than the log; those that lost
  /// events are passed over, as far as they may differ.
  /// @returns the digest of an index of this log.
  [[nodiscard]] std::uint64_t compare(bool has_index, bool has_losses,
                                      const report_function& report) const;

 private:
  struct entry {
    std::uint64_t version = 0;  ///< At the end of the log.
    bool lost_some = false;
    index::stream_summary made;  ///< Of the log, up to where the index ends.
    std::optional<index::stream_summary> live;
  };
  struct name_hasher {
    std::size_t operator()(std::string_view name) const noexcept {
      return checksum64(as_bytes(name));
    }
  };

  [[nodiscard]] entry& entry_of(std::string_view stream);
  void begin_stream(entry& stream, std::string_view name, std::uint64_t first,
                    const log::verified_commit& commit, bool after_loss,
                    const report_function& report) const;
  void add_parts(const log::verified_commit& commit, bool after_loss,
                 const report_function& report);

  std::string log_path_;
  std::uint64_t indexed_ = 0;
  std::uint64_t streams_ = 0;
  bool index_end_found_ = false;
  std::pmr::monotonic_buffer_resource names_;
  boost::unordered_flat_map<std::string_view, entry, name_hasher> entries_;
  std::vector<std::string_view> commit_names_;
  std::vector<entry*> commit_streams_;
};

}  // namespace mainstem::engine
