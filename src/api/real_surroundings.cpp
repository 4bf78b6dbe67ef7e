// SPDX-License-Identifier: Apache-2.0
#include "api/real_surroundings.h"

#include "base/clock.h"
#include "index/lmdb_environment.h"
#include "os/posix_disk.h"

namespace mainstem::detail {

engine::surroundings real_surroundings(std::uint32_t index_readers) {
  static os::posix_disk disk;
  return {.disk = disk,
          .make_index_provider = [index_readers](std::shared_ptr<os::directory> folder)
              -> std::unique_ptr<index::environment_provider> {
            return std::make_unique<index::lmdb_provider>(
                std::move(folder), index::lmdb_options{.most_readers = index_readers});
          },
          .clock = system_clock_source(),
          .random = system_random_source()};
}

}  // namespace mainstem::detail
