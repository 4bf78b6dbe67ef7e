// SPDX-License-Identifier: Apache-2.0
#include "format/control_page.h"

#include <array>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/checksum.h"
#include "base/mutant.h"
#include "format/layout.h"
#include "format/uuid_field.h"

namespace mainstem::format {
namespace {

namespace at = control_page_layout;
namespace slot = control_slot_layout;

constexpr std::uint32_t oldest_reader = 1;  // 0.1

constexpr field slot_of(std::uint64_t sequence) noexcept {
  return sequence % 2 == 0 ? at::first_slot : at::second_slot;
}

void encode_slot(const control_state& state, const store_identity& store, std::byte* to) {
  std::memset(to, 0, slot::size);
  store_at(to + slot::sequence.offset, state.sequence);
  store_at(to + slot::epoch.offset, state.epoch);
  store_at(to + slot::segment.offset, state.durable.segment);
  store_at(to + slot::offset.offset, state.durable.offset_bytes);
  store_at(to + slot::durable_position.offset, state.durable.last.value());
  store_at(to + slot::chain.offset, state.durable.chain);
  store_at(to + slot::checksum.offset,
           checksum64(std::span<const std::byte>(to, slot::checksum.offset), store.secret));
}

std::optional<control_state> decode_slot(std::span<const std::byte> from,
                                         const store_identity& store) {
  // A copy first: whoever writes may change the bytes between the check and the reading.
  std::array<std::byte, slot::size> copy;
  std::memcpy(copy.data(), from.data(), slot::size);
  const std::span<const std::byte> bytes(copy);
  if (load<std::uint64_t>(copy.data() + slot::checksum.offset) !=
          checksum64(bytes.first(slot::checksum.offset), store.secret) &&
      !MAINSTEM_MUTANT(control_page_believed)) {
    return std::nullopt;
  }
  control_state state;
  state.sequence = load<std::uint64_t>(copy.data() + slot::sequence.offset);
  state.epoch = load<std::uint32_t>(copy.data() + slot::epoch.offset);
  state.durable.segment = load<std::uint32_t>(copy.data() + slot::segment.offset);
  state.durable.offset_bytes = load<std::uint64_t>(copy.data() + slot::offset.offset);
  state.durable.last = position(load<std::uint64_t>(copy.data() + slot::durable_position.offset));
  state.durable.chain = load<std::uint64_t>(copy.data() + slot::chain.offset);
  return state;
}

}  // namespace

void encode_control_page(const control_state& state, const store_identity& store,
                         std::span<std::byte> into) {
  MAINSTEM_ASSERT(into.size() == at::size);
  std::byte* const to = into.data();
  std::memset(to, 0, at::size);
  store_at(to + at::magic.offset, control_magic);
  store_at(to + at::format_version.offset, format_version);
  store_at(to + at::minimum_reader.offset, oldest_reader);
  put_uuid(to + at::store_id.offset, store.store_id);
  put_uuid(to + at::lineage_id.offset, store.lineage_id);
  store_at(to + at::checksum.offset, checksum64(into.first(at::checksum.offset), store.secret));
  encode_slot(state, store, to + at::first_slot.offset);
  encode_slot(state, store, to + at::second_slot.offset);
  store_at(to + at::wake_word.offset, static_cast<std::uint32_t>(state.sequence));
}

void update_control_page(const control_state& state, const store_identity& store,
                         std::span<std::byte> page) {
  MAINSTEM_ASSERT(page.size() == at::size);
  encode_slot(state, store, page.data() + slot_of(state.sequence).offset);
  store_at(page.data() + at::wake_word.offset, static_cast<std::uint32_t>(state.sequence));
}

result<void> check_control_page(std::span<const std::byte> page, const store_identity& store) {
  if (page.size() < at::size) return error(errc::corrupt_data, "the control page is too short");
  const std::byte* const data = page.data();
  if (load<std::uint64_t>(data + at::magic.offset) != control_magic)
    return error(errc::corrupt_data, "this is no control page");
  if (load<std::uint64_t>(data + at::checksum.offset) !=
      checksum64(page.first(at::checksum.offset), store.secret)) {
    if (get_uuid(data + at::store_id.offset) != store.store_id)
      return error(errc::foreign_file, "the control page is of another store");
    return error(errc::corrupt_data, "the control page does not carry its checksum");
  }
  if (load<std::uint32_t>(data + at::format_version.offset) != format_version)
    return error(errc::unsupported_format, "the control page was written by a newer version");
  return {};
}

std::optional<control_state> read_control_page(std::span<const std::byte> page,
                                               const store_identity& store) {
  const auto first = decode_slot(page.subspan(at::first_slot.offset, slot::size), store);
  const auto second = decode_slot(page.subspan(at::second_slot.offset, slot::size), store);
  if (!first || (second && second->sequence > first->sequence)) return second;
  return first;
}

}  // namespace mainstem::format
