// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "disk_support.h"
#include "os/simulated_disk.h"

namespace mainstem::os::test {

inline constexpr std::size_t granule = 512;

/// A simulated disk with a durable, empty directory "d" on it.
struct simulated_folder {
  simulated_folder() : folder(disk.open_directory("d", true).value()) {}

  std::shared_ptr<file> create(std::string_view name) const {
    return folder->open_file(name, open_mode::create_new).value();
  }
  /// With content and entry durable.
  std::shared_ptr<file> create_durable(std::string_view name, std::string_view text) const {
    auto made = create(name);
    write_text(*made, 0, text);
    EXPECT_TRUE(made->sync());
    EXPECT_TRUE(folder->sync());
    return made;
  }

  simulated_disk disk;
  std::shared_ptr<directory> folder;
};

/// What is readable in a file of "d"; "(none)" if it is not there.
inline std::string text_in(const simulated_disk& disk, const std::string& name) {
  const auto files = disk.files();
  const auto found = files.find("d/" + name);
  return found == files.end() ? "(none)" : text_of(found->second);
}

/// A text of whole granules, one letter each: "ab" is 512 times a, then 512 times b.
inline std::string granules(std::string_view letters) {
  std::string text;
  for (const char letter : letters) text.append(granule, letter);
  return text;
}

/// The reverse of granules(): `?` for a granule that is a mixture, `0` for zeros, in brackets what
/// is left.
inline std::string letters_of(const std::string& text) {
  std::string letters;
  for (std::size_t at = 0; at < text.size(); at += granule) {
    const std::string_view part = std::string_view(text).substr(at, granule);
    const bool whole = part.find_first_not_of(part.front()) == std::string_view::npos;
    letters += !whole ? '?' : part.front() == '\0' ? '0' : part.front();
    if (part.size() < granule) letters += "(" + std::to_string(part.size()) + ")";
  }
  return letters;
}

}  // namespace mainstem::os::test
