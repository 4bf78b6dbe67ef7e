// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "index/lmdb_environment.h"
#include "os/posix_disk.h"

namespace mainstem::compat {
namespace {

constexpr std::size_t bytes_per_line = 32;

template <class Integer>
Integer parse_number(std::string_view text, int base) {
  Integer number{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size())
    throw std::runtime_error("a fixture has a number '" + std::string(text) + "'");
  return number;
}

byte_vector from_hex(std::string_view text) {
  byte_vector bytes;
  for (std::size_t at = 0; at < text.size(); at += 2)
    bytes.push_back(std::byte{parse_number<std::uint8_t>(text.substr(at, 2), 16)});
  return bytes;
}

void add_lines(std::string& text, const byte_vector& bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += bytes_per_line) {
    auto line = std::span(bytes).subspan(at, std::min(bytes_per_line, bytes.size() - at));
    while (!line.empty() && line.back() == std::byte{}) line = line.first(line.size() - 1);
    if (line.empty()) continue;
    char offset[17];
    const auto end = std::to_chars(offset, offset + sizeof(offset), at, 16).ptr;
    text.append(offset, end).append(" ").append(to_hex(line)).append("\n");
  }
}

}  // namespace

std::string to_hex(std::span<const std::byte> bytes) {
  constexpr const char* digits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += digits[std::to_integer<unsigned>(byte) >> 4U];
    text += digits[std::to_integer<unsigned>(byte) & 15U];
  }
  return text;
}

std::string fixture::to_text() const {
  std::string text;
  for (const auto& [path, bytes] : files) {
    text += "file " + path + " " + std::to_string(bytes.size()) + "\n";
    add_lines(text, bytes);
  }
  for (const auto& row : state) {
    text += "row " + std::to_string(static_cast<unsigned>(row.table)) + " " + to_hex(row.key) +
            " " + to_hex(row.value) + "\n";
  }
  return text;
}

fixture fixture::parse(std::string_view text) {
  fixture parsed;
  byte_vector* file = nullptr;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    std::string first;
    std::string second;
    std::string third;
    std::string fourth;
    words >> first >> second >> third >> fourth;
    if (first == "file") {
      file = &parsed.files[second];
      file->resize(parse_number<std::size_t>(third, 10));
    } else if (first == "row") {
      parsed.state.push_back({static_cast<index::table>(parse_number<std::uint8_t>(second, 10)),
                              from_hex(third), from_hex(fourth)});
    } else {
      const auto at = parse_number<std::size_t>(first, 16);
      const byte_vector bytes = from_hex(second);
      if (file == nullptr || at + bytes.size() > file->size())
        throw std::runtime_error("a fixture has bytes outside of a file");
      std::ranges::copy(bytes, file->begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  return parsed;
}

void fixture::write_to(const std::filesystem::path& folder) const {
  for (const auto& [path, bytes] : files) {
    const auto target = folder / path;
    std::filesystem::create_directories(target.parent_path());
    std::ofstream file(target, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) throw std::runtime_error("cannot write " + target.string());
  }
  os::posix_disk disk;
  index::lmdb_provider provider(disk.open_directory(folder.string(), true).value());
  const auto environment = provider.open("state").value();
  const auto writing = environment->begin_write().value();
  for (const auto& row : state) writing->put(row.table, row.key, row.value, false).value();
  writing->commit().value();
}

}  // namespace mainstem::compat
