// SPDX-License-Identifier: Apache-2.0
#include "reseal.h"

#include <vector>

#include "base/bytes.h"
#include "base/checksum.h"
#include "format/commit_body.h"
#include "format/frame.h"
#include "format/layout.h"

namespace mainstem::fuzz {
namespace {

using namespace format;

/// Sets the checksums of table and records. @returns the body digest.
std::uint64_t reseal_commit(std::span<std::byte> body) {
  if (body.size() < commit_body_layout::size) return 0;
  const std::uint64_t table_size =
      commit_body_layout::size +
      std::uint64_t{load<std::uint32_t>(body.data() + commit_body_layout::table_size.offset)};
  if (table_size > body.size()) return 0;

  std::vector<std::byte*> places{body.data()};
  std::vector<std::uint64_t> sums{checksum64(body.subspan(8, table_size - 8))};
  for (std::uint64_t at = table_size;;) {
    const auto record = decode_record(body.subspan(at));
    if (!record) break;
    places.push_back(body.data() + at);
    sums.push_back(checksum64(record->bytes.subspan(8)));
    at += record->bytes.size();
  }
  const std::uint64_t digest = checksum64(std::as_bytes(std::span(sums)));
  for (std::size_t i = 0; i < sums.size(); ++i) store_at(places[i], sums[i] ^ digest);
  return digest;
}

constexpr std::uint64_t most_counted = 10'000;

template <class Integer>
void make_small(std::byte* at, Integer least) {
  const auto value = load<Integer>(at);
  if (value < least || value > most_counted)
    store_at(at, static_cast<Integer>(least + value % most_counted));
}

void make_prefix_small(std::span<std::byte> frame, std::size_t prefix_size) {
  namespace at = frame_prefix_layout;
  make_small<std::uint32_t>(frame.data() + at::epoch.offset, 0);
  make_small<std::uint64_t>(frame.data() + at::first_position.offset, 1);
  make_small<std::uint64_t>(frame.data() + at::durable_position.offset, 0);
  make_small<std::uint32_t>(frame.data() + at::event_count.offset, 0);
  for (std::size_t i = at::size; i < prefix_size; i += at::first_version_size)
    make_small<std::uint64_t>(frame.data() + i, 1);
}

void make_trailer_small(std::span<std::byte> body) {
  if (body.size() < trailer_body_layout::size) return;
  make_small<std::uint64_t>(body.data() + trailer_body_layout::first_position.offset, 1);
  make_small<std::uint64_t>(body.data() + trailer_body_layout::last_position.offset, 0);
}

void seal_prefix(std::span<std::byte> frame, const store_identity& store,
                 std::uint64_t file_offset) {
  std::byte* const to = frame.data();
  store_at(to + frame_prefix_layout::checksum.offset,
           checksum64(frame.first(frame_prefix_layout::size).subspan(8),
                      store.secret ^ (file_offset * 0x9e3779b97f4a7c15U)));
}

void chain_frame(std::span<std::byte> frame, std::uint32_t segment, std::uint32_t epoch,
                 std::uint64_t chain) {
  store_at(frame.data() + frame_prefix_layout::segment.offset, segment);
  store_at(frame.data() + frame_prefix_layout::epoch.offset, epoch);
  store_at(frame.data() + frame_prefix_layout::previous_checksum.offset, chain);
}

}  // namespace

void reseal_header(std::span<std::byte> file, const store_identity& store) {
  namespace at = segment_header_layout;
  if (file.size() < at::size) return;
  store_at(file.data() + at::magic.offset, segment_magic);
  make_small<std::uint64_t>(file.data() + at::first_position.offset, 1);
  make_small<std::uint32_t>(file.data() + at::epoch.offset, 0);
  store_at(file.data() + at::checksum.offset,
           checksum64(file.first(at::checksum.offset), store.secret));
}

std::uint32_t reseal_frame(std::span<std::byte> rest, const store_identity& store,
                           std::uint64_t file_offset) {
  namespace at = frame_prefix_layout;
  if (rest.size() < at::size) return 0;
  const auto length = load<std::uint32_t>(rest.data() + at::length.offset);
  const auto streams = load<std::uint16_t>(rest.data() + at::stream_count.offset);
  const std::size_t prefix_size = prefix_bytes(streams);
  if (length > rest.size() || length < prefix_size || length % alignment_bytes != 0) return 0;

  const auto frame = rest.first(length);
  const auto body = frame.subspan(prefix_size);
  const auto kind = static_cast<frame_kind>(load<std::uint8_t>(frame.data() + at::kind.offset));
  std::uint64_t digest = 0;
  if (kind == frame_kind::commit) digest = reseal_commit(body);
  if (kind == frame_kind::trailer) {
    make_trailer_small(body);
    digest = checksum64(body);
  }
  make_prefix_small(frame, prefix_size);
  store_at(frame.data() + at::body_digest.offset, digest);
  store_at(frame.data() + at::versions_digest.offset,
           checksum64(frame.first(prefix_size).subspan(at::size)));
  store_at(frame.data() + at::magic.offset, frame_magic);
  seal_prefix(frame, store, file_offset);
  return length;
}

void reseal_segment(std::span<std::byte> file, const store_identity& store, const resealing& what,
                    std::uint64_t& chain) {
  namespace at = frame_prefix_layout;
  if (file.size() < segment_header_layout::size) return;
  const auto number = load<std::uint32_t>(file.data() + segment_header_layout::segment.offset);
  const auto epoch = load<std::uint32_t>(file.data() + segment_header_layout::epoch.offset);
  if (what.chain) store_at(file.data() + segment_header_layout::previous_checksum.offset, chain);
  if (what.header) reseal_header(file, store);
  if (!what.frames) return;
  std::uint64_t offset = find_frame_magic(file, segment_header_layout::size);
  while (offset < file.size()) {
    const auto rest = file.subspan(offset);
    if (what.chain) chain_frame(rest, number, epoch, chain);
    const std::uint32_t length = reseal_frame(rest, store, offset);
    const auto kind = static_cast<frame_kind>(load<std::uint8_t>(rest.data() + at::kind.offset));
    if (length != 0 && kind != frame_kind::trailer) chain = load<std::uint64_t>(rest.data());
    offset = find_frame_magic(file, offset + std::max<std::uint32_t>(length, alignment_bytes));
  }
}

void reseal_manifest(std::span<std::byte> file) {
  namespace at = manifest_layout;
  if (file.size() < at::size) return;
  store_at(file.data() + at::magic.offset, manifest_magic);
  store_at(file.data() + at::message_size.offset,
           static_cast<std::uint32_t>(file.size() - at::size));
  store_at(file.data() + at::checksum.offset,
           checksum64(file.subspan(at::size), checksum64(file.first(at::checksum.offset))));
}

void reseal_control_page(std::span<std::byte> page, const store_identity& store) {
  namespace at = control_page_layout;
  if (page.size() < at::size) return;
  store_at(page.data() + at::magic.offset, control_magic);
  const auto seal = [&](std::size_t begin) {
    const auto part = page.subspan(begin, 64);
    if (begin != 0)
      make_small<std::uint64_t>(part.data() + control_slot_layout::durable_position.offset, 0);
    store_at(part.data() + 56, checksum64(part.first(56), store.secret));
  };
  seal(0);
  seal(at::first_slot.offset);
  seal(at::second_slot.offset);
}

}  // namespace mainstem::fuzz
