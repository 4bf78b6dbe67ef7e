// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "os/simulated_disk.h"
#include "support/log_builder.h"

namespace mainstem::test {

inline constexpr const char* log_folder = "store/log";

[[nodiscard]] inline std::string log_path(std::uint32_t number) {
  return std::string(log_folder) + "/" + log::segment_file_name(number);
}

[[nodiscard]] inline std::shared_ptr<os::directory> open_log_folder(os::simulated_disk& disk) {
  return disk.open_directory(log_folder, true).value();
}

/// What a program finds that opens the log on this disk.
struct opened_log {
  result<log::recovered_log> log;
  event_map events;
};

[[nodiscard]] inline result<log::recovered_log> recover_on(
    os::simulated_disk& disk, const log::recovery_request& request = {},
    const log_builder_options& options = {}) {
  fake_clock clock;
  auto folder = disk.open_directory(log_folder, true);
  if (!folder) return folder.error();
  log::segment_files files(*folder, options.store,
                           {options.segment_size_bytes, options.preparation, options.access},
                           clock);
  return log::recover(files, request);
}

[[nodiscard]] inline opened_log open_log(os::simulated_disk& disk,
                                         const log::recovery_request& request = {},
                                         const log_builder_options& options = {}) {
  opened_log opened{recover_on(disk, request, options), {}};
  if (opened.log) opened.events = read_events(opened.log->segments, options.store).value();
  return opened;
}

/// Gives a frame another first position, and the checksum to that.
inline void renumber_frame(os::file& file, const built_frame& frame, std::uint64_t first_position) {
  std::vector<std::byte> bytes(frame.length);
  ASSERT_EQ(file.read_at(frame.offset, bytes).value(), bytes.size());
  auto prefix = format::decode_prefix(bytes, a_store().secret, frame.offset);
  ASSERT_TRUE(prefix);
  prefix->first_position = first_position;
  format::encode_prefix(*prefix, std::span(bytes).first(format::prefix_bytes(prefix->stream_count)),
                        a_store().secret, frame.offset);
  ASSERT_TRUE(file.write_at(frame.offset, bytes));
}

/// The events of `all` up to and with `last`.
[[nodiscard]] inline event_map up_to(const event_map& all, std::uint64_t last) {
  return {all.begin(), all.upper_bound(last)};
}

/// True if `found` is what `all` begins with, and reaches at least to `durable`.
[[nodiscard]] inline ::testing::AssertionResult is_prefix(const event_map& found,
                                                          const event_map& all,
                                                          std::uint64_t durable) {
  const std::uint64_t last = found.empty() ? 0 : found.rbegin()->first;
  if (last < durable) {
    return ::testing::AssertionFailure() << "durable up to " << durable << ", found up to " << last;
  }
  if (found != up_to(all, last))
    return ::testing::AssertionFailure() << "the events up to " << last << " differ";
  return ::testing::AssertionSuccess();
}

}  // namespace mainstem::test
