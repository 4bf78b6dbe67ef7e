// SPDX-License-Identifier: Apache-2.0
#include <mainstem/inspect.h>

#include "api/real_surroundings.h"
#include "engine/store_dump.h"
#include "engine/store_inspector.h"

namespace mainstem {

result<store_description> describe_store(const std::filesystem::path& path) {
  return engine::describe_store(path.string(), detail::real_surroundings());
}

result<dump_result> dump_segment(const std::filesystem::path& path, std::uint32_t number) {
  return engine::store_dump(path.string(), detail::real_surroundings().disk).segment(number);
}

result<dump_result> dump_frame(const std::filesystem::path& path, std::uint32_t number,
                               std::uint64_t offset, const dump_options& options) {
  return engine::store_dump(path.string(), detail::real_surroundings().disk, options)
      .frame(number, offset);
}

result<dump_result> dump_event(const std::filesystem::path& path, position at,
                               const dump_options& options) {
  return engine::store_dump(path.string(), detail::real_surroundings().disk, options).event(at);
}

}  // namespace mainstem
