// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace event_log {

/// Wakes up when watched files change (inotify).
class file_events {
 public:
  file_events();
  ~file_events();
  file_events(const file_events&) = delete;
  file_events& operator=(const file_events&) = delete;

  void watch_bytes_of(const std::filesystem::path& file);
  void watch_names_in(const std::filesystem::path& folder);
  /// Until something has changed, or the time is over.
  void wait(std::chrono::milliseconds longest);

 private:
  int fd_;
};

/// Sees from outside when a store begins a new segment.
///
/// A segment file is made ahead of use and holds zeros. Its header, which says which position the
/// segment begins with (docs/FORMAT.md: 8 bytes at offset 88), goes out together with its first
/// commits.
class segment_watch {
 public:
  explicit segment_watch(std::filesystem::path log_folder) : folder_(std::move(log_folder)) {}

  /// Remembers which segments have a header.
  void arm(file_events& events);
  /// A segment has got its header since arm().
  [[nodiscard]] bool change_begun(file_events& events);
  /// For a writer that is dead now: it had written the header of a new segment since arm(), and of
  /// what that segment holds nothing had been acknowledged.
  [[nodiscard]] bool died_in_change(std::uint64_t last_acknowledged_position);

 private:
  void look(file_events* events);
  [[nodiscard]] std::string newest() const;
  std::filesystem::path folder_;
  std::vector<std::filesystem::path> without_header_;
  std::map<std::string, std::uint64_t> first_positions_;  // By file name; 0: no header yet.
  std::string newest_when_armed_;
};

/// Sees from outside when the index is being written.
///
/// A transaction of LMDB writes pages first and one of the two meta pages at the start of the file
/// last. Pages that have changed below unchanged meta pages are a flush under way.
class index_watch {
 public:
  explicit index_watch(std::filesystem::path data_file) : file_(std::move(data_file)) {}

  void arm(file_events& events);
  /// The file was written since arm(), and the meta pages are the same. If a transaction was
  /// finished meanwhile, the watch begins anew.
  [[nodiscard]] bool flush_begun();
  /// For a writer that is dead now: the file's content is another one than at arm(), and its meta
  /// pages are the same.
  [[nodiscard]] bool died_in_flush() const;

 private:
  struct state {
    std::vector<char> meta_pages;
    std::uint64_t size = 0;
    std::int64_t changed_at_nanoseconds = 0;
  };
  [[nodiscard]] state look() const;
  /// Of all pages but empty ones: a file that only takes more space stays the same.
  [[nodiscard]] std::uint64_t digest() const;
  [[nodiscard]] bool has_only_grown_longer() const;
  void remember();
  std::filesystem::path file_;
  state armed_;
  std::uint64_t armed_digest_ = 0;
};

}  // namespace event_log
