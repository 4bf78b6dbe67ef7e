// SPDX-License-Identifier: Apache-2.0
#include <mainstem/version.h>

namespace mainstem {

std::string_view library_version() noexcept { return header_version; }
int library_version_number() noexcept { return header_version_number; }

}  // namespace mainstem
