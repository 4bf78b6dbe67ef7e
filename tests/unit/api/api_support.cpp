// SPDX-License-Identifier: Apache-2.0
#include "api_support.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace mainstem::api::test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

temporary_folder::temporary_folder() {
  std::string name = (fs::temp_directory_path() / "mainstem-api-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  path_ = name;
}

temporary_folder::~temporary_folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

store_options quiet_options() {
  store_options options;
  options.segment_size_bytes = 64U << 10U;
  options.buffered_sync_interval = 1h;
  options.index_flush_interval = 1h;
  options.mark_interval = 1h;
  return options;
}

event_id id_of(std::uint64_t number) {
  event_id::bytes_type bytes{};
  bytes[0] = std::byte{0x5a};
  std::memcpy(bytes.data() + 8, &number, sizeof number);
  return event_id(bytes);
}

std::uint64_t number_of(const event_id& id) {
  std::uint64_t number = 0;
  std::memcpy(&number, id.bytes().data() + 8, sizeof number);
  return number;
}

event_data numbered(std::uint64_t number) {
  return {"happened", json("{\"number\":" + std::to_string(number) + "}"), {.id = id_of(number)}};
}

std::vector<event_data> numbered(std::initializer_list<std::uint64_t> numbers) {
  std::vector<event_data> events;
  for (const auto number : numbers) events.push_back(numbered(number));
  return events;
}

event_data sized(std::uint64_t number, std::size_t payload_bytes) {
  std::string payload = "<" + std::to_string(number) + ">";
  payload.resize(payload_bytes, static_cast<char>('a' + number % 26));
  return {"sized", text(payload), {.id = id_of(number)}};
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::ostream& operator<<(std::ostream& out, const stored& value) {
  return out << value.position << ':' << value.stream << '@' << value.version << ' ' << value.type
             << ' ' << value.id << ' ' << value.payload.substr(0, 60) << " ("
             << value.payload.size() << " bytes)";
}

stored copy_of(const event_view& source) {
  return {.position = source.position().value(),
          .version = source.version().value(),
          .stream = std::string(source.stream()),
          .type = std::string(source.type()),
          .id = source.id(),
          .codec = source.codec(),
          .payload = std::string(source.payload_text()),
          .metadata = text_of(source.metadata()),
          .tags = std::vector<std::string>(source.tags().begin(), source.tags().end()),
          .time = source.time()};
}

std::vector<stored> all_of(const store& from, const read_all_options& options) {
  auto reader = from.read_all(options);
  return drain(reader);
}

std::vector<stored> all_of(const store& from, std::string_view stream,
                           const read_stream_options& options) {
  auto reader = from.read_stream(stream_name(stream), options);
  return drain(reader);
}

std::vector<std::uint64_t> positions_of(const std::vector<stored>& events) {
  std::vector<std::uint64_t> found;
  for (const auto& event : events) found.push_back(event.position);
  return found;
}

std::vector<std::uint64_t> versions_of(const std::vector<stored>& events) {
  std::vector<std::uint64_t> found;
  for (const auto& event : events) found.push_back(event.version);
  return found;
}

std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t to) {
  std::vector<std::uint64_t> found{from};
  while (found.back() != to) found.push_back(from < to ? found.back() + 1 : found.back() - 1);
  return found;
}

std::string contents(const store& from) {
  std::ostringstream out;
  for (const auto& event : all_of(from)) {
    out << (out.tellp() > 0 ? " " : "") << event.position << ':' << event.stream << '@'
        << event.version << '#' << number_of(event.id);
  }
  return out.str();
}

namespace {

std::string said_of_place(const append_outcome::commit_place& place) {
  std::ostringstream out;
  out << ' ' << place.first_position << ".." << place.last_position;
  for (const auto& stream : place.streams) out << ' ' << stream.stream << '@' << stream.version;
  return out.str();
}

std::string said_of_version(expected_version expected) {
  switch (expected.kind()) {
    case expected_version::kind::any: return "any";
    case expected_version::kind::no_stream: return "no_stream";
    case expected_version::kind::stream_exists: return "stream_exists";
    case expected_version::kind::exact: break;
  }
  return "exactly " + std::to_string(expected.version().value());
}

}  // namespace

std::string said(const append_outcome& outcome) {
  std::ostringstream out;
  if (const auto* done = outcome.committed()) {
    out << "committed" << said_of_place(*done);
  } else if (const auto* before = outcome.already_committed()) {
    out << "already_committed" << said_of_place(*before);
  } else if (const auto* partial = outcome.partial_duplicate()) {
    out << "partial_duplicate " << partial->stream << '#' << number_of(partial->id);
  } else if (const auto* conflict = outcome.version_conflict()) {
    out << "version_conflict " << conflict->stream << ' ' << said_of_version(conflict->expected)
        << ", is " << conflict->actual;
  } else {
    out << "something else: " << outcome.message();
  }
  return out.str();
}

std::string append(store& to, std::string_view stream, expected_version expected,
                   std::initializer_list<std::uint64_t> event_numbers) {
  return said(to.append(stream_name(stream), expected, numbered(event_numbers)).value());
}

void fill(store& to, std::uint64_t first_number, std::uint64_t count, std::string_view kind) {
  for (std::uint64_t number = first_number; number < first_number + count; ++number) {
    const stream_name stream(std::string(kind) + "-" + std::to_string(number % 7));
    const auto outcome = to.append(stream, any, {sized(number, 200)}, {durability::buffered});
    if (outcome.value().committed() == nullptr) {
      throw std::runtime_error("not committed: " + outcome.value().message());
    }
  }
  to.flush().value();
}

bool comes_true(const std::function<bool()>& claim) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!claim()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

namespace {

std::vector<fs::path> files_below(const fs::path& folder,
                                  const std::function<bool(const fs::path&)>& wanted) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && wanted(entry.path())) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

fs::path only_one(std::vector<fs::path> found, const fs::path& folder) {
  if (found.size() != 1) {
    throw std::runtime_error(std::to_string(found.size()) + " files instead of one below " +
                             folder.string());
  }
  return found.front();
}

}  // namespace

