// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <mainstem/store.h>

/// What the writers of these tests append. A stream's name and a version say everything about the
/// event that must stand there, so nobody has to keep a list of what was submitted.
///
/// Writer W has two streams: `writer-W`, and `audit-W`, which some of its commits write as well.
namespace mainstem::real_test {

inline constexpr std::uint64_t most_writers = 8;

/// Everything small and often: new segments, flushes, merges, marks and syncs in the background.
[[nodiscard]] store_options busy_options();

[[nodiscard]] std::string stream_of(std::uint64_t writer);
[[nodiscard]] std::string audit_of(std::uint64_t writer);
[[nodiscard]] event_data event_of(std::string_view stream, std::uint64_t version);

/// How many events the commit has that is appended when `writer-W` has this length; whether it
/// writes to `audit-W` as well; and whether it is buffered.
[[nodiscard]] std::uint64_t commit_size(std::uint64_t length);
[[nodiscard]] bool is_audited(std::uint64_t length);
[[nodiscard]] bool is_buffered(std::uint64_t length);

/// The commit that writer W appends when its streams have these lengths.
[[nodiscard]] append_request next_commit(std::uint64_t writer, std::uint64_t length,
                                         std::uint64_t audits);

/// The length of `audit-W` when `writer-W` has this length; nothing if no commit ends there.
[[nodiscard]] std::optional<std::uint64_t> audits_at(std::uint64_t length);

/// What a writer says about an append that was answered: `synced WRITER LENGTH POSITION`, or
/// `buffered`, with the length before it, and the positions of its first and last event.
struct acknowledgement {
  bool synced = false;
  std::uint64_t writer = 0;
  std::uint64_t length = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  [[nodiscard]] std::string line() const;
  [[nodiscard]] static std::optional<acknowledgement> parse(const std::string& line);
};

}  // namespace mainstem::real_test
