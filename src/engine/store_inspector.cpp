// SPDX-License-Identifier: Apache-2.0
#include "engine/store_inspector.h"

#include <array>

#include "base/bytes.h"
#include "engine/environment_look.h"
#include "engine/store_folder.h"
#include "index/stream_index.h"
#include "log/control_look.h"
#include "log/file_window.h"
#include "log/log_listing.h"
#include "log/manifest_file.h"

namespace mainstem::engine {
namespace {

using time_point = std::chrono::sys_time<std::chrono::nanoseconds>;

time_point as_time(std::uint64_t unix_nanoseconds) noexcept {
  return time_point(std::chrono::nanoseconds(static_cast<std::int64_t>(unix_nanoseconds)));
}

result<void> describe_index(index::environment_provider& provider, const uuid& store_id,
                            store_description& into) {
  auto opened = look_into_index(provider, store_id);
  if (!opened) return opened.error();
  if (*opened == nullptr) return {};
  auto snapshot = (*opened)->snapshot();
  if (!snapshot) return snapshot.error();
  into.indexed = snapshot->flushed().last;
  if (auto size = (*opened)->size_bytes()) into.index_bytes = *size;
  return {};
}

std::string read_lock_holder(os::directory& folder) {
  auto file = folder.open_file(lock_name, os::open_mode::read_only);
  if (!file) return {};
  std::array<std::byte, 1024> bytes;
  auto got = (*file)->read_at(0, bytes);
  if (!got) return {};
  std::string line;
  for (const char each : as_text(std::span<const std::byte>(bytes).first(*got))) {
    if (each == '\n') {
      line += ", ";
    } else {
      line += each;
    }
  }
  if (line.ends_with(", ")) line.resize(line.size() - 2);
  return line;
}

}  // namespace

segment_description describe_segment(os::directory& log_folder, const format::store_identity& store,
                                     const log::listed_file& file) {
  segment_description found;
  found.number = file.number;
  found.size_bytes = file.size_bytes;
  auto opened = log_folder.open_file(file.name, os::open_mode::read_only);
  if (!opened) {
    found.failure = opened.error();
    return found;
  }
  log::file_window window(**opened, file.size_bytes, store.secret);
  if (!file.header) {
    const auto end = window.end_of_content(0);
    found.blank = end && *end == 0;
    if (found.blank) return found;
    const auto now = log::list_segment(log_folder, store, file.number);
    if (now && now->header) return describe_segment(log_folder, store, *now);
    found.failure = now ? now->failure : now.error();
    return found;
  }
  found.first_position = position(file.header->first_position);
  found.epoch = file.header->epoch;
  found.created = as_time(file.header->created);
  found.loss_accepted = file.header->loss_accepted();
  auto trailer = window.final_trailer();
  if (trailer && *trailer) {
    found.last_position = position((*trailer)->last_position);
    found.events = (*trailer)->event_count;
  }
  return found;
}

result<store_description> describe_store(const std::string& path, const surroundings& around) {
  auto folder = open_store_folder(around.disk, path, false);
  if (!folder) return folder.error();
  auto manifest = log::read_manifest(**folder, false);
  if (!manifest) return manifest.error();
  store_description found;
  found.store_id = manifest->store.store_id;
  found.lineage_id = manifest->store.lineage_id;
  found.parent_lineage_id = manifest->store.parent_lineage_id;
  found.created = as_time(manifest->created);
  found.writer_version = manifest->writer_version;

  auto log_folder = (*folder)->open_directory(log::log_folder_name, false);
  if (!log_folder) return log_folder.error();
  auto files = log::list_segments(**log_folder, manifest->store);
  if (!files) return files.error();
  for (const log::listed_file& file : *files) {
    found.segments.push_back(describe_segment(**log_folder, manifest->store, file));
    found.log_bytes += found.segments.back().size_bytes;
  }
  auto control = log::look_at_control(**folder, manifest->store);
  if (control && *control) found.durable = (*control)->durable.last;
  const auto provider = around.make_index_provider(*folder);
  auto indexed = describe_index(*provider, manifest->store.store_id, found);
  if (!indexed) found.index_failure = indexed.error();
  auto locked = (*folder)->is_locked(lock_name);
  found.is_locked = locked && *locked;
  found.lock_holder = read_lock_holder(**folder);
  return found;
}

}  // namespace mainstem::engine
