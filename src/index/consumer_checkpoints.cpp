// SPDX-License-Identifier: Apache-2.0
#include "index/consumer_checkpoints.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/checksum.h"

namespace mainstem::index {
namespace {

// The row of table::meta that says whose they are.
constexpr std::string_view owner_key = "owner";
constexpr std::uint32_t layout = 1;

using owner_value = std::array<std::byte, 28>;       // Checksum (8), layout (4), store id (16).
using checkpoint_value = std::array<std::byte, 16>;  // Checksum (8), position (8).

/// Seeded with the key, so that a value under another name fails like a damaged one.
std::uint64_t checksum_of(bytes_view key, bytes_view value) noexcept {
  return checksum64(value.subspan(8), checksum64(key));
}

error damaged(std::string what) {
  what +=
      ". Put the folder `state` back from a copy, or remove it and tell every consumer by hand "
      "where to go on";
  return {errc::corrupt_checkpoints, std::move(what)};
}

owner_value encode_owner(const uuid& store_id) {
  owner_value value{};
  store_at(value.data() + 8, layout);
  std::memcpy(value.data() + 12, store_id.bytes().data(), 16);
  store_at(value.data(), checksum_of(as_bytes(owner_key), value));
  return value;
}

result<position> decode(std::string_view consumer, bytes_view value) {
  if (value.size() != sizeof(checkpoint_value) ||
      load<std::uint64_t>(value.data()) != checksum_of(as_bytes(consumer), value)) {
    return damaged("the checkpoint of " + std::string(consumer) + " does not carry its checksum");
  }
  return position(load<std::uint64_t>(value.data() + 8));
}

}  // namespace

error as_checkpoint_error(const error& failure) {
  if (!(failure == errc::corrupt_index)) return failure;
  error_info info = failure.info();
  info.detail = damaged(info.detail).info().detail;
  return {errc::corrupt_checkpoints, std::move(info)};
}

result<std::unique_ptr<consumer_checkpoints>> consumer_checkpoints::open(
    std::unique_ptr<environment> in, const uuid& store_id) {
  std::unique_ptr<consumer_checkpoints> all(new consumer_checkpoints(std::move(in)));
  if (auto owned = all->check_owner(store_id); !owned) return owned.error();
  return all;
}

result<void> consumer_checkpoints::check_owner(const uuid& store_id) {
  const owner_value expected = encode_owner(store_id);
  {
    auto reading = in_->begin_read();
    if (!reading) return reading.error();
    auto found = (*reading)->get(table::meta, as_bytes(owner_key));
    if (!found) return found.error();
    if (*found) {
      if (std::ranges::equal(**found, expected)) return {};
      return damaged("the checkpoints belong to another store, or their first row is damaged");
    }
  }
  return change([&](write_transaction& in) {
    return in.put(table::meta, as_bytes(owner_key), expected, false);
  });
}

template <class Change>
result<void> consumer_checkpoints::change(Change&& change) {
  auto writing = in_->begin_write();
  if (!writing) return writing.error();
  if (auto changed = change(**writing); !changed) return changed;
  if (auto committed = (*writing)->commit(); !committed) return committed;
  return in_->sync();
}

result<std::optional<position>> consumer_checkpoints::find(std::string_view consumer) const {
  auto reading = in_->begin_read();
  if (!reading) return reading.error();
  auto found = (*reading)->get(table::checkpoints, as_bytes(consumer));
  if (!found) return found.error();
  if (!*found) return std::optional<position>();
  auto at = decode(consumer, **found);
  if (!at) return at.error();
  return std::optional(*at);
}

result<void> consumer_checkpoints::save(std::string_view consumer, position at) {
  checkpoint_value value{};
  store_at(value.data() + 8, at.value());
  store_at(value.data(), checksum_of(as_bytes(consumer), value));
  return change([&](write_transaction& in) {
    return in.put(table::checkpoints, as_bytes(consumer), value, false);
  });
}

result<void> consumer_checkpoints::forget(std::string_view consumer) {
  return change(
      [&](write_transaction& in) { return in.erase(table::checkpoints, as_bytes(consumer)); });
}

result<std::vector<consumer_checkpoints::entry>> consumer_checkpoints::all() const {
  auto reading = in_->begin_read();
  if (!reading) return reading.error();
  auto rows = (*reading)->open_cursor(table::checkpoints);
  if (!rows) return rows.error();
  std::vector<entry> found;
  const std::byte lowest{};
  auto next = (*rows)->seek({&lowest, 1});
  for (; next && *next; next = (*rows)->next()) {
    std::string consumer(as_text((*next)->key));
    auto at = decode(consumer, (*next)->value);
    if (!at) return at.error();
    found.push_back({std::move(consumer), *at});
  }
  if (!next) return next.error();
  return found;
}

position consumer_checkpoints::highest() const {
  position best;
  auto reading = in_->begin_read();
  if (!reading) return best;
  auto rows = (*reading)->open_cursor(table::checkpoints);
  if (!rows) return best;
  const std::byte lowest{};
  for (auto next = (*rows)->seek({&lowest, 1}); next && *next; next = (*rows)->next()) {
    if (auto at = decode(as_text((*next)->key), (*next)->value)) best = std::max(best, *at);
  }
  return best;
}

}  // namespace mainstem::index
