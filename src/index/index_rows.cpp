// SPDX-License-Identifier: Apache-2.0
#include "index/index_rows.h"

#include <algorithm>
#include <string>

#include "base/assert.h"
#include "base/checksum.h"

namespace mainstem::index {
namespace {

constexpr std::size_t checksum_bytes = 8;
constexpr std::size_t entry_header_bytes = 16;
constexpr std::size_t bytes_per_event = 12;
// A damaged count must not make anything large. Nobody merges more runs than this at once.
constexpr std::size_t most_merge_inputs = 4096;

std::uint64_t value_checksum(table home, bytes_view key, bytes_view rest) noexcept {
  return checksum64(rest, checksum64(key, static_cast<std::uint64_t>(home) + 1));
}

template <std::size_t Bytes>
void store_big_endian(std::byte* to, std::uint64_t value) noexcept {
  for (std::size_t i = 0; i < Bytes; ++i) {
    to[i] = static_cast<std::byte>(value >> (8 * (Bytes - 1 - i)));
  }
}

template <std::size_t Bytes>
std::uint64_t load_big_endian(const std::byte* from) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < Bytes; ++i) {
    value = (value << 8U) | std::to_integer<std::uint64_t>(from[i]);
  }
  return value;
}

class value_writer {
 public:
  explicit value_writer(value_bytes& into) : into_(into) {
    into_.assign(checksum_bytes, std::byte{});
  }

  template <std::integral Integer>
  void add(Integer value) {
    const std::size_t at = into_.size();
    into_.resize(at + sizeof(value));
    store_at(into_.data() + at, value);
  }
  void add_bytes(bytes_view bytes) { into_.insert(into_.end(), bytes.begin(), bytes.end()); }
  void seal(table home, bytes_view key) {
    store_at(into_.data(), value_checksum(home, key, bytes_view(into_).subspan(checksum_bytes)));
  }

 private:
  value_bytes& into_;
};

/// Reads zeros behind the end, and says so once, in finish().
class value_reader {
 public:
  value_reader(table home, bytes_view key, bytes_view value) noexcept {
    if (value.size() < checksum_bytes) return;
    rest_ = value.subspan(checksum_bytes);
    good_ = load<std::uint64_t>(value.data()) == value_checksum(home, key, rest_);
  }

  template <std::integral Integer>
  Integer take() noexcept {
    const bytes_view bytes = take_bytes(sizeof(Integer));
    return bytes.empty() ? Integer{} : load<Integer>(bytes.data());
  }
  bytes_view take_bytes(std::size_t size) noexcept {
    if (!good_ || rest_.size() < size) {
      good_ = false;
      return {};
    }
    const bytes_view taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  [[nodiscard]] bool good() const noexcept { return good_; }
  [[nodiscard]] bool finish() const noexcept { return good_ && rest_.empty(); }

 private:
  bytes_view rest_;
  bool good_ = false;
};

void add_run(value_writer& out, const run_record& run) {
  out.add(run.run);
  out.add(run.low_flush);
  out.add(run.high_flush);
  out.add(run.tier);
  out.add(run.events);
}

run_record take_run(value_reader& in) noexcept {
  run_record run;
  run.run = in.take<std::uint32_t>();
  run.low_flush = in.take<std::uint32_t>();
  run.high_flush = in.take<std::uint32_t>();
  run.tier = in.take<std::uint32_t>();
  run.events = in.take<std::uint64_t>();
  return run;
}

bool makes_sense(const run_record& run) noexcept {
  return run.run != 0 && run.low_flush != 0 && run.low_flush <= run.high_flush &&
         (run.tier != 0 || run.low_flush == run.high_flush);
}

}  // namespace

error corrupt(std::string_view what) {
  return {errc::corrupt_index, "index: " + std::string(what)};
}

bytes_view state_key() noexcept { return as_bytes("state"); }
bytes_view merge_key() noexcept { return as_bytes("merge"); }

head_key_bytes head_key(std::uint64_t stream) noexcept {
  head_key_bytes key;
  store_big_endian<6>(key.data(), stream);
  return key;
}

run_key_bytes run_key(std::uint32_t run) noexcept {
  run_key_bytes key;
  store_big_endian<4>(key.data(), run);
  return key;
}

entry_key_bytes entry_key(const entry_place& place) noexcept {
  entry_key_bytes key;
  store_big_endian<4>(key.data(), place.run);
  store_big_endian<6>(key.data() + 4, place.stream);
  store_big_endian<6>(key.data() + 10, place.first_version);
  return key;
}

std::optional<entry_place> parse_entry_key(bytes_view key) noexcept {
  if (key.size() != sizeof(entry_key_bytes)) return std::nullopt;
  return entry_place{.run = static_cast<std::uint32_t>(load_big_endian<4>(key.data())),
                     .stream = load_big_endian<6>(key.data() + 4),
                     .first_version = load_big_endian<6>(key.data() + 10)};
}

void encode_state(const index_state& state, value_bytes& into) {
  value_writer out(into);
  out.add(layout_version);
  out.add(state.flushed.segment);
  out.add_bytes(state.store_id.bytes());
  out.add(state.generation);
  out.add(state.streams);
  out.add(state.flushes);
  out.add(state.last_run);
  out.add(state.flushed.last.value());
  out.add(state.flushed.offset_bytes);
  out.add(state.flushed.chain);
  out.seal(table::meta, state_key());
}

