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

}  // namespace

result<listed_file> list_segment(os::directory& log_folder, const format::store_identity& store,
                                 std::uint32_t number) {
  listed_file file{.number = number, .name = segment_file_name(number)};
  auto header = read_header(log_folder, store, file);
  if (header) {
    file.header = *header;
  } else if (os::is_damage(header.error())) {
    file.failure = header.error();
  } else {
    return header.error();
  }
  return file;
}

result<std::vector<listed_file>> list_segments(os::directory& log_folder,
                                               const format::store_identity& store) {
  auto names = log_folder.list();
  if (!names) return names.error();
  std::vector<listed_file> files;
  for (const std::string& name : *names) {
    const auto number = parse_segment_file_name(name);
    if (!number) continue;
    auto file = list_segment(log_folder, store, *number);
    if (!file) return file.error();
    files.push_back(*std::move(file));
  }
  std::ranges::sort(files, {}, &listed_file::number);
  return files;
}

}  // namespace mainstem::log
