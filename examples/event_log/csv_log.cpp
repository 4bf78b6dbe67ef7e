// SPDX-License-Identifier: Apache-2.0
#include "csv_log.h"

#include <charconv>
#include <map>
#include <unordered_set>

#include <mainstem/event.h>
#include <mainstem/types.h>

#include "common/json_text.h"
#include "csv_reader.h"
#include "time_text.h"

namespace event_log {
namespace {

/// Turns records into rows, the first one into column numbers.
class log_reader {
 public:
  explicit log_reader(const csv_options& options) : options_(options) {}

  outcome<void> take(const csv_record& record) {
    line_ = record.line;
    return keys_.empty() ? take_header(record) : take_row(record);
  }

  outcome<workload_builder> finish() {
    if (keys_.empty())
      return bad_input(options_.path +
                       ", line 1: expected a line of column names, the file is empty");
    if (builder_.size() == 0)
      return bad_input(options_.path + ", line " + std::to_string(line_ + 1) +
                       ": expected at least one row below the column names");
    builder_.with_counter(options_.version_column.has_value());
    return std::move(builder_);
  }

 private:
  problem wrong(const std::string& text) const {
    return bad_input(options_.path + ", line " + std::to_string(line_) + ": " + text);
  }

  outcome<void> take_header(const csv_record& record) {
    std::map<std::string, std::size_t, std::less<>> columns;
    for (std::size_t i = 0; i < record.fields.size(); ++i) {
      const std::string& name = record.fields[i];
      if (!columns.emplace(name, i).second)
        return wrong("expected every column name once, " + name + " stands there twice");
      std::string key;
      append_json_string(key, name);
      keys_.push_back(key + ':');
    }
    const auto find = [&](const std::string& name, std::size_t& into) -> outcome<void> {
      const auto found = columns.find(name);
      if (found == columns.end()) return wrong("expected a column called " + name);
      into = found->second;
      return {};
    };
    if (auto r = find(options_.stream_column, stream_); !r) return r;
    if (auto r = find(options_.type_column, type_); !r) return r;
    if (auto r = find(options_.time_column, time_); !r) return r;
    if (options_.version_column) return find(*options_.version_column, counter_);
    return {};
  }

  outcome<void> take_row(const csv_record& record) {
    if (record.fields.size() != keys_.size())
      return wrong("expected " + std::to_string(keys_.size()) + " columns, found " +
                   std::to_string(record.fields.size()));
    row added;
    added.line = line_;
    if (auto r = take_names(record, added); !r) return r;
    const auto time = parse_time(record.fields[time_], options_.time_format);
    if (!time)
      return wrong("expected a time like '" + options_.time_format + "' in column " +
                   options_.time_column + ", found '" + record.fields[time_] + "'");
    added.time = *time;
    if (auto r = take_counter(record, added); !r) return r;

    payload_.clear();
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      payload_ += i == 0 ? '{' : ',';
      payload_ += keys_[i];
      append_json_string(payload_, record.fields[i]);
    }
    payload_ += '}';
    if (payload_.size() > mainstem::limits::payload_bytes)
      return wrong("expected a row that is at most 16 MiB of JSON");
    builder_.add(added, payload_);
    return {};
  }

  outcome<void> take_names(const csv_record& record, row& into) {
    const std::string name = options_.category + '-' + record.fields[stream_];
    if (record.fields[stream_].empty())
      return wrong("expected a value in column " + options_.stream_column);
    if (const auto checked = mainstem::stream_name::parse(name); !checked)
      return wrong("expected a stream name of at most 255 bytes of UTF-8 from column " +
                   options_.stream_column + ": " + checked.error().message());
    const std::string& type = record.fields[type_];
    if (!known_types_.contains(type)) {
      if (const auto made = mainstem::event_data::make(type, mainstem::json("")); !made)
        return wrong("expected an event type of 1 to 255 bytes of UTF-8 in column " +
                     options_.type_column + ": " + made.error().message());
      known_types_.insert(type);
    }
    into.stream = builder_.stream(name);
    into.type = builder_.type(type);
    return {};
  }

  outcome<void> take_counter(const csv_record& record, row& into) const {
    if (!options_.version_column) return {};
    const std::string& text = record.fields[counter_];
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, into.counter);
    if (parsed.ec != std::errc{} || parsed.ptr != end)
      return wrong("expected a whole number in column " + *options_.version_column + ", found '" +
                   text + "'");
    return {};
  }

  const csv_options& options_;
  workload_builder builder_;
  std::vector<std::string> keys_;  // Column names as JSON strings, each with its colon.
  std::unordered_set<std::string> known_types_;
  std::size_t stream_ = 0;
  std::size_t type_ = 0;
  std::size_t time_ = 0;
  std::size_t counter_ = 0;
  std::uint64_t line_ = 0;
  std::string payload_;
};

}  // namespace

outcome<workload_builder> read_csv_log(const csv_options& options) {
  log_reader reader(options);
  const auto read =
      read_csv(options.path, [&reader](const csv_record& record) { return reader.take(record); });
  if (!read) return read.error();
  return reader.finish();
}

}  // namespace event_log