std::vector<fs::path> segment_files(const fs::path& folder) {
  return files_below(folder, [](const fs::path& path) { return path.extension() == ".log"; });
}

std::vector<fs::path> manifest_files(const fs::path& folder) {
  return files_below(folder, [](const fs::path& path) {
    return path.filename().string().starts_with("manifest");
  });
}

fs::path index_file(const fs::path& folder) {
  return only_one(files_below(folder / "index",
                              [](const fs::path& path) { return path.filename() == "data.mdb"; }),
                  folder);
}

// A store that is open makes segments ahead of use: what is renamed away meanwhile is not needed.
// It also cuts segments that have ended, and copy_file() takes a file that became shorter for an
// error.
void copy_store(const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  // What the control page says is durable must be in what is copied after it.
  std::vector<fs::directory_entry> entries(fs::directory_iterator(from), {});
  std::ranges::partition(entries,
                         [](const auto& each) { return each.path().filename() == "control"; });
  for (const auto& entry : entries) {
    const auto target = to / entry.path().filename();
    if (entry.is_directory()) {
      copy_store(entry.path(), target);
      continue;
    }
    if (std::ifstream in(entry.path(), std::ios::binary); in) {
      std::ofstream out(target, std::ios::binary);
      out << in.rdbuf();
      out.clear();  // An empty file counts as a failure.
      if (!out.flush()) throw std::runtime_error("cannot write " + target.string());
    }
  }
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const fs::path& path, std::string_view content) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.flush();
  if (!out) throw std::runtime_error("cannot write " + path.string());
}

void damage_text(const std::vector<fs::path>& files, std::string_view text) {
  std::size_t hits = 0;
  for (const auto& file : files) {
    std::string content = read_file(file);
    const auto at = content.find(text);
    if (at == std::string::npos) continue;
    ++hits;
    char& victim = content[at + text.size() / 2];
    victim = static_cast<char>(victim ^ 0x04);
    write_file(file, content);
  }
  if (hits != 1) throw std::runtime_error("stands in " + std::to_string(hits) + " files");
}

}  // namespace mainstem::api::test
