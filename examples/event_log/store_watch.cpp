// SPDX-License-Identifier: Apache-2.0
#include "store_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <memory>

namespace event_log {

namespace fs = std::filesystem;

namespace {

constexpr std::streamsize page_bytes = 4096;
constexpr std::size_t meta_pages_bytes = 2 * page_bytes;
constexpr std::size_t first_position_offset = 88;

std::vector<char> first_bytes(const fs::path& file, std::size_t count) {
  std::vector<char> bytes(count);
  std::ifstream in(file, std::ios::binary);
  in.read(bytes.data(), static_cast<std::streamsize>(count));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

/// LMDB never writes a page of zeros; space that is taken for the file looks like that.
bool is_empty(const std::vector<char>& page) {
  return std::ranges::all_of(page, [](char byte) { return byte == 0; });
}

/// 0 if there is no header.
std::uint64_t first_position_of(const fs::path& segment) {
  const std::vector<char> bytes = first_bytes(segment, first_position_offset + 8);
  std::uint64_t position = 0;
  if (bytes.size() != first_position_offset + 8) return 0;
  for (std::size_t i = 8; i-- > 0;)
    position = position << 8U | static_cast<unsigned char>(bytes[first_position_offset + i]);
  return position;
}

}  // namespace

file_events::file_events() : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

file_events::~file_events() {
  if (fd_ >= 0) ::close(fd_);
}

void file_events::watch_bytes_of(const fs::path& file) {
  ::inotify_add_watch(fd_, file.c_str(), IN_MODIFY);
}

void file_events::watch_names_in(const fs::path& folder) {
  ::inotify_add_watch(fd_, folder.c_str(), IN_CREATE | IN_MOVED_TO);
}

void file_events::wait(std::chrono::milliseconds longest) {
  pollfd waiting{fd_, POLLIN, 0};
  ::poll(&waiting, 1, static_cast<int>(longest.count()));
  // What changed is looked up in the files themselves.
  std::array<char, 65536> passed_over{};
  while (fd_ >= 0 && ::read(fd_, passed_over.data(), passed_over.size()) > 0) {
  }
}

void segment_watch::look(file_events* events) {
  without_header_.clear();
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder_, ec)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".log")) continue;
    const auto [found, added] = first_positions_.try_emplace(name, 0);
    if (found->second == 0) found->second = first_position_of(entry.path());
    if (found->second != 0) continue;
    without_header_.push_back(entry.path());
    if (added && events != nullptr) events->watch_bytes_of(entry.path());
  }
}

std::string segment_watch::newest() const {
  std::string last;
  for (const auto& [name, first_position] : first_positions_)
    if (first_position != 0) last = name;
  return last;
}

void segment_watch::arm(file_events& events) {
  first_positions_.clear();
  events.watch_names_in(folder_);
  look(&events);
  newest_when_armed_ = newest();
}

bool segment_watch::change_begun(file_events& events) {
  // The files that it can be come first: microseconds count.
  for (const fs::path& file : without_header_)
    if (first_position_of(file) != 0) return true;
  look(&events);
  return newest() > newest_when_armed_;
}

bool segment_watch::died_in_change(std::uint64_t last_acknowledged_position) {
  look(nullptr);
  const std::string last = newest();
  return last > newest_when_armed_ && first_positions_[last] > last_acknowledged_position;
}

index_watch::state index_watch::look() const {
  state now;
  struct stat found {};
  if (::stat(file_.c_str(), &found) == 0) {
    now.size = static_cast<std::uint64_t>(found.st_size);
    now.changed_at_nanoseconds = found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec;
  }
  now.meta_pages = first_bytes(file_, meta_pages_bytes);
  return now;
}

std::uint64_t index_watch::digest() const {
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> hash(XXH3_createState(),
                                                                             &XXH3_freeState);
  XXH3_64bits_reset(hash.get());
  std::ifstream in(file_, std::ios::binary);
  std::vector<char> page(page_bytes);
  for (std::uint64_t number = 0; in.read(page.data(), page_bytes) || in.gcount() > 0; ++number) {
    page.resize(static_cast<std::size_t>(in.gcount()));
    if (is_empty(page)) continue;
    XXH3_64bits_update(hash.get(), &number, sizeof(number));
    XXH3_64bits_update(hash.get(), page.data(), page.size());
  }
  return XXH3_64bits_digest(hash.get());
}

bool index_watch::has_only_grown_longer() const {
  std::ifstream in(file_, std::ios::binary);
  in.seekg(-page_bytes, std::ios::end);
  std::vector<char> page(page_bytes);
  return in.read(page.data(), page_bytes) && is_empty(page);
}

void index_watch::remember() {
  armed_ = look();
  armed_digest_ = digest();
}

void index_watch::arm(file_events& events) {
  events.watch_bytes_of(file_);
  remember();
}

bool index_watch::flush_begun() {
  const state now = look();
  if (now.meta_pages != armed_.meta_pages || (now.size > armed_.size && has_only_grown_longer())) {
    remember();
    return false;
  }
  return now.size != armed_.size || now.changed_at_nanoseconds != armed_.changed_at_nanoseconds;
}

bool index_watch::died_in_flush() const {
  return !armed_.meta_pages.empty() && look().meta_pages == armed_.meta_pages &&
         digest() != armed_digest_;
}

}  // namespace event_log
