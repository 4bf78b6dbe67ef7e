// SPDX-License-Identifier: Apache-2.0
#include "engine/copy_target.h"

#include <algorithm>

#include "log/manifest_file.h"
#include "log/segment_files.h"

namespace mainstem::engine {
namespace {

/// Without what changes nothing: doubled and final slashes.
std::string plain(const std::string& path) {
  std::string out;
  for (const char each : path)
    if (each != '/' || out.empty() || out.back() != '/') out += each;
  if (out.empty() || out.back() != '/') out += '/';
  return out;
}

}  // namespace

result<std::shared_ptr<os::directory>> open_target(os::disk& disk, const std::string& from,
                                                   const std::string& to) {
  if (plain(to).starts_with(plain(from)) || plain(from).starts_with(plain(to))) {
    return error(
        errc::invalid_argument,
        error_info{.detail = "the target and the source lie one in the other: name a folder "
                             "of its own",
                   .path = to});
  }
  auto folder = disk.open_directory(to, true);
  if (!folder) return log::with_disk_full(folder.error());
  return folder;
}

result<void> expect_empty(os::directory& folder) {
  auto names = folder.list();
  if (!names) return names.error();
  if (names->empty()) return {};
  const auto has = [&](std::string_view name) {
    return std::ranges::find(*names, name) != names->end();
  };
  std::string detail = "the folder is not empty (it has `" + names->front() +
                       "`): name one that is, or that does not exist yet";
  if (has(log::log_folder_name) && !has(log::manifest_name) && !has(log::manifest_copy_name))
    detail += ". It has no manifest: if this is what a restore or a repair left, remove it";
  return error(errc::invalid_argument,
               error_info{.detail = std::move(detail), .path = folder.path()});
}

}  // namespace mainstem::engine
