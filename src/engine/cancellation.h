// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>

#include <boost/system/errc.hpp>

#include <mainstem/error.h>

namespace mainstem::engine {

/// Errors: operation_aborted of the system, if a stop was requested.
[[nodiscard]] inline result<void> check_stop(const std::stop_token& stop) {
  if (!stop.stop_requested()) return {};
  return error(boost::system::error_code(static_cast<int>(boost::system::errc::operation_canceled),
                                         boost::system::system_category()));
}

[[nodiscard]] inline bool is_stopped(const error& why) noexcept {
  return why.code() == boost::system::errc::operation_canceled;
}

}  // namespace mainstem::engine
