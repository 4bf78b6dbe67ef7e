// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mainstem/append.h>
#include <mainstem/stream_info.h>

namespace mainstem::test_support {

/// What a store should hold and answer, as plainly as can be: docs "semantics" by rule, without any
/// of the store's code.
///
/// It has every commit that the store accepted, in the order of positions, whether or not anybody
/// was told, and knows how far it was told.
class store_model {
 public:
  struct stored_event {
    std::string stream;
    std::uint64_t version;
    event_data event;
    std::size_t commit;  ///< Index into commits().
  };
  struct commit {
    append_request request;
    std::uint64_t first;  ///< Position.
    std::uint64_t last;
  };
  struct verdict {
    append_outcome outcome;
    std::uint64_t rests_on;  ///< The last position that the answer rests on.
  };

  /// What the answer to a request has to be.
  [[nodiscard]] verdict judge(const append_request& request) const;
  /// The store has accepted a request that judge() answers with committed.
  void accept(const append_request& request);

  /// Somebody was told something that rests on everything up to `last`.
  void acknowledge(std::uint64_t last, bool synced) noexcept;
  /// What every crash of the machine must leave, and what every end of the process must.
  [[nodiscard]] std::uint64_t synced() const noexcept { return synced_; }
  [[nodiscard]] std::uint64_t written() const noexcept { return written_; }

  /// The machine lost power: what was not synced need not be there any more.
  void lose_power() noexcept { written_ = synced_; }
  /// The store was opened and holds everything up to `last`: what lies behind is gone, the rest is
  /// durable.
  void recovered(std::uint64_t last);

  /// Somebody saves a named checkpoint: from now on it may be there.
  void begin_checkpoint(const std::string& consumer, std::uint64_t at) {
    checkpoints_[consumer].begun.push_back(at);
  }
  /// And was told that it is saved: it must be, and nothing older comes back.
  void end_checkpoint(const std::string& consumer, std::uint64_t at) {
    checkpoints_[consumer] = {.saved = at, .begun = {}};
  }
  /// Checkpoints are those of another moment now.
  void exchange_checkpoints(const store_model& of) { checkpoints_ = of.checkpoints_; }
  /// Whether that may be what stands there under this name; nullopt: nothing.
  [[nodiscard]] bool may_be_checkpoint(const std::string& consumer,
                                       std::optional<std::uint64_t> found) const;
  [[nodiscard]] std::vector<std::string> consumers() const;

  [[nodiscard]] std::uint64_t last() const noexcept { return log_.size(); }
  [[nodiscard]] const stored_event& at(std::uint64_t position) const { return log_[position - 1]; }
  [[nodiscard]] const std::vector<commit>& commits() const noexcept { return commits_; }
  /// True if a commit ends at this position, or it is 0.
  [[nodiscard]] bool is_boundary(std::uint64_t last) const;

  [[nodiscard]] const std::map<std::string, std::vector<std::uint64_t>, std::less<>>& streams()
      const noexcept {
    return streams_;
  }
  /// The positions of a stream's events up to `last`.
  [[nodiscard]] std::vector<std::uint64_t> stream(std::string_view name, std::uint64_t last) const;
  [[nodiscard]] stream_info info_of(std::string_view name, std::uint64_t last) const;

 private:
  struct named_checkpoint {
    std::optional<std::uint64_t> saved;
    std::vector<std::uint64_t> begun;  ///< Nobody was told what became of these.
  };
  [[nodiscard]] std::optional<verdict> judge_duplicates(const append_request& request) const;
  [[nodiscard]] const stored_event* find(std::string_view stream, const event_id& id) const;

  std::vector<stored_event> log_;
  std::vector<commit> commits_;
  std::map<std::string, std::vector<std::uint64_t>, std::less<>> streams_;
  std::map<std::string, named_checkpoint> checkpoints_;
  std::uint64_t synced_ = 0;
  std::uint64_t written_ = 0;
};

/// Same type, content, tags and metadata.
[[nodiscard]] bool is_same_event(const event_data& left, const event_data& right);
[[nodiscard]] bool is_same_outcome(const append_outcome& left, const append_outcome& right);

}  // namespace mainstem::test_support
