// SPDX-License-Identifier: Apache-2.0
#include "index/kept_state.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>
#include <utility>

#include "base/bytes.h"
#include "base/checksum.h"
#include "base/mutant.h"

namespace mainstem::index {
namespace {

// The row of table::meta that says whose they are.
constexpr std::string_view owner_key = "owner";
constexpr std::uint32_t layout = 1;

constexpr std::size_t checksum_size = sizeof(std::uint64_t);
constexpr std::size_t version_size = sizeof(std::uint32_t);  // Of a schema, in its key.

using owner_value = std::array<std::byte, 28>;       // Checksum (8), layout (4), store id (16).
using checkpoint_value = std::array<std::byte, 16>;  // Checksum (8), position (8).

/// Seeded with the key, so that a value under another name fails like a damaged one.
std::uint64_t checksum_of(bytes_view key, bytes_view value) noexcept {
  return checksum64(value.subspan(checksum_size), checksum64(key));
}

/// The version, big-endian, then the type.
std::string schema_key(std::string_view type, std::uint32_t version) {
  std::string key;
  for (int shift = 24; shift >= 0; shift -= 8) key += static_cast<char>(version >> shift & 0xffU);
  return key.append(type);
}

error damaged(std::string what) {
  what +=
      ". Put the folder `state` back from a copy; or remove it, tell every consumer by hand where "
      "to "
      "go on, and save the schemas again";
  return {errc::corrupt_state, std::move(what)};
}

owner_value encode_owner(const uuid& store_id) {
  owner_value value{};
  store_at(value.data() + 8, layout);
  std::memcpy(value.data() + 12, store_id.bytes().data(), 16);
  store_at(value.data(), checksum_of(as_bytes(owner_key), value));
  return value;
}

checkpoint_value encode_checkpoint(std::string_view consumer, position at) {
  checkpoint_value value{};
  store_at(value.data() + 8, at.value());
  store_at(value.data(), checksum_of(as_bytes(consumer), value));
  return value;
}

result<position> decode(std::string_view consumer, bytes_view value) {
  if (value.size() != sizeof(checkpoint_value) ||
      load<std::uint64_t>(value.data()) != checksum_of(as_bytes(consumer), value)) {
    return damaged("the checkpoint of " + std::string(consumer) + " does not carry its checksum");
  }
  return position(load<std::uint64_t>(value.data() + 8));
}

result<kept_state::schema_row> decode_schema(const row& found) {
  const auto [key, value] = found;
  if (key.size() <= version_size || value.size() < checksum_size ||
      load<std::uint64_t>(value.data()) != checksum_of(key, value))
    return damaged("a saved schema does not carry its checksum");
  kept_state::schema_row row;
  row.type = as_text(key.subspan(version_size));
  row.version = 0;
  for (const std::byte digit : key.first(version_size))
    row.version = row.version << 8U | std::to_integer<std::uint32_t>(digit);
  row.bytes.assign(value.begin() + checksum_size, value.end());
  return row;
}

result<std::vector<kept_state::schema_row>> read_schemas(read_transaction& reading) {
  auto rows = reading.open_cursor(table::schemas);
  if (!rows) return rows.error();
  std::vector<kept_state::schema_row> found;
  const std::byte lowest{};
  auto next = (*rows)->seek({&lowest, 1});
  for (; next && *next; next = (*rows)->next()) {
    auto schema = decode_schema(**next);
    if (!schema) return schema.error();
    found.push_back(std::move(*schema));
  }
  if (!next) return next.error();
  std::ranges::sort(found, {}, [](const auto& each) { return std::tie(each.type, each.version); });
  return found;
}

result<void> put_schema(write_transaction& in, const kept_state::schema_row& schema) {
  const std::string key = schema_key(schema.type, schema.version);
  std::vector<std::byte> value(checksum_size);
  value.insert(value.end(), schema.bytes.begin(), schema.bytes.end());
  store_at(value.data(), checksum_of(as_bytes(key), value));
  return in.put(table::schemas, as_bytes(key), value, false);
}

}  // namespace

error as_state_error(const error& failure, const std::string& folder) {
  const bool is_raw = failure == errc::corrupt_index;
  if (!is_raw && !(failure == errc::corrupt_state)) return failure;
  error_info info = failure.info();
  if (is_raw) info.detail = damaged(info.detail).info().detail;
  if (info.path.empty()) info.path = folder;
  return {errc::corrupt_state, std::move(info)};
}

result<std::unique_ptr<kept_state>> kept_state::open(std::unique_ptr<environment> in,
                                                     const uuid& store_id) {
  std::unique_ptr<kept_state> all(new kept_state(std::move(in)));
  if (auto owned = all->check_owner(store_id); !owned) return owned.error();
  return all;
}

result<void> kept_state::check_owner(const uuid& store_id) {
  const owner_value expected = encode_owner(store_id);
  {
    auto reading = in_->begin_read();
    if (!reading) return reading.error();
    auto found = (*reading)->get(table::meta, as_bytes(owner_key));
    if (!found) return found.error();
    if (*found) {
      if (std::ranges::equal(**found, expected)) return {};
      return damaged("the folder belongs to another store, or its first row is damaged");
    }
  }
  return change([&](write_transaction& in) {
    return in.put(table::meta, as_bytes(owner_key), expected, false);
  });
}

template <class Change>
result<void> kept_state::change(Change&& change) {
  auto writing = in_->begin_write();
  if (!writing) return writing.error();
  if (auto changed = change(**writing); !changed) return changed;
  if (auto committed = (*writing)->commit(); !committed) return committed;
  if (MAINSTEM_MUTANT(checkpoint_not_synced)) return {};
  return in_->sync();
}

result<std::optional<position>> kept_state::checkpoint(std::string_view consumer) const {
  auto reading = in_->begin_read();
  if (!reading) return reading.error();
  auto found = (*reading)->get(table::checkpoints, as_bytes(consumer));
  if (!found) return found.error();
  if (!*found) {
    if (auto absent = check_absence(consumer); !absent) return absent.error();
    return std::optional<position>();
  }
  auto at = decode(consumer, **found);
  if (!at) return at.error();
  return std::optional(*at);
}

// No checksum stands behind that answer: with a damaged key, or a damaged branch of the tree above
// it, a checkpoint looks as if it had never been. But then some row fails its checksum, or is out
// of order. There are few consumers, and each asks once.
result<void> kept_state::check_absence(std::string_view consumer) const {
  auto all = checkpoints();
  if (!all) return all.error();
  const bool in_order = std::ranges::is_sorted(*all, {}, &consumer_row::consumer);
  if (!in_order || std::ranges::find(*all, consumer, &consumer_row::consumer) != all->end())
    return damaged("the checkpoints of consumers are out of order");
  return {};
}

result<void> kept_state::save_checkpoint(std::string_view consumer, position at) {
  const auto value = encode_checkpoint(consumer, at);
  return change([&](write_transaction& in) {
    return in.put(table::checkpoints, as_bytes(consumer), value, false);
  });
}

result<void> kept_state::forget_checkpoint(std::string_view consumer) {
  return change(
      [&](write_transaction& in) { return in.erase(table::checkpoints, as_bytes(consumer)); });
}

result<std::vector<kept_state::consumer_row>> kept_state::checkpoints() const {
  auto reading = in_->begin_read();
  if (!reading) return reading.error();
  auto rows = (*reading)->open_cursor(table::checkpoints);
  if (!rows) return rows.error();
  std::vector<consumer_row> found;
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

position kept_state::highest_checkpoint() const {
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

result<std::vector<kept_state::schema_row>> kept_state::schemas() const {
  auto reading = in_->begin_read();
  if (!reading) return reading.error();
  return read_schemas(**reading);
}

result<void> kept_state::replace_all(std::span<const consumer_row> consumers,
                                     std::span<const schema_row> schemas) {
  auto before = checkpoints();
  if (!before) return before.error();
  auto schemas_before = this->schemas();
  if (!schemas_before) return schemas_before.error();
  return change([&](write_transaction& in) -> result<void> {
    for (const consumer_row& each : *before) {
      if (auto gone = in.erase(table::checkpoints, as_bytes(each.consumer)); !gone) return gone;
    }
    for (const schema_row& each : *schemas_before) {
      const std::string key = schema_key(each.type, each.version);
      if (auto gone = in.erase(table::schemas, as_bytes(key)); !gone) return gone;
    }
    for (const consumer_row& each : consumers) {
      const auto value = encode_checkpoint(each.consumer, each.at);
      auto put = in.put(table::checkpoints, as_bytes(each.consumer), value, false);
      if (!put) return put;
    }
    for (const schema_row& each : schemas) {
      if (auto put = put_schema(in, each); !put) return put;
    }
    return {};
  });
}

result<void> kept_state::save_schemas(std::span<const schema_row> schemas,
                                      const schema_judge& judge) {
  return change([&](write_transaction& in) -> result<void> {
    auto before = read_schemas(in);
    if (!before) return before.error();
    if (auto judged = judge(std::move(*before)); !judged) return judged;
    for (const schema_row& each : schemas) {
      if (auto put = put_schema(in, each); !put) return put;
    }
    return {};
  });
}

}  // namespace mainstem::index
