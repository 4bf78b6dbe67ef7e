// SPDX-License-Identifier: Apache-2.0
#include <mainstem/backup.h>

#include "api/real_surroundings.h"
#include "engine/store_backup.h"

namespace mainstem {

result<backup_report> backup(const std::filesystem::path& from, const std::filesystem::path& to,
                             const backup_options& options) {
  return engine::backup_store(from.string(), to.string(), options, detail::real_surroundings());
}

result<restore_report> restore(const std::filesystem::path& from, const std::filesystem::path& to,
                               const restore_options& options) {
  return engine::restore_store(from.string(), to.string(), options, detail::real_surroundings());
}

}  // namespace mainstem
