// SPDX-License-Identifier: Apache-2.0
#include "log/manifest_file.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/mutant.h"
#include "log/segment.h"
#include "log/segment_files.h"

namespace mainstem::log {
namespace {

result<void> write_manifest(os::directory& folder, const std::string& name,
                            std::span<const std::byte> bytes) {
  const std::string aside = name + std::string(aside_suffix);
  auto file = folder.open_file(aside, os::open_mode::create_new);
  if (!file && file.error().code() == boost::system::errc::file_exists) {
    if (auto removed = folder.remove(aside); !removed) return removed;
    file = folder.open_file(aside, os::open_mode::create_new);
  }
  if (!file) return file.error();
  if (auto written = (*file)->write_at(0, bytes); !written) return written;
  if (MAINSTEM_MUTANT(manifest_renamed_before_sync)) return folder.rename(aside, name);
  if (auto synced = (*file)->sync(); !synced) return synced;
  if (auto renamed = folder.rename(aside, name); !renamed) return renamed;
  return folder.sync();
}

result<bool> has_segments(os::directory& folder) {
  auto log = folder.open_directory(log_folder_name, false);
  if (!log) {
    if (os::is_missing(log.error())) return false;
    return log.error();
  }
  auto names = (*log)->list();
  if (!names) return names.error();
  return std::any_of(names->begin(), names->end(), [](const std::string& name) {
    return parse_segment_file_name(name).has_value();
  });
}

error nothing_found(os::directory& folder) {
  auto segments = has_segments(folder);
  if (!segments) return segments.error();
  if (*segments) {
    return {errc::corrupt_manifest,
            error_info{.detail = "there are segments, but no manifest", .path = folder.path()}};
  }
  return {errc::store_not_found, error_info{.path = folder.path()}};
}

}  // namespace

result<std::optional<format::manifest>> read_manifest_file(os::directory& folder,
                                                           const std::string& name) {
  auto file = folder.open_file(name, os::open_mode::read_only);
  if (!file) {
    if (os::is_missing(file.error())) return std::optional<format::manifest>();
    return file.error();
  }
  std::vector<std::byte> bytes(format::manifest_bytes_limit);
  auto got = (*file)->read_at(0, bytes);
  if (!got) return got.error();
  auto fields = format::decode_manifest(std::span<const std::byte>(bytes).first(*got));
  if (fields) return std::optional(std::move(*fields));
  error_info info = fields.error().info();
  info.path = (*file)->path();
  return error(fields.error().code(), std::move(info));
}

result<void> create_manifest(os::directory& store_folder, const format::manifest& fields) {
  const auto bytes = format::encode_manifest(fields);
  // The copy first: a store that has its manifest has both.
  for (const char* name : {manifest_copy_name, manifest_name}) {
    if (auto written = write_manifest(store_folder, name, bytes); !written)
      return with_disk_full(written.error());
  }
  return {};
}

result<format::manifest> read_manifest(os::directory& store_folder, bool repair) {
  auto first = read_manifest_file(store_folder, manifest_name);
  if (!first && first.error() != errc::corrupt_manifest) return first.error();
  auto copy = read_manifest_file(store_folder, manifest_copy_name);
  if (!copy && copy.error() != errc::corrupt_manifest) return copy.error();

  const bool first_holds = first && *first;
  const bool copy_holds = copy && *copy;
  if (!first_holds && !copy_holds) {
    if (!first) return first.error();
    if (!copy) return copy.error();
    return nothing_found(store_folder);
  }
  format::manifest fields = first_holds ? **first : **copy;
  if (repair && first_holds != copy_holds) {
    const char* const name = first_holds ? manifest_copy_name : manifest_name;
    static_cast<void>(write_manifest(store_folder, name, format::encode_manifest(fields)));
  }
  return fields;
}

}  // namespace mainstem::log
