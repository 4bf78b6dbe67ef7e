// SPDX-License-Identifier: Apache-2.0
#include "engine/backup_marker.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <vector>

#include "base/bytes.h"
#include "base/checksum.h"
#include "log/segment_files.h"

namespace mainstem::engine {
namespace {

constexpr std::string_view first_line = "mainstem-backup 1\n";

std::string in_hex(std::uint64_t number) {
  std::array<char, 17> text{};
  static_cast<void>(
      std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(number)));
  return text.data();
}

/// The value of a line that begins with `name`; takes the line off.
std::optional<std::string_view> take_line(std::string_view& text, std::string_view name) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(name) || text.size() <= name.size() ||
      text[name.size()] != ' ')
    return std::nullopt;
  const auto value = text.substr(name.size() + 1, end - name.size() - 1);
  text.remove_prefix(end + 1);
  return value;
}

std::optional<std::uint64_t> parse_number(std::optional<std::string_view> text, int base) {
  if (!text) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, failure] =
      std::from_chars(text->data(), text->data() + text->size(), number, base);
  if (failure != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return number;
}

}  // namespace

std::string encode_backup_marker(const backup_marker& marker) {
  std::string text(first_line);
  text += "store " + marker.store_id.to_string() + "\n";
  text += "lineage " + marker.lineage_id.to_string() + "\n";
  text += "position " + std::to_string(marker.up_to.value()) + "\n";
  text += "digest " + in_hex(marker.log_digest) + "\n";
  return text + "checksum " + in_hex(checksum64(as_bytes(text))) + "\n";
}

result<backup_marker> decode_backup_marker(std::string_view text) {
  const error damaged(errc::corrupt_data, "the file does not carry its checksum");
  const std::size_t checked = text.rfind("checksum ");
  if (checked == std::string_view::npos || !text.starts_with(first_line)) return damaged;
  std::string_view last = text.substr(checked);
  if (parse_number(take_line(last, "checksum"), 16) !=
      checksum64(as_bytes(text.substr(0, checked))))
    return damaged;
  text.remove_prefix(first_line.size());
  const auto store = take_line(text, "store");
  const auto lineage = take_line(text, "lineage");
  const auto up_to = parse_number(take_line(text, "position"), 10);
  const auto digest = parse_number(take_line(text, "digest"), 16);
  if (!store || !lineage || !up_to || !digest) return damaged;
  auto store_id = uuid::parse(*store);
  auto lineage_id = uuid::parse(*lineage);
  if (!store_id || !lineage_id) return damaged;
  return backup_marker{*store_id, *lineage_id, position(*up_to), *digest};
}

result<std::optional<backup_marker>> read_backup_marker(os::directory& folder) {
  auto file = folder.open_file(backup_marker_name, os::open_mode::read_only);
  if (!file) {
    if (os::is_missing(file.error())) return std::optional<backup_marker>();
    return file.error();
  }
  std::array<std::byte, 4096> bytes;
  auto got = (*file)->read_at(0, bytes);
  if (!got) return got.error();
  auto marker = decode_backup_marker(as_text(std::span<const std::byte>(bytes).first(*got)));
  if (marker) return std::optional(*marker);
  return error(marker.error().code(), error_info{.detail = marker.error().info().detail +
                                                           ": make a new backup in another folder",
                                                 .path = (*file)->path()});
}

result<void> write_small_file(os::directory& folder, std::string_view name,
                              std::string_view content) {
  const std::string aside = std::string(name) + std::string(log::aside_suffix);
  if (auto removed = folder.remove(aside); !removed && !os::is_missing(removed.error()))
    return removed;
  auto file = folder.open_file(aside, os::open_mode::create_new);
  if (!file) return file.error();
  if (auto written = (*file)->write_at(0, as_bytes(content)); !written) return written;
  if (auto synced = (*file)->sync(); !synced) return synced;
  if (auto renamed = folder.rename(aside, name); !renamed) return renamed;
  return folder.sync();
}

result<void> write_backup_marker(os::directory& folder, const backup_marker& marker) {
  return write_small_file(folder, backup_marker_name, encode_backup_marker(marker));
}

}  // namespace mainstem::engine
