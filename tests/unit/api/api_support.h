// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mainstem/store.h>

/// What the tests of the public API share. Public headers alone are included, as a user would.
namespace mainstem::api::test {

/// A folder that goes when this object goes.
class temporary_folder {
 public:
  temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder();
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

[[nodiscard]] inline stream_name named(std::string_view name) { return stream_name(name); }

/// The smallest segments, and nothing done in the background unless the test asks for it.
[[nodiscard]] store_options quiet_options();

/// The id with this number, and back.
[[nodiscard]] event_id id_of(std::uint64_t number);
[[nodiscard]] std::uint64_t number_of(const event_id& id);

/// The event with this number: equal in all respects each time it is made.
[[nodiscard]] event_data numbered(std::uint64_t number);
[[nodiscard]] std::vector<event_data> numbered(std::initializer_list<std::uint64_t> numbers);
/// An event with a payload of so many bytes, which differ from number to number.
[[nodiscard]] event_data sized(std::uint64_t number, std::size_t payload_bytes);
[[nodiscard]] std::string text_of(std::span<const std::byte> bytes);
[[nodiscard]] std::span<const std::byte> bytes_of(std::string_view text);

/// A stored event in memory of its own.
struct stored {
  std::uint64_t position = 0;
  std::uint64_t version = 0;
  std::string stream;
  std::string type;
  event_id id;
  mainstem::codec codec{};
  std::string payload;
  std::string metadata;
  std::vector<std::string> tags;
  std::chrono::sys_time<std::chrono::nanoseconds> time;
  friend bool operator==(const stored&, const stored&) = default;
};
std::ostream& operator<<(std::ostream& out, const stored& value);
[[nodiscard]] stored copy_of(const event_view& source);

/// Everything that a reader gives until an empty batch. An error throws.
template <class Reader>
[[nodiscard]] std::vector<stored> drain(Reader& reader) {
  std::vector<stored> found;
  while (auto batch = reader.next().value()) {
    for (const auto& event : batch.events()) found.push_back(copy_of(event));
  }
  return found;
}
[[nodiscard]] std::vector<stored> all_of(const store& from, const read_all_options& options = {});
[[nodiscard]] std::vector<stored> all_of(const store& from, std::string_view stream,
                                         const read_stream_options& options = {});
[[nodiscard]] std::vector<std::uint64_t> positions_of(const std::vector<stored>& events);
[[nodiscard]] std::vector<std::uint64_t> versions_of(const std::vector<stored>& events);
/// from, from +- 1, ... to.
[[nodiscard]] std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t to);

/// The whole log in a line: `1:a@1#11 2:b@1#12` is position 1, stream a, version 1, event 11, and
/// so on.
[[nodiscard]] std::string contents(const store& from);
/// An outcome in a line: `committed 1..2 a@2`, `partial_duplicate a#12`, `version_conflict a
/// exactly 3, is 1`.
[[nodiscard]] std::string said(const append_outcome& outcome);

/// Appends the events with these numbers and says what became of it.
std::string append(store& to, std::string_view stream, expected_version expected,
                   std::initializer_list<std::uint64_t> event_numbers);
/// Appends `count` events of 200 bytes to streams `kind-0` to `kind-6` in turn, one commit each.
void fill(store& to, std::uint64_t first_number, std::uint64_t count,
          std::string_view kind = "fill");

/// Waits until it holds, for 30 seconds at most.
[[nodiscard]] bool comes_true(const std::function<bool()>& claim);

/// The segment files below a store's folder, in order; the copies of its manifest; its index.
[[nodiscard]] std::vector<std::filesystem::path> segment_files(const std::filesystem::path& folder);
[[nodiscard]] std::vector<std::filesystem::path> manifest_files(
    const std::filesystem::path& folder);
[[nodiscard]] std::filesystem::path index_file(const std::filesystem::path& folder);
/// What a crash at this moment would leave of an open store, if the disk had everything.
void copy_store(const std::filesystem::path& from, const std::filesystem::path& to);

[[nodiscard]] std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view content);
/// Flips one bit in the middle of `text`, which has to stand in exactly one of the files.
void damage_text(const std::vector<std::filesystem::path>& files, std::string_view text);

}  // namespace mainstem::api::test
