// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

#include <mainstem/store.h>

#include "workload.h"

namespace event_log {

/// How every process of a run opens the store.
[[nodiscard]] inline mainstem::store_options options_for(const store_settings& settings) {
  mainstem::store_options options;
  options.segment_size_bytes = settings.segment_size_bytes;
  options.index_flush_events = static_cast<std::size_t>(settings.index_flush_events);
  options.index_flush_interval = std::chrono::milliseconds(settings.index_flush_milliseconds);
  return options;
}

}  // namespace event_log
