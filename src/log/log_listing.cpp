// SPDX-License-Identifier: Apache-2.0
#include "log/log_listing.h"

#include <algorithm>
#include <span>
#include <utility>

#include "log/segment.h"

namespace mainstem::log {
namespace {

result<format::segment_header> read_header(os::directory& folder,
                                           const format::store_identity& store,
                                           listed_file& listed) {
  auto file = folder.open_file(listed.name, os::open_mode::read_only);
  if (!file) return file.error();
  auto size = (*file)->size();
  if (!size) return size.error();
  listed.size_bytes = *size;
  std::byte buffer[format::segment_header_layout::size];
  auto got = (*file)->read_at(0, buffer);
  if (!got) return got.error();
  auto header =
      format::decode_segment_header(std::span<const std::byte>(buffer).first(*got), store);
  if (!header) {
    error_info info = header.error().info();
    info.path = (*file)->path();
    return error(header.error().code(), std::move(info));
  }
  if (header->segment != listed.number) {
    return error(errc::missing_segment,
                 error_info{.detail = "the file is segment " + std::to_string(header->segment) +
                                      " under another name",
                            .path = (*file)->path()});
  }
  return header;
}

result<listed_file> look_at(os::directory& folder, const format::store_identity& store,
                            std::uint32_t number, std::string name) {
  listed_file file{.number = number, .name = std::move(name)};
  auto header = read_header(folder, store, file);
  if (header) {
    file.header = *header;
  } else if (os::is_damage(header.error())) {
    file.failure = header.error();
  } else {
    return header.error();
  }
  return file;
}

}  // namespace

result<std::vector<listed_file>> list_segments(os::directory& log_folder,
                                               const format::store_identity& store) {
  auto names = log_folder.list();
  if (!names) return names.error();
  std::vector<listed_file> files;
  for (std::string& name : *names) {
    const auto number = parse_segment_file_name(name);
    if (!number) continue;
    auto file = look_at(log_folder, store, *number, std::move(name));
    if (!file) return file.error();
    files.push_back(*std::move(file));
  }
  std::ranges::sort(files, {}, &listed_file::number);
  return files;
}

result<listed_file> list_again(os::directory& log_folder, const format::store_identity& store,
                               const listed_file& file) {
  return look_at(log_folder, store, file.number, file.name);
}

}  // namespace mainstem::log
