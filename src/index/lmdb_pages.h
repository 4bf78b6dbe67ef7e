// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mainstem/error.h>

#include "os/file.h"

namespace mainstem::index {

/// Looks at every page that the newest state of an LMDB data file leads to, without LMDB, which
/// trusts them: a damaged page can end the process. After it, reading cannot be led astray; what
/// the values say is not looked at. Another process may be writing: if the state was replaced
/// meanwhile, the new one is looked at instead. Errors: corrupt_index, with the offset of the page;
/// what reading fails with. Cost: reads the pages one by one; nothing is mapped.
[[nodiscard]] result<void> check_lmdb_pages(os::file& data);

}  // namespace mainstem::index
