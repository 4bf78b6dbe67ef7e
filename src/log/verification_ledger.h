// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mainstem/verify.h>

#include "log/log_verifier.h"

namespace mainstem::log {

/// Something that looks wrong, until it is known whether it had been durable.
struct suspect {
  finding what;
  std::uint64_t expected = 0;  ///< The position that should follow.
  bool certain = false;        ///< Damage, whatever the evidence says.
  bool open = false;           ///< Nothing behind it has been found yet.
  std::uint64_t torn_bytes = 0;
  log_totals before;
};

/// Says which positions a finding is about.
void set_positions(finding& of, std::uint64_t first, std::uint64_t last);

/// What a verifier has found so far: how much is good, what looks wrong, and how much is known to
/// have been durable. Told from the first segment to the last.
class verification_ledger {
 public:
  struct place {
    std::string path;
    std::uint64_t offset = 0;
  };

  explicit verification_ledger(const log_verifier_options& options);

  /// False: the chain is lost, and what goes on behind that is being looked for.
  [[nodiscard]] bool following() const noexcept { return following_; }
  /// The position that should follow.
  [[nodiscard]] std::uint64_t expected() const noexcept { return expected_; }
  [[nodiscard]] std::uint64_t end_offset() const noexcept { return end_offset_; }
  [[nodiscard]] bool has_losses() const noexcept { return has_losses_; }
  /// How many things look wrong.
  [[nodiscard]] std::size_t suspects() const noexcept { return suspects_.size(); }

  // ---- what is good ----

  void begin_with(std::uint64_t position) noexcept { expected_ = position; }
  void enter_segment(const std::string& path);
  void add_commit(const format::frame_prefix& prefix, std::uint32_t lost, bool is_intact);
  /// Everything below `position` was passed; the frame ends at `end_offset`.
  void reach(std::uint64_t position, std::uint64_t end_offset) noexcept;
  void add_bytes(std::uint64_t bytes) noexcept { totals_.bytes += bytes; }

  // ---- what is known to have been durable ----

  void note_evidence(std::uint64_t position) noexcept { evidence_ = std::max(evidence_, position); }
  /// Where the log goes beyond what was durable when this began, it is known so far.
  void pass_durable(std::uint64_t next_position);

  // ---- what looks wrong ----

  suspect& add(finding_kind kind, errc code, std::string detail, place where);
  /// Parts of a commit are damaged.
  void add_parts(const format::frame_prefix& prefix, finding_kind kind, std::string_view detail,
                 place where, std::uint64_t first, std::uint64_t last);
  /// Files lack before the next one, or give nothing: it tells what they should have had.
  suspect& add_missing(finding_kind kind, errc code, std::string_view detail, place where);
  [[nodiscard]] bool is_missing() const noexcept { return missing_.has_value(); }
  void end_missing() noexcept { missing_.reset(); }
  /// The positions before this one are what the missing files had.
  void set_missing_before(std::uint64_t first);

  void note_losses() noexcept { has_losses_ = true; }
  /// The chain does not go on there.
  suspect& lose(finding_kind kind, std::string_view detail, place where);
  /// It does here, with this position.
  void resume(std::uint64_t first);
  /// Whatever looks wrong is damage: something behind it proves that it had been synced.
  void make_certain() noexcept;
  void make_last_certain() noexcept { suspects_.back().certain = true; }
  void unreadable(const error& why, place where);

  /// @param folder what a log without files is called.
  [[nodiscard]] log_verification conclude(const std::string& folder) const;

 private:
  const log_verifier_options& options_;
  bool following_ = true;
  bool has_losses_ = false;
  std::uint64_t expected_ = 1;
  std::uint64_t evidence_;
  std::uint64_t end_offset_ = 0;
  std::string last_path_;
  log_totals totals_;
  std::vector<suspect> suspects_;
  std::optional<std::size_t> missing_;  // The suspect that stands for the files.

  struct durable_cut {
    log_totals totals;
    std::size_t suspects = 0;
    std::uint64_t expected = 0;
    bool has_losses = false;
    std::uint64_t end_offset = 0;
    std::string path;
  };
  std::optional<durable_cut> cut_;
};

}  // namespace mainstem::log