result<index_state> decode_state(bytes_view value) {
  value_reader in(table::meta, state_key(), value);
  const auto layout = in.take<std::uint32_t>();
  if (!in.good()) return corrupt("the state row is damaged");
  if (layout != layout_version) return corrupt("its layout is number " + std::to_string(layout));
  index_state state;
  state.flushed.segment = in.take<std::uint32_t>();
  const bytes_view id = in.take_bytes(sizeof(uuid::bytes_type));
  state.generation = in.take<std::uint64_t>();
  state.streams = in.take<std::uint64_t>();
  state.flushes = in.take<std::uint32_t>();
  state.last_run = in.take<std::uint32_t>();
  state.flushed.last = position(in.take<std::uint64_t>());
  state.flushed.offset_bytes = in.take<std::uint64_t>();
  state.flushed.chain = in.take<std::uint64_t>();
  if (!in.finish()) return corrupt("the state row has the wrong size");
  uuid::bytes_type bytes;
  std::ranges::copy(id, bytes.begin());
  state.store_id = uuid(bytes);
  return state;
}

void encode_merge(const merge_record& merge, value_bytes& into) {
  MAINSTEM_ASSERT(merge.inputs.size() <= most_merge_inputs);
  value_writer out(into);
  out.add(static_cast<std::uint32_t>(merge.doing));
  out.add(merge.previous_flush);
  out.add(merge.next_stream);
  out.add(merge.next_version);
  add_run(out, merge.output);
  out.add(static_cast<std::uint64_t>(merge.inputs.size()));
  for (const run_record& input : merge.inputs) add_run(out, input);
  out.seal(table::meta, merge_key());
}

result<merge_record> decode_merge(bytes_view value) {
  value_reader in(table::meta, merge_key(), value);
  merge_record merge;
  const auto doing = in.take<std::uint32_t>();
  merge.doing = static_cast<merge_record::phase>(doing);
  merge.previous_flush = in.take<std::uint32_t>();
  merge.next_stream = in.take<std::uint64_t>();
  merge.next_version = in.take<std::uint64_t>();
  merge.output = take_run(in);
  const auto inputs = in.take<std::uint64_t>();
  bool sensible = in.good() && (doing == 1 || doing == 2) && makes_sense(merge.output) &&
                  inputs != 0 && inputs <= most_merge_inputs;
  for (std::uint64_t i = 0; sensible && i < inputs; ++i) {
    merge.inputs.push_back(take_run(in));
    sensible = in.good() && makes_sense(merge.inputs.back());
  }
  if (!sensible || !in.finish()) return corrupt("the merge row is damaged");
  return merge;
}

void encode_name(std::string_view stream, std::uint64_t number, value_bytes& into) {
  value_writer out(into);
  out.add(number);
  out.seal(table::names, as_bytes(stream));
}

result<std::uint64_t> decode_name(bytes_view key, bytes_view value) {
  value_reader in(table::names, key, value);
  const auto number = in.take<std::uint64_t>();
  if (!in.finish() || number == 0 || number > largest_48_bits) {
    return corrupt("the name of a stream is damaged");
  }
  return number;
}

void encode_head(const stream_head& head, value_bytes& into) {
  value_writer out(into);
  out.add(head.last_version.value());
  out.add(head.last_position.value());
  out.add(head.last_flush);
  out.seal(table::heads, head_key(head.number));
}

result<stream_head> decode_head(std::uint64_t number, bytes_view value) {
  value_reader in(table::heads, head_key(number), value);
  stream_head head;
  head.number = number;
  head.last_version = version(in.take<std::uint64_t>());
  head.last_position = position(in.take<std::uint64_t>());
  head.last_flush = in.take<std::uint32_t>();
  if (!in.finish() || head.last_version == version{} || head.last_flush == 0 ||
      head.last_version.value() > largest_48_bits) {
    return corrupt("the head of stream number " + std::to_string(number) + " is damaged");
  }
  return head;
}

void encode_run(const run_record& run, value_bytes& into) {
  value_writer out(into);
  add_run(out, run);
  out.seal(table::runs, run_key(run.run));
}

result<run_record> decode_run(bytes_view key, bytes_view value) {
  value_reader in(table::runs, key, value);
  const run_record run = take_run(in);
  if (!in.finish() || !makes_sense(run) || !std::ranges::equal(run_key(run.run), key)) {
    return corrupt("the row of a run is damaged");
  }
  return run;
}

// Addresses stand on an 8-byte boundary of the value. Sizes are multiples of 8, since only then
// does LMDB keep the values that follow aligned as well.
void encode_entry(table home, const entry_place& place, std::uint32_t previous_flush,
                  std::span<const indexed_event> events, value_bytes& into) {
  into.assign(align_up(entry_header_bytes + bytes_per_event * events.size(), 8), std::byte{});
  store_at(into.data() + 8, previous_flush);
  store_at(into.data() + 12, static_cast<std::uint32_t>(events.size()));
  std::byte* address = into.data() + entry_header_bytes;
  std::byte* hash = address + 8 * events.size();
  for (const indexed_event& event : events) {
    store_at(address, event.address.packed());
    store_at(hash, event.id_hash);
    address += 8;
    hash += 4;
  }
  store_at(into.data(),
           value_checksum(home, entry_key(place), bytes_view(into).subspan(checksum_bytes)));
}

result<entry_view> decode_entry(table home, bytes_view key, bytes_view value) {
  entry_view entry;
  if (value.size() >= entry_header_bytes) {
    entry.previous_flush_ = load<std::uint32_t>(value.data() + 8);
    entry.count_ = load<std::uint32_t>(value.data() + 12);
    entry.addresses_ = value.data() + entry_header_bytes;
  }
  if (entry.count_ == 0 ||
      value.size() !=
          align_up(entry_header_bytes + bytes_per_event * std::uint64_t{entry.count_}, 8) ||
      load<std::uint64_t>(value.data()) !=
          value_checksum(home, key, value.subspan(checksum_bytes))) {
    return corrupt("a row of events is damaged");
  }
  return entry;
}

}  // namespace mainstem::index
