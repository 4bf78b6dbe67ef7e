// SPDX-License-Identifier: Apache-2.0
#include "api/store_options.h"

#include <string>

namespace mainstem::detail {
namespace {

result<void> check_range(const char* name, std::uint64_t value, std::uint64_t least,
                         std::uint64_t most) {
  if (value >= least && value <= most) return {};
  return error(errc::invalid_argument, std::string("option ") + name + " is " +
                                           std::to_string(value) + ", and must be from " +
                                           std::to_string(least) + " to " + std::to_string(most));
}

result<void> check_interval(const char* name, std::chrono::milliseconds value,
                            std::uint64_t least) {
  constexpr std::uint64_t hour = 3'600'000;
  // A negative interval becomes a very large number, which is out of range as well.
  return check_range(name, static_cast<std::uint64_t>(value.count()), least, hour);
}

}  // namespace

result<void> check_options(const store_options& options) {
  constexpr std::uint64_t segment_granule = 4096;
  for (const auto& checked :
       {check_range("segment_size_bytes", options.segment_size_bytes, 64U << 10U,
                    std::uint64_t{4} << 30U),
        check_range("segment_size_bytes modulo 4096", options.segment_size_bytes % segment_granule,
                    0, 0),
        check_range("queue_bytes", options.queue_bytes, 1U << 20U, std::uint64_t{1} << 40U),
        check_range("index_flush_events", options.index_flush_events, 1024, 16U << 20U),
        check_range("index_readers", options.index_readers, 4, 65'536),
        check_range("reader_threads", options.reader_threads, 1, 64),
        check_interval("buffered_sync_interval", options.buffered_sync_interval, 1),
        check_interval("index_flush_interval", options.index_flush_interval, 10),
        check_interval("mark_interval", options.mark_interval, 1)}) {
    if (!checked) return checked;
  }
  return {};
}

}  // namespace mainstem::detail
