// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <boost/system/error_code.hpp>

#include <mainstem/error.h>

namespace mainstem::index {

/// Codes of LMDB that have no better name, as mdb_strerror says them.
[[nodiscard]] const boost::system::error_category& lmdb_category() noexcept;

/// What LMDB's return code `code` (not 0) means, for the environment in the folder `path`.
[[nodiscard]] error lmdb_failure(int code, std::string_view doing, const std::string& path);

}  // namespace mainstem::index
