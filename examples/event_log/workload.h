// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <mainstem/uuid.h>

#include "common/problem.h"
#include "common_names.h"

namespace event_log {

/// Where a text stands among the texts of a workload.
struct text_place {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// What becomes one event.
struct row {
  text_place payload;
  std::int64_t time = 0;      ///< Seconds since 1970.
  std::int64_t counter = 0;   ///< What the version column says.
  std::uint64_t line = 0;     ///< In the file, from 1.
  std::uint32_t stream = 0;   ///< Which of the streams, from 0.
  std::uint32_t type = 0;     ///< Which of the types, from 0.
  std::uint32_t version = 0;  ///< The one that it has to get in its stream.
  std::uint32_t reserved = 0;
};

/// How the store of a run is opened, by every process of the run.
struct store_settings {
  std::uint64_t seed = 0;  ///< Of the event ids.
  std::uint64_t segment_size_bytes = 0;
  std::uint64_t index_flush_events = 0;
  std::uint64_t index_flush_milliseconds = 0;
};

/// All rows in the order in which they go in, with the names they use.
/// Lifetime: points at memory of a workload_builder or of a mapped_workload.
struct workload_view {
  std::span<const row> rows;
  std::span<const text_place> streams;
  std::span<const text_place> types;
  std::string_view texts;
  store_settings settings;
  bool has_counter = false;

  [[nodiscard]] std::string_view text(text_place at) const {
    return texts.substr(at.offset, at.size);
  }
  [[nodiscard]] std::string_view stream_name(std::uint32_t stream) const {
    return text(streams[stream]);
  }
  [[nodiscard]] std::string_view stream_of(const row& of) const { return stream_name(of.stream); }
  [[nodiscard]] std::string_view type_of(const row& of) const { return text(types[of.type]); }
  [[nodiscard]] std::string_view payload_of(const row& of) const { return text(of.payload); }
};

/// The id of the event that row number `index` becomes: the same in every process of a run.
[[nodiscard]] mainstem::event_id event_id_of(std::uint64_t seed, std::uint64_t index);

/// Collects rows.
class workload_builder {
 public:
  [[nodiscard]] std::uint32_t stream(std::string_view name) {
    return streams_.number(name, texts_);
  }
  [[nodiscard]] std::uint32_t type(std::string_view name) { return types_.number(name, texts_); }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }

  /// `row.payload` and `row.version` are filled in here.
  void add(row added, std::string_view payload);
  void with_counter(bool has) { has_counter_ = has; }

  /// Orders the rows by time (equal ones as they were added), numbers them within their streams,
  /// and chooses how a store is to be opened in which this workload meets some dozens of segments
  /// and of index flushes.
  void finish(std::uint64_t seed);
  [[nodiscard]] workload_view view() const;

 private:
  class name_table {
   public:
    std::uint32_t number(std::string_view name, std::string& texts);
    std::vector<text_place> places;

   private:
    std::unordered_map<std::string, std::uint32_t> numbers_;
  };

  std::string texts_;
  name_table streams_;
  name_table types_;
  std::vector<row> rows_;
  store_settings settings_;
  bool has_counter_ = false;
};

/// Leaves a workload in a file for the processes of the same run: no format for anything else.
[[nodiscard]] outcome<void> save_workload(const workload_view& view, const std::string& path);

/// A workload that another process left in a file.
class mapped_workload {
 public:
  [[nodiscard]] static outcome<mapped_workload> open(const std::string& path);
  [[nodiscard]] const workload_view& view() const { return view_; }

 private:
  mapped_workload() = default;
  std::shared_ptr<const void> mapping_;
  workload_view view_;
};

}  // namespace event_log
