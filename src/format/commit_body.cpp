// SPDX-License-Identifier: Apache-2.0
#include "format/commit_body.h"

#include <cstring>

#include "base/assert.h"
#include "base/checksum.h"

namespace mainstem::format {
namespace {

namespace record_at = event_record_layout;
namespace body_at = commit_body_layout;

constexpr std::uint64_t mask(unsigned bits) noexcept { return (std::uint64_t{1} << bits) - 1; }

static_assert(record_at::body_offset_bits + record_at::ordinal_bits +
                  record_at::stream_ordinal_bits ==
              64);
static_assert(limits::commit_bytes / alignment_bytes <= mask(record_at::body_offset_bits) + 1);
static_assert(limits::commit_bytes / record_at::size <= mask(record_at::ordinal_bits) + 1);
static_assert(limits::tags_per_event * (1 + limits::name_bytes) <= 0xffff);

std::uint64_t encoded_tags_bytes(const event_data& event) noexcept {
  std::uint64_t size = 0;
  for (const std::string& tag : event.tags()) size += 1 + tag.size();
  return size;
}

/// Of what stands before the payload, without the padding.
std::uint64_t record_head_bytes(const event_data& event) noexcept {
  return record_at::size + event.type().size() + encoded_tags_bytes(event) +
         event.metadata().size();
}

std::uint64_t record_bytes(const event_data& event) noexcept {
  return align_up(record_head_bytes(event), alignment_bytes) +
         align_up(event.payload().size(), alignment_bytes);
}

std::uint64_t name_table_bytes(std::span<const append_request::stream_write> writes) noexcept {
  std::uint64_t size = 0;
  for (const auto& write : writes) size += 1 + write.stream.str().size();
  return align_up(size, alignment_bytes);
}

class byte_writer {
 public:
  explicit byte_writer(std::byte* to) noexcept : at_(to) {}
  void put(const void* from, std::size_t size) noexcept {
    if (size != 0) std::memcpy(at_, from, size);
    at_ += size;
  }
  void put_short_text(std::string_view text) noexcept {
    *at_++ = static_cast<std::byte>(text.size());
    put(text.data(), text.size());
  }
  void pad(const std::byte* origin) noexcept {
    while (static_cast<std::size_t>(at_ - origin) % alignment_bytes != 0) *at_++ = std::byte{0};
  }
  [[nodiscard]] std::byte* at() const noexcept { return at_; }

