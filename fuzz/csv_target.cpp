// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "csv_log.h"
#include "csv_reader.h"
#include "input.h"

namespace mainstem::fuzz {
namespace {

using records = std::vector<std::vector<std::string>>;

/// A file in memory, with a path.
class memory_file {
 public:
  explicit memory_file(std::string_view content) : descriptor_(memfd_create("csv", 0)) {
    require(descriptor_ >= 0 && write(descriptor_, content.data(), content.size()) ==
                                    static_cast<ssize_t>(content.size()),
            "a file is made");
  }
  ~memory_file() { close(descriptor_); }
  memory_file(const memory_file&) = delete;
  memory_file& operator=(const memory_file&) = delete;
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

examples::outcome<records> read_all(std::string_view text) {
  const memory_file file(text);
  records found;
  std::uint64_t line = 0;
  const auto read = event_log::read_csv(
      file.path(), [&](const event_log::csv_record& record) -> examples::outcome<void> {
        require(record.line > line, "lines are counted upwards");
        require(!record.fields.empty(), "a record has a field");
        line = record.line;
        found.emplace_back(record.fields.begin(), record.fields.end());
        return {};
      });
  if (!read) return read.error();
  return found;
}

std::string quoted(const records& all) {
  std::string text;
  for (const auto& record : all) {
    for (std::size_t i = 0; i < record.size(); ++i) {
      text += i == 0 ? "\"" : ",\"";
      for (const char letter : record[i]) text += letter == '"' ? "\"\"" : std::string(1, letter);
      text += '"';
    }
    text += '\n';
  }
  return text;
}

/// What was read is read again from what is made of it.
void check_text(std::string_view text) {
  const auto found = read_all(text);
  if (!found) {
    require(!found.error().text.empty(), "a problem says something");
    return;
  }
  const auto again = read_all(quoted(*found));
  require(again.has_value() && *again == *found, "what was read is read again");
}

void check_log(std::string_view text) {
  const memory_file file(text);
  const auto log = event_log::read_csv_log({.path = file.path(),
                                            .category = "case",
                                            .stream_column = "case",
                                            .type_column = "what",
                                            .time_column = "when",
                                            .time_format = "%Y-%m-%d %H:%M:%S",
                                            .version_column = "count"});
  if (!log) {
    require(!log.error().text.empty(), "a problem says something");
    return;
  }
  const auto found = read_all(text);
  require(found.has_value() && found->size() == log->size() + 1, "each row becomes an event");
}

/// Any fields at all, in quotes.
void check_fields(input from) {
  records all;
  for (std::size_t i = 1 + from.below(5); i > 0; --i) {
    all.emplace_back();
    for (std::size_t field = 1 + from.below(5); field > 0; --field)
      all.back().push_back(from.take_text());
  }
  const auto read = read_all(quoted(all));
  require(read.has_value() && *read == all, "fields are read as they were written");
}

void run(byte_span bytes) {
  input from(bytes);
  switch (from.take<std::uint8_t>() % 3) {
    case 0: return check_text(as_text(from.rest()));
    case 1: return check_log(as_text(from.rest()));
    default: return check_fields(from);
  }
}

std::vector<byte_vector> seeds() {
  const std::string_view log =
      "case,what,when,count,note\r\n"
      "7,opened,2026-01-01 10:00:00,1,plain\r\n"
      "8,opened,2026-01-01 10:00:01,1,\"quoted, \"\"twice\"\"\nand on\"\r\n\r\n"
      "7,paid,2026-01-02 00:00:00,2,\r\n";
  return {output().add(std::uint8_t{0}).add_bytes(as_bytes(log)).take(),
          output()
              .add(std::uint8_t{0})
              .add_bytes(as_bytes("\xef\xbb\xbf"
                                  "a\n\"b\"\rc"))
              .take(),
          output().add(std::uint8_t{1}).add_bytes(as_bytes(log)).take(),
          output()
              .add(std::uint8_t{2})
              .add(std::uint16_t{1})
              .add(std::uint16_t{1})
              .add_text("a\"b")
              .take()};
}

}  // namespace

extern const target csv_target;
const target csv_target{"csv", run, seeds};

}  // namespace mainstem::fuzz
