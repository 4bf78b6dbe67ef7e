// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "index/index_rows.h"
#include "index/lmdb_environment.h"
#include "index/lmdb_layout.h"
#include "index/stream_index.h"
#include "os/posix_disk.h"
#include "os/simulated_disk.h"
#include "parts.h"

// LMDB trusts the inside of its pages: what is wrong there can bring it down, which
// docs/ARCHITECTURE.md names as a gap. So what is opened here is what the library promises to bear:
// values that are damaged, and files that were cut off or grew. Any bytes at all go to the check
// that the library makes before LMDB sees a file.
namespace mainstem::fuzz {
namespace {

using namespace index;

constexpr std::size_t most_edits = 8;
constexpr const char* stream = "order-42";

/// A folder with an index in it, on a real file system.
class real_index {
 public:
  real_index() {
    const std::filesystem::path memory = "/dev/shm";
    const auto in =
        std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    folder_ = in / ("mainstem-fuzz-lmdb-" + std::to_string(getpid()));
    std::filesystem::remove_all(folder_);
    make();
    std::ifstream file(data_path(), std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
    const auto bytes = as_bytes(text);
    data_.assign(bytes.begin(), bytes.end());
    find_values();
  }
  ~real_index() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  real_index(const real_index&) = delete;
  real_index& operator=(const real_index&) = delete;

  [[nodiscard]] lmdb_provider provider() const {
    os::posix_disk disk;
    return lmdb_provider(disk.open_directory(folder_.string(), true).value(),
                         {.map_bytes = 64U << 20U, .most_readers = 16});
  }
  /// The sound file, and the ranges of it where values stand.
  [[nodiscard]] const byte_vector& data() const noexcept { return data_; }
  struct range {
    std::size_t begin;
    std::size_t size;
  };
  [[nodiscard]] const std::vector<range>& values() const noexcept { return values_; }

  void put(byte_span data) const {
    std::filesystem::create_directories(data_path().parent_path());
    std::ofstream file(data_path(), std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(data.data()),
               static_cast<std::streamsize>(data.size()));
    file.close();
    require(static_cast<bool>(file), "a file is written");
  }

 private:
  [[nodiscard]] std::filesystem::path data_path() const {
    return folder_ / "index" / std::string(lmdb_file_name);
  }

  void make() const {
    auto from = provider();
    const auto made =
        stream_index::open(from.open("index").value(), the_store().store_id, {.merge_fanout = 2});
    log_point at;
    for (std::uint64_t round = 1; round <= 5; ++round) {
      std::vector<indexed_event> events;
      for (std::uint64_t i = 0; i < 20; ++i)
        events.push_back({{1, 256 + 8 * (round * 100 + i)}, static_cast<std::uint32_t>(i)});
      const stream_chunk chunk{.stream = stream,
                               .first_version = version(20 * (round - 1) + 1),
                               .last_position = position(20 * round),
                               .events = events};
      const log_point to{.last = position(20 * round), .segment = 1, .offset_bytes = 4096 * round};
      require((*made)->flush(at, to, std::span(&chunk, 1)).has_value(), "an index is made");
      at = to;
      if (round == 3) require((*made)->merge_step(1000).has_value(), "an index is merged");
    }
    require((*made)->sync().has_value(), "an index is synced");
  }

  // A value stands in several pages if older ones were not used again. Wherever that is.
  void find_values() {
    auto from = provider();
    const auto opened = from.open_existing("index").value();
    const auto reading = opened->begin_read().value();
    for (std::size_t i = 0; i < table_count; ++i) {
      const auto rows = reading->open_cursor(static_cast<table>(i)).value();
      const std::byte lowest{};
      for (auto row = rows->seek({&lowest, 1}).value(); row; row = rows->next().value()) {
        const auto value = as_text(row->value);
        const auto file = as_text(data_);
        for (auto at = file.find(value); at != file.npos; at = file.find(value, at + value.size()))
          values_.push_back({at, value.size()});
      }
    }
    require(values_.size() >= 5, "the values of an index stand in its file");
  }

  std::filesystem::path folder_;
  byte_vector data_;
  std::vector<range> values_;
};

const real_index& the_index() {
  static const real_index made;
  return made;
}

/// All that the index is asked in a store's life.
void use(stream_index& opened) {
  log_point at;
  {
    const auto snapshot = opened.snapshot();
    if (!snapshot) return;
    at = snapshot->flushed();
    const auto head = snapshot->head(stream);
    if (head && *head) {
      std::vector<indexed_event> events;
      (void)snapshot->events(**head, version(1), 200, events);
      std::vector<found_event> found;
      (void)snapshot->find_id(**head, 3, found);
    }
  }
  const indexed_event event{{1, 8}, 1};
  const stream_chunk chunk{.stream = "new-1",
                           .first_version = version(1),
                           .last_position = position(101),
                           .events = {&event, 1}};
  (void)opened.flush(at, {.last = position(101), .segment = 1, .offset_bytes = 9}, {&chunk, 1});
  (void)opened.merge_step(1000);
  (void)opened.sync();
}

/// Opens it as a store does: what cannot be trusted is thrown away and begun again.
void open_and_use() {
  auto provider = the_index().provider();
  {
    auto environment = provider.open("index");
    if (environment) {
      const auto opened =
          stream_index::open(std::move(*environment), the_store().store_id, {.merge_fanout = 2});
      if (opened) return use(**opened);
      require(opened.error() == errc::corrupt_index || opened.error() == errc::foreign_file,
              "an index that cannot be used says so");
    } else {
      require(environment.error() == errc::corrupt_index, "a file that cannot be trusted says so");
    }
  }
  require(provider.discard("index").has_value(), "an index can be thrown away");
  auto anew = provider.open("index");
  require(anew.has_value(), "an index can be begun again");
  const auto opened = stream_index::open(std::move(*anew), the_store().store_id, {});
  require(opened.has_value() && (*opened)->snapshot()->flushed() == log_point{},
          "an index that was begun again is empty");
}

void check_values(input from) {
  byte_vector data = the_index().data();
  const auto& values = the_index().values();
  for (std::size_t i = 0; i < most_edits && !from.empty(); ++i) {
    const auto& range = values[from.below(values.size())];
    const auto what = from.take<std::uint8_t>();
    if (what % 16 == 0) {
      data.resize(from.below(2 * data.size()));
      break;
    }
    data[range.begin + from.below(range.size)] ^= static_cast<std::byte>(what);
  }
  the_index().put(data);
  open_and_use();
}

void check_bytes(byte_span data) {
  os::simulated_disk disk;
  const auto folder = disk.open_directory("index", true).value();
  disk.put("index/data.mdb", data);
  const auto file = folder->open_file(lmdb_file_name, os::open_mode::read_only).value();
  const auto checked = check_lmdb_file(*file);
  require(checked || checked.error() == errc::corrupt_index,
          "a file that cannot be trusted is called corrupt_index");
  require(!checked || data.size() >= 2 * 512, "two pages at least are there");
}

/// The sound file with other meta pages.
void check_meta_pages(input from) {
  byte_vector data = the_index().data();
  for (std::size_t i = 0; i < most_edits && !from.empty(); ++i) {
    const std::size_t page = from.flag() ? 4096 : 0;
    const std::size_t at = page + from.below(152);
    for (const std::byte byte : from.take_bytes(from.below(9)))
      data[std::min(at, data.size() - 1)] = byte;
  }
  check_bytes(data);
}

void run(byte_span bytes) {
  input from(bytes);
  switch (from.take<std::uint8_t>() % 4) {
    case 0: return check_bytes(from.rest());
    case 1: return check_meta_pages(from);
    default: return check_values(from);
  }
}

std::vector<byte_vector> seeds() {
  const auto& data = the_index().data();
  output truncated;
  truncated.add(std::uint8_t{2})
      .add(std::uint16_t{0})
      .add(std::uint8_t{16})
      .add(std::uint16_t{5000});
  return {output().add(std::uint8_t{0}).add_bytes(byte_span(data).first(8192)).take(),
          output().add(std::uint8_t{1}).add(std::uint8_t{0}).add(std::uint16_t{80}).take(),
          output().add(std::uint8_t{2}).take(),
          output()
              .add(std::uint8_t{3})
              .add(std::uint16_t{1})
              .add(std::uint8_t{1})
              .add(std::uint16_t{3})
              .take(),
          truncated.take()};
}

}  // namespace

extern const target lmdb_target;
const target lmdb_target{"lmdb", run, seeds};

}  // namespace mainstem::fuzz