 private:
  std::byte* at_;
};

struct record_place {
  std::size_t body_offset_bytes;
  std::size_t ordinal;
  std::size_t stream_index;
  std::size_t stream_ordinal;
};

/// Returns the record's checksum and moves `out` behind it.
std::uint64_t encode_record(const event_data& event, const record_place& place,
                            byte_writer& out) noexcept {
  std::byte* const record = out.at();
  std::memcpy(record + record_at::id.offset, event.id().bytes().data(), record_at::id.size);
  const std::uint64_t packed = (place.body_offset_bytes / alignment_bytes) |
                               (std::uint64_t{place.ordinal} << record_at::body_offset_bits) |
                               (std::uint64_t{place.stream_ordinal}
                                << (record_at::body_offset_bits + record_at::ordinal_bits));
  store_at(record + record_at::place.offset, packed);
  store_at(record + record_at::payload_size.offset,
           static_cast<std::uint32_t>(event.payload().size()));
  store_at(record + record_at::metadata_size.offset,
           static_cast<std::uint32_t>(event.metadata().size()));
  store_at(record + record_at::stream_index.offset, static_cast<std::uint16_t>(place.stream_index));
  store_at(record + record_at::tags_size.offset,
           static_cast<std::uint16_t>(encoded_tags_bytes(event)));
  store_at(record + record_at::type_size.offset, static_cast<std::uint8_t>(event.type().size()));
  store_at(record + record_at::tag_count.offset, static_cast<std::uint8_t>(event.tags().size()));
  store_at(record + record_at::codec.offset, static_cast<std::uint8_t>(event.codec()));
  store_at(record + record_at::flags.offset, std::uint8_t{0});

  out = byte_writer(record + record_at::size);
  out.put(event.type().data(), event.type().size());
  for (const std::string& tag : event.tags()) out.put_short_text(tag);
  out.put(event.metadata().data(), event.metadata().size());
  out.pad(record);
  out.put(event.payload().data(), event.payload().size());
  out.pad(record);

  const auto size = static_cast<std::size_t>(out.at() - record);
  const std::uint64_t checksum =
      checksum64({record + record_at::checksum.size, size - record_at::checksum.size});
  store_at(record + record_at::checksum.offset, checksum);
  return checksum;
}

/// Returns the table's checksum and moves `out` behind the names.
std::uint64_t encode_table(std::span<const append_request::stream_write> writes,
                           byte_writer& out) noexcept {
  std::byte* const body = out.at();
  store_at(body + body_at::table_size.offset, static_cast<std::uint32_t>(name_table_bytes(writes)));
  store_at(body + body_at::stream_count.offset, static_cast<std::uint16_t>(writes.size()));
  store_at(body + body_at::reserved.offset, std::uint16_t{0});
  out = byte_writer(body + body_at::size);
  for (const auto& write : writes) out.put_short_text(write.stream.str());
  out.pad(body);
  const auto size = static_cast<std::size_t>(out.at() - body);
  const std::uint64_t checksum =
      checksum64({body + body_at::table_checksum.size, size - body_at::table_checksum.size});
  store_at(body + body_at::table_checksum.offset, checksum);
  return checksum;
}

// What stands in the body is XORed with the digest of all of it, which only the prefix of its own
// frame has: a part of another commit's body does not pass here.
void bind_checksum(std::byte* checksum, std::uint64_t body_digest) noexcept {
  store_at(checksum, load<std::uint64_t>(checksum) ^ body_digest);
}

std::uint64_t digest_of(std::span<const std::uint64_t> checksums) noexcept {
  return checksum64(std::as_bytes(checksums));
}

// Smaller ones the allocator keeps by itself; larger ones are too much to keep for each thread.
constexpr std::size_t least_kept_bytes = 64U << 10U;
constexpr std::size_t most_kept_bytes = 4U << 20U;

// Outlives the buffer: a frame may be destroyed after its thread's other locals.
thread_local bool kept_is_gone = false;

struct kept_memory {
  kept_memory() = default;
  kept_memory(const kept_memory&) = delete;
  kept_memory& operator=(const kept_memory&) = delete;
  ~kept_memory() { kept_is_gone = true; }

