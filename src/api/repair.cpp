// SPDX-License-Identifier: Apache-2.0
#include <mainstem/repair.h>

#include "api/real_surroundings.h"
#include "engine/store_repair.h"

namespace mainstem {

result<repair_report> repair(const std::filesystem::path& from, const std::filesystem::path& to,
                             const repair_options& options) {
  return engine::repair_store(from.string(), to.string(), options, detail::real_surroundings());
}

}  // namespace mainstem
