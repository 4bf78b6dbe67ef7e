// SPDX-License-Identifier: Apache-2.0
#include "parts.h"

#include <set>
#include <string>

#include "format/frame.h"
#include "os/simulated_disk.h"
#include "support/log_builder.h"

namespace mainstem::fuzz {
namespace {

constexpr std::uint64_t segment_bytes = 4096;

/// 1 to 40 letters, so that every name is legal.
std::string take_name(input& from) {
  std::string name;
  for (const std::byte byte : from.take_bytes(1 + from.below(40)))
    name += static_cast<char>('a' + std::to_integer<int>(byte) % 26);
  return name.empty() ? "a" : name;
}

event_data take_event(input& from) {
  const uuid id = take_uuid(from);
  event_options options;
  options.id = event_id(id == uuid() ? uuid_of(7) : id);
  std::set<std::string> tags;
  for (std::size_t i = from.below(5); i > 0; --i) tags.insert(take_name(from));
  options.tags.assign(tags.begin(), tags.end());
  options.metadata = from.take_short();
  const auto codec = static_cast<mainstem::codec>(from.take<std::uint8_t>());
  const std::string type = take_name(from);
  return {type, payload_view{from.take_short(), codec}, options};
}

}  // namespace

const format::store_identity& the_store() {
  static const format::store_identity store = test::a_store();
  return store;
}

uuid uuid_of(std::uint8_t number) {
  uuid::bytes_type bytes{};
  bytes[0] = std::byte{number};
  return uuid(bytes);
}

uuid take_uuid(input& from) {
  uuid::bytes_type bytes{};
  std::ranges::copy(from.take_bytes(bytes.size()), bytes.begin());
  return uuid(bytes);
}

std::vector<append_request::stream_write> take_writes(input& from) {
  std::vector<append_request::stream_write> writes;
  for (std::size_t stream = 1 + from.below(4); stream > 0; --stream) {
    writes.push_back({stream_name(take_name(from)), any, {}});
    for (std::size_t event = 1 + from.below(4); event > 0; --event)
      writes.back().events.push_back(take_event(from));
  }
  return writes;
}

byte_vector make_commit_frame(std::span<const append_request::stream_write> writes,
                              const format::frame_prefix& fields, std::uint64_t file_offset) {
  auto commit = format::encode_commit(writes);
  format::frame_prefix prefix = fields;
  prefix.kind = format::frame_kind::commit;
  prefix.stream_count = commit.stream_count;
  prefix.length = commit.length;
  prefix.event_count = static_cast<std::uint32_t>(commit.records.size());
  prefix.body_digest = commit.body_digest;
  for (std::size_t i = 0; i < writes.size(); ++i)
    format::set_first_version(commit.frame(), i, i + 1);
  format::encode_prefix(prefix, commit.prefix(), the_store().secret, file_offset);
  const auto frame = commit.frame();
  return {frame.begin(), frame.end()};
}

std::vector<append_request::stream_write> some_writes() {
  const event_options all{
      .id = event_id(uuid_of(1)), .tags = {"vip", "late"}, .metadata = as_bytes(R"({"by":"web"})")};
  const event_data opened("order-opened", json(R"({"cents":1999})"), all);
  const event_data paid("order-paid", text("paid"), {.id = event_id(uuid_of(2))});
  return {{stream_name("order-42"), any, {opened, paid}},
          {stream_name("customer-7"), any, {event_data(paid)}}};
}

std::vector<byte_vector> some_segments(bool two) {
  os::simulated_disk disk;
  test::log_builder log(disk.open_directory("log", true).value(),
                        {.segment_size_bytes = segment_bytes, .store = the_store()});
  const auto check = [](const result<void>& done) { require(done.has_value(), "a seed is made"); };
  check(log.begin_segment());
  for (const std::size_t events : {1U, 2U, 3U}) check(log.commit_synced(events));
  check(log.mark());
  if (two) {
    check(log.begin_segment());
    check(log.commit_synced(2));
    check(log.seal_previous());
    check(log.commit());
  }
  std::vector<byte_vector> segments;
  for (auto& [path, bytes] : disk.files()) segments.push_back(std::move(bytes));
  return segments;
}

}  // namespace mainstem::fuzz
