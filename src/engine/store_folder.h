// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <mainstem/error.h>
#include <mainstem/store_info.h>
#include <mainstem/store_options.h>

#include "log/segment.h"
#include "os/file.h"

/// What whoever opens a store knows of its folder, for writing or for reading along.
namespace mainstem::engine {

class published_log;

/// Environments in the folder: the index, and what cannot be made anew from the log.
inline constexpr std::string_view index_name = "index";
inline constexpr std::string_view state_name = "state";

/// The same, with its place in the store's folder.
[[nodiscard]] error as_state_error(const error& failure, const std::string& store_path);

/// Locked by the one writer.
inline constexpr std::string_view lock_name = "lock";

/// Errors: store_not_found instead of the system's own.
[[nodiscard]] result<std::shared_ptr<os::directory>> open_store_folder(os::disk& disk,
                                                                       const std::string& path,
                                                                       bool create);

/// True for errors of an index that can only be thrown away.
[[nodiscard]] bool index_is_useless(const error& why) noexcept;
/// True for what says that something derived from the log is of no use as it stands on the disk:
/// damage, and what a newer version wrote. False for what this process lacks.
[[nodiscard]] bool has_to_be_made_anew(const error& why) noexcept;

[[nodiscard]] log::read_access access_of(const store_options& options) noexcept;

/// What store_info says of the log and its index; `indexed` is left out.
[[nodiscard]] store_info describe(const published_log& log);

}  // namespace mainstem::engine
