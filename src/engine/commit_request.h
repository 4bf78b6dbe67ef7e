// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/container/small_vector.hpp>

#include <mainstem/append.h>
#include <mainstem/error.h>

#include "engine/head_cache.h"
#include "format/commit_body.h"
#include "index/tail.h"

namespace mainstem::engine {

class commit_group;

/// What an earlier commit has to do with a request that carries ids which may have been appended
/// before.
struct duplicate_finding {
  /// Everything up to here was searched.
  position searched_through;
  /// Set if something was found: already_committed or partial_duplicate.
  std::optional<append_outcome> answer;
  /// The last position that the answer rests on.
  position rests_on;
};

/// One append on its way: made by the caller, looked up by the caller, judged and answered by the
/// pipeline.
///
/// Lifetime: the append_request outlives it, but what it writes may be released once it was
/// prepared (event_access::release_writes()). It must not move once submitted.
struct commit_request {
  /// A stream that the request writes, or only requires.
  struct stream_check {
    const std::string* stream;  ///< Of one that is written: the name in `place`.
    expected_version expected;
    std::uint32_t events = 0;  ///< To write; 0 if it is only required.
    index::name_hash hash{};
    /// What the index says, if somebody looked: valid as long as everything above `index_through`
    /// is in memory.
    std::optional<head> from_index{};
    position index_through{};
    bool wants_lookup = false;
  };
  /// An event whose id may stand in the log already.
  struct suspect {
    std::size_t stream;  ///< Index into checks.
    event_id id;
  };
  struct duplicate_search {
    std::vector<suspect> suspects;
    std::optional<duplicate_finding> finding;  ///< If somebody looked.
  };

  const append_request* request = nullptr;
  mainstem::durability durability = durability::synced;
  boost::container::small_vector<stream_check, 1> checks;  ///< The writes, then the requirements.
  format::encoded_commit frame;                            ///< Empty if nothing is written.
  append_outcome::committed_t place;             ///< Of the answer: the streams' names until then.
  std::unique_ptr<duplicate_search> duplicates;  ///< Null: none of the ids can stand in the log.
  /// Set if no thread waits for the group: whoever finishes that passes the answer on to the owner,
  /// which the pipeline does not touch.
  void* owner = nullptr;

  /// Set by the pipeline; final once `answered`.
  std::optional<result<append_outcome>> answer;
  /// Which group answers it, if it is queued and a thread waits.
  std::shared_ptr<commit_group> group;

  [[nodiscard]] bool writes() const noexcept { return frame.length != 0; }

  /// Brings the suspects up to date: another append of the same event objects may have begun
  /// meanwhile, and been first. If there are more of them than before, they have to be looked up.
  void find_suspects();
};

/// Checks the request against all limits and encodes it: all that can be done without looking at
/// the store. Errors: of condition `invalid`.
[[nodiscard]] result<commit_request> prepare(const append_request& request, durability wanted,
                                             std::uint64_t secret,
                                             std::uint64_t segment_size_bytes);
/// The same in place.
/// @param made as made by its constructor; after an error it is of no use.
[[nodiscard]] result<void> prepare(commit_request& made, const append_request& request,
                                   durability wanted, std::uint64_t secret,
                                   std::uint64_t segment_size_bytes);

}  // namespace mainstem::engine
