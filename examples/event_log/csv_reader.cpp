// SPDX-License-Identifier: Apache-2.0
#include "csv_reader.h"

#include <csv.h>

#include <optional>
#include <vector>

#include "text_source.h"

namespace event_log {
namespace {

using record_handler = std::function<outcome<void>(const csv_record&)>;

std::string place(const std::string& path, std::uint64_t line) {
  return path + ", line " + std::to_string(line) + ": ";
}

/// libcsv does not say where it is, so it is fed line by line.
class line_feeder {
 public:
  line_feeder(const std::string& path, const record_handler& on_record)
      : path_(path), on_record_(on_record) {
    csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_space_func(&parser_, [](unsigned char) { return 0; });
  }
  ~line_feeder() { csv_free(&parser_); }
  line_feeder(const line_feeder&) = delete;
  line_feeder& operator=(const line_feeder&) = delete;

  outcome<void> feed(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t end = bytes.find_first_of("\r\n");
      const std::size_t size = end == std::string_view::npos ? bytes.size() : end + 1;
      if (auto r = feed_piece(bytes.substr(0, size)); !r) return r;
      bytes.remove_prefix(size);
    }
    return {};
  }

  outcome<void> finish() {
    if (csv_fini(&parser_, &on_field, &on_end, this) != 0) return parse_problem();
    return take_problem();
  }

 private:
  // At most one line, at most one record.
  outcome<void> feed_piece(std::string_view piece) {
    const bool only_line_end = piece == "\r" || piece == "\n";
    if (!record_open_ && !only_line_end) {
      record_open_ = true;
      record_line_ = line_;
    }
    if (csv_parse(&parser_, piece.data(), piece.size(), &on_field, &on_end, this) != piece.size())
      return parse_problem();
    const char last = piece.back();
    if (last == '\r' || (last == '\n' && !(only_line_end && after_return_))) ++line_;
    after_return_ = last == '\r';
    return take_problem();
  }

  outcome<void> take_problem() {
    if (problem_) return *problem_;
    return {};
  }

  problem parse_problem() {
    if (csv_error(&parser_) != CSV_EPARSE)
      return failure(place(path_, record_line_) + csv_strerror(csv_error(&parser_)));
    return bad_input(place(path_, record_line_) +
                     "expected a field in double quotes to end with a quote, and quotes inside "
                     "of it to be doubled");
  }

  static void on_field(void* bytes, std::size_t size, void* self) {
    auto* const feeder = static_cast<line_feeder*>(self);
    if (feeder->field_count_ == feeder->fields_.size()) feeder->fields_.emplace_back();
    feeder->fields_[feeder->field_count_++].assign(static_cast<const char*>(bytes), size);
  }

  static void on_end(int, void* self) {
    auto* const feeder = static_cast<line_feeder*>(self);
    feeder->record_open_ = false;
    if (!feeder->problem_) {
      const std::span<const std::string> fields(feeder->fields_.data(), feeder->field_count_);
      if (auto r = feeder->on_record_({feeder->record_line_, fields}); !r)
        feeder->problem_ = r.error();
    }
    feeder->field_count_ = 0;
  }

  const std::string& path_;
  const record_handler& on_record_;
  csv_parser parser_{};
  std::vector<std::string> fields_;  // Kept with their memory from record to record.
  std::size_t field_count_ = 0;
  std::uint64_t line_ = 1;
  std::uint64_t record_line_ = 1;
  bool record_open_ = false;
  bool after_return_ = false;
  std::optional<problem> problem_;
};

}  // namespace

outcome<void> read_csv(const std::string& path, const record_handler& on_record) {
  auto source = text_source::open(path);
  if (!source) return source.error();
  line_feeder feeder(path, on_record);
  std::vector<char> buffer(std::size_t{1} << 18U);
  bool first = true;
  while (true) {
    const auto count = source->read(buffer);
    if (!count) return count.error();
    if (*count == 0) return feeder.finish();
    std::string_view bytes(buffer.data(), *count);
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (first && bytes.starts_with(byte_order_mark)) bytes.remove_prefix(byte_order_mark.size());
    first = false;
    if (auto r = feeder.feed(bytes); !r) return r;
  }
}

}  // namespace event_log
