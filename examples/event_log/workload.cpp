// SPDX-License-Identifier: Apache-2.0
#include "workload.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace event_log {
namespace {

constexpr std::uint64_t file_magic = 0x31776f726b6c6f61;

struct file_header {
  std::uint64_t magic = file_magic;
  std::uint64_t rows = 0;
  std::uint64_t streams = 0;
  std::uint64_t types = 0;
  std::uint64_t texts = 0;
  std::uint64_t has_counter = 0;
  store_settings settings;

  [[nodiscard]] std::uint64_t file_size() const {
    return sizeof(file_header) + rows * sizeof(row) + (streams + types) * sizeof(text_place) +
           texts;
  }
};

/// Takes `count` objects off the front of the bytes of a mapped file.
template <class T>
std::span<const T> take(const std::byte*& at, std::uint64_t count) {
  const auto* const first = reinterpret_cast<const T*>(at);
  at += count * sizeof(T);
  return {first, count};
}

store_settings settings_for(const std::vector<row>& rows, std::uint64_t seed) {
  std::uint64_t bytes = 0;
  std::uint64_t largest = 0;
  for (const row& each : rows) {
    bytes += each.payload.size + 160;
    largest = std::max(largest, each.payload.size + 2048);
  }
  constexpr std::uint64_t block = 4096;
  constexpr std::uint64_t least = 64U << 10U;
  constexpr std::uint64_t most = 64U << 20U;
  // A commit may take half a segment.
  const std::uint64_t wanted = std::max(std::min(bytes / 64, most), std::max(least, 2 * largest));
  return {.seed = seed,
          .segment_size_bytes = (wanted + block - 1) / block * block,
          .index_flush_events = std::clamp<std::uint64_t>(rows.size() / 64, 1024, 256U << 10U),
          .index_flush_milliseconds = 500};
}

}  // namespace

mainstem::event_id event_id_of(std::uint64_t seed, std::uint64_t index) {
  const std::array<std::uint64_t, 2> source{seed, index};
  const XXH128_hash_t hash = XXH3_128bits(source.data(), sizeof(source));
  mainstem::uuid::bytes_type bytes{};
  std::memcpy(bytes.data(), &hash.low64, 8);
  std::memcpy(bytes.data() + 8, &hash.high64, 8);
  bytes[6] =
      (bytes[6] & std::byte{0x0f}) | std::byte{0x80};  // Version 8: made in a way of our own.
  bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  return mainstem::event_id(bytes);
}

std::uint32_t workload_builder::name_table::number(std::string_view name, std::string& texts) {
  const auto [found, added] =
      numbers_.try_emplace(std::string(name), static_cast<std::uint32_t>(places.size()));
  if (added) {
    places.push_back({texts.size(), name.size()});
    texts += name;
  }
  return found->second;
}

void workload_builder::add(row added, std::string_view payload) {
  added.payload = {texts_.size(), payload.size()};
  texts_ += payload;
  rows_.push_back(added);
}

void workload_builder::finish(std::uint64_t seed) {
  std::ranges::stable_sort(rows_, {}, &row::time);
  std::vector<std::uint32_t> versions(streams_.places.size());
  for (row& each : rows_) each.version = ++versions[each.stream];
  settings_ = settings_for(rows_, seed);
}

workload_view workload_builder::view() const {
  return {rows_, streams_.places, types_.places, texts_, settings_, has_counter_};
}

outcome<void> save_workload(const workload_view& view, const std::string& path) {
  file_header header;
  header.rows = view.rows.size();
  header.streams = view.streams.size();
  header.types = view.types.size();
  header.texts = view.texts.size();
  header.has_counter = view.has_counter ? 1 : 0;
  header.settings = view.settings;
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  const auto put = [&out](const void* bytes, std::size_t size) {
    out.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
  };
  put(&header, sizeof(header));
  put(view.rows.data(), view.rows.size_bytes());
  put(view.streams.data(), view.streams.size_bytes());
  put(view.types.data(), view.types.size_bytes());
  put(view.texts.data(), view.texts.size());
  out.close();
  if (!out) return failure(path + ": cannot be written: " + std::strerror(errno));
  return {};
}

outcome<mapped_workload> mapped_workload::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return bad_input(path + ": " + std::strerror(errno));
  struct stat found {};
  void* bytes = MAP_FAILED;
  if (::fstat(fd, &found) == 0 && found.st_size >= static_cast<off_t>(sizeof(file_header)))
    bytes = ::mmap(nullptr, static_cast<std::size_t>(found.st_size), PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  const auto size = static_cast<std::size_t>(found.st_size);
  if (bytes == MAP_FAILED) return bad_input(path + ": not the rows of a run");

  mapped_workload workload;
  workload.mapping_.reset(bytes, [size](const void* at) { ::munmap(const_cast<void*>(at), size); });
  const auto* at = static_cast<const std::byte*>(bytes);
  const file_header header = take<file_header>(at, 1).front();
  if (header.magic != file_magic || header.file_size() != size)
    return bad_input(path + ": not the rows of a run");
  workload_view& view = workload.view_;
  view.rows = take<row>(at, header.rows);
  view.streams = take<text_place>(at, header.streams);
  view.types = take<text_place>(at, header.types);
  view.texts = {reinterpret_cast<const char*>(at), header.texts};
  view.settings = header.settings;
  view.has_counter = header.has_counter != 0;
  return workload;
}

}  // namespace event_log