  std::unique_ptr<std::byte[]> bytes;
  std::size_t size = 0;
};
thread_local kept_memory kept_buffer;

/// The fixed part and the names, verified; nothing if they do not check out.
std::optional<std::span<const std::byte>> verified_table(std::span<const std::byte> body,
                                                         std::uint64_t body_digest) noexcept {
  if (body.size() < body_at::size) return std::nullopt;
  const auto names_size = load<std::uint32_t>(body.data() + body_at::table_size.offset);
  if (names_size > body.size() - body_at::size || names_size % alignment_bytes != 0)
    return std::nullopt;
  const auto table = body.first(body_at::size + names_size);
  const auto expected =
      load<std::uint64_t>(table.data() + body_at::table_checksum.offset) ^ body_digest;
  if (checksum64(table.subspan(body_at::table_checksum.size)) != expected) return std::nullopt;
  return table;
}

/// Takes the next length-prefixed text off the front of `from`.
std::optional<std::string_view> take_short_text(std::span<const std::byte>& from) noexcept {
  if (from.empty()) return std::nullopt;
  const auto size = std::to_integer<std::size_t>(from.front());
  if (size == 0 || size > from.size() - 1) return std::nullopt;
  const std::string_view text = as_text(from.subspan(1, size));
  from = from.subspan(1 + size);
  return text;
}

/// True if the table says that it has so many names, and has them.
bool has_names(std::span<const std::byte> table, std::size_t count) noexcept {
  if (load<std::uint16_t>(table.data() + body_at::stream_count.offset) != count) return false;
  auto rest = table.subspan(body_at::size);
  for (std::size_t i = 0; i < count; ++i) {
    if (!take_short_text(rest)) return false;
  }
  return true;
}

}  // namespace

frame_buffer::frame_buffer(std::size_t size_bytes) : size_(size_bytes) {
  if (size_bytes >= least_kept_bytes && !kept_is_gone && kept_buffer.size >= size_bytes) {
    bytes_ = std::move(kept_buffer.bytes);
    size_ = std::exchange(kept_buffer.size, 0);
  } else {
    bytes_ = std::make_unique_for_overwrite<std::byte[]>(size_bytes);
  }
}

frame_buffer::~frame_buffer() {
  if (size_ < least_kept_bytes || size_ > most_kept_bytes || kept_is_gone ||
      size_ <= kept_buffer.size)
    return;
  kept_buffer.bytes = std::move(bytes_);
  kept_buffer.size = size_;
}

std::uint64_t commit_frame_bytes(std::span<const append_request::stream_write> writes) noexcept {
  std::uint64_t size = prefix_bytes(writes.size()) + body_at::size + name_table_bytes(writes);
  for (const auto& write : writes) {
    for (const event_data& event : write.events) size += record_bytes(event);
  }
  return size;
}

encoded_commit encode_commit(std::span<const append_request::stream_write> writes) {
  encoded_commit commit;
  commit.length = static_cast<std::uint32_t>(commit_frame_bytes(writes));
  commit.stream_count = static_cast<std::uint16_t>(writes.size());
  commit.bytes = frame_buffer(commit.length);

  std::size_t event_count = 0;
  for (const auto& write : writes) event_count += write.events.size();
  commit.records.reserve(event_count);
  boost::container::small_vector<std::uint64_t, 8> checksums;
  checksums.reserve(event_count + 1);

  std::byte* const body = commit.bytes.get() + prefix_bytes(writes.size());
  byte_writer out(body);
  checksums.push_back(encode_table(writes, out));
  for (std::size_t stream = 0; stream < writes.size(); ++stream) {
    const auto& events = writes[stream].events;
    for (std::size_t i = 0; i < events.size(); ++i) {
      const auto body_offset = static_cast<std::size_t>(out.at() - body);
      commit.records.push_back({static_cast<std::uint32_t>(out.at() - commit.bytes.get()),
                                static_cast<std::uint32_t>(stream), events[i].id()});
      checksums.push_back(
          encode_record(events[i], {body_offset, commit.records.size() - 1, stream, i}, out));
    }
  }
  MAINSTEM_ASSERT(out.at() == commit.bytes.get() + commit.length);
  commit.body_digest = digest_of(checksums);
  bind_checksum(body + body_at::table_checksum.offset, commit.body_digest);
  for (const auto& record : commit.records)
    bind_checksum(commit.bytes.get() + record.offset_bytes + record_at::checksum.offset,
                  commit.body_digest);
  return commit;
}

event_id event_record::id() const noexcept {
  uuid::bytes_type id_bytes;
  std::memcpy(id_bytes.data(), bytes.data() + record_at::id.offset, id_bytes.size());
  return event_id(id_bytes);
}

std::optional<event_record> decode_record(std::span<const std::byte> from) noexcept {
  if (from.size() < record_at::size) return std::nullopt;
  const std::byte* const data = from.data();
  event_record record;
  const std::size_t payload_size = load<std::uint32_t>(data + record_at::payload_size.offset);
  const std::size_t metadata_size = load<std::uint32_t>(data + record_at::metadata_size.offset);
  const std::size_t tags_size = load<std::uint16_t>(data + record_at::tags_size.offset);
  const std::size_t type_size = load<std::uint8_t>(data + record_at::type_size.offset);
  const std::size_t payload_at =
      align_up(record_at::size + type_size + tags_size + metadata_size, alignment_bytes);
  const std::size_t size = payload_at + align_up(payload_size, alignment_bytes);
  if (size > from.size()) return std::nullopt;

  const auto place = load<std::uint64_t>(data + record_at::place.offset);
  record.checksum = load<std::uint64_t>(data + record_at::checksum.offset);
  record.bytes = from.first(size);
  record.body_offset_bytes =
      static_cast<std::uint32_t>((place & mask(record_at::body_offset_bits)) * alignment_bytes);
  record.ordinal = static_cast<std::uint32_t>((place >> record_at::body_offset_bits) &
                                              mask(record_at::ordinal_bits));
  record.stream_ordinal =
      static_cast<std::uint32_t>(place >> (record_at::body_offset_bits + record_at::ordinal_bits));
  record.stream_index = load<std::uint16_t>(data + record_at::stream_index.offset);
  record.codec = static_cast<mainstem::codec>(load<std::uint8_t>(data + record_at::codec.offset));
  record.flags = load<std::uint8_t>(data + record_at::flags.offset);
  record.tag_count = load<std::uint8_t>(data + record_at::tag_count.offset);
  record.type = as_text(from.subspan(record_at::size, type_size));
  record.encoded_tags = as_text(from.subspan(record_at::size + type_size, tags_size));
  record.metadata = from.subspan(record_at::size + type_size + tags_size, metadata_size);
  record.payload = from.subspan(payload_at, payload_size);
  return record;
}

bool verify_record(const event_record& record, std::uint64_t body_digest) noexcept {
  const std::uint64_t expected = record.checksum ^ body_digest;
  if (checksum64(record.bytes.subspan(record_at::checksum.size)) != expected) return false;
  std::span<const std::byte> tags = as_bytes(record.encoded_tags);
  std::size_t count = 0;
  for (; !tags.empty(); ++count) {
    if (!take_short_text(tags)) return false;
  }
  return count == record.tag_count;
}

std::optional<stream_table> decode_stream_table(std::span<const std::byte> body,
                                                std::size_t stream_count,
                                                std::uint64_t body_digest) {
  const auto verified = verified_table(body, body_digest);
  if (!verified) return std::nullopt;
  stream_table table;
  table.size_bytes = verified->size();
  table.checksum = load<std::uint64_t>(verified->data() + body_at::table_checksum.offset);
  table.names.reserve(stream_count);
  auto rest = verified->subspan(body_at::size);
  for (std::size_t i = 0; i < stream_count; ++i) {
    const auto name = take_short_text(rest);
    if (!name) return std::nullopt;
    table.names.push_back(*name);
  }
  return table;
}

std::optional<std::string_view> stream_name_at(std::span<const std::byte> body, std::size_t index,
                                               std::uint64_t body_digest) noexcept {
  const auto verified = verified_table(body, body_digest);
  if (!verified) return std::nullopt;
  auto rest = verified->subspan(body_at::size);
  for (std::size_t i = 0;; ++i) {
    const auto name = take_short_text(rest);
    if (!name || i == index) return name;
  }
}

std::size_t read_stream_names(std::span<const std::byte> body, std::size_t stream_count,
                              std::vector<std::string_view>& names) {
  names.clear();
  const auto names_size = load<std::uint32_t>(body.data() + body_at::table_size.offset);
  auto rest = body.subspan(body_at::size, names_size);
  for (std::size_t i = 0; i < stream_count; ++i) {
    const auto name = take_short_text(rest);
    if (!name) break;
    names.push_back(*name);
  }
  return body_at::size + names_size;
}

std::optional<event_record> record_cursor::next(bool verify) noexcept {
  if (at_ >= body_.size()) return std::nullopt;
  auto record = decode_record(body_.subspan(at_));
  if (!record || (verify && !verify_record(*record, body_digest_))) return std::nullopt;
  at_ += record->bytes.size();
  return record;
}

bool verify_commit(const frame_prefix& prefix, std::span<const std::byte> frame) {
  const auto body = frame.first(prefix.length).subspan(prefix_bytes(prefix.stream_count));
  const auto table = verified_table(body, prefix.body_digest);
  if (!table || !verify_versions(prefix, frame) || !has_names(*table, prefix.stream_count))
    return false;
  // A count must not decide how much memory is asked for.
  if (prefix.event_count > body.size() / record_at::size) return false;
  // The digest as digest_of() computes it, without a vector of all checksums.
  std::vector<std::uint64_t> checksums;
  checksums.reserve(prefix.event_count + std::size_t{1});
  checksums.push_back(load<std::uint64_t>(table->data() + body_at::table_checksum.offset) ^
                      prefix.body_digest);
  record_cursor cursor(body, table->size(), prefix.body_digest);
  for (std::uint32_t i = 0; i < prefix.event_count; ++i) {
    const auto record = cursor.next(true);
    if (!record || record->ordinal != i || record->stream_index >= prefix.stream_count)
      return false;
    checksums.push_back(record->checksum ^ prefix.body_digest);
  }
  return cursor.at_end() && digest_of(checksums) == prefix.body_digest;
}

}  // namespace mainstem::format
