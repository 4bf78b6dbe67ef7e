// SPDX-License-Identifier: Apache-2.0
#include "engine/store_folder.h"

#include "engine/published_log.h"
#include "index/kept_state.h"

namespace mainstem::engine {

result<std::shared_ptr<os::directory>> open_store_folder(os::disk& disk, const std::string& path,
                                                         bool create) {
  auto folder = disk.open_directory(path, create);
  if (!folder && os::is_missing(folder.error()))
    return error(errc::store_not_found, error_info{.path = path});
  return folder;
}

error as_state_error(const error& failure, const std::string& store_path) {
  return index::as_state_error(failure, store_path + "/" + std::string(state_name));
}

bool index_is_useless(const error& why) noexcept {
  return why == errc::corrupt_index || why == errc::foreign_file || why == errc::unsupported_format;
}

bool has_to_be_made_anew(const error& why) noexcept {
  return os::is_damage(why) || why == errc::unsupported_format;
}

log::read_access access_of(const store_options& options) noexcept {
  return options.read_mode == read_mode::mapped ? log::read_access::mapped
                                                : log::read_access::copied;
}

store_info describe(const published_log& log) {
  store_info info;
  info.store_id = log.store().store_id;
  info.lineage_id = log.store().lineage_id;
  info.durable = log.durable();
  info.written = log.written();
  const auto segments = log.segments();
  info.segments = segments->size();
  for (const auto& segment : *segments) info.log_bytes += segment->end_offset();
  if (auto size = log.index()->size_bytes()) info.index_bytes = *size;
  return info;
}

}  // namespace mainstem::engine
