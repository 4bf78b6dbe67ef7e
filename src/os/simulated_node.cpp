// SPDX-License-Identifier: Apache-2.0
#include "os/simulated_node.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "base/assert.h"

namespace mainstem::os::simulation {

void file_operation::apply_granule(std::uint64_t granule, std::span<std::byte> target) const {
  const std::size_t start = granule * granule_bytes;
  if (start >= target.size()) return;
  const auto into = target.subspan(start, std::min(granule_bytes, target.size() - start));
  if (!bytes) {
    std::fill(into.begin(), into.end(), std::byte{0});
    return;
  }
  const std::size_t from = (granule - first_granule) * granule_bytes;
  std::memcpy(into.data(), bytes->data() + from, into.size());
}

std::span<const std::byte> file_node::content() {
  if (!content_ && operations_.empty()) return *durable_;
  materialize();
  return {content_->bytes.get(), size_};
}

std::shared_ptr<const buffer> file_node::content_buffer() {
  materialize();
  return content_;
}

void file_node::materialize() {
  if (content_) return;
  content_ = std::make_shared<buffer>(granules_for(size_) * granule_bytes);
  const std::span<std::byte> target(content_->bytes.get(), size_);
  const std::size_t durable_bytes = std::min(durable_->size(), target.size());
  std::copy_n(durable_->data(), durable_bytes, content_->bytes.get());
  std::fill_n(content_->bytes.get() + durable_bytes, content_->capacity - durable_bytes,
              std::byte{0});
  for (const file_operation& operation : operations_) {
    for (std::uint64_t i = 0; i < operation.granule_count; ++i) {
      operation.apply_granule(operation.first_granule + i, target);
    }
  }
}

void file_node::ensure_capacity(std::uint64_t bytes) {
  materialize();
  if (bytes <= content_->capacity) return;
  const std::uint64_t capacity = granules_for(bytes) * granule_bytes;
  auto larger = std::make_shared<buffer>(capacity);
  std::copy_n(content_->bytes.get(), size_, larger->bytes.get());
  std::fill_n(larger->bytes.get() + size_, capacity - size_, std::byte{0});
  std::erase_if(old_contents_, [](const auto& old) { return old.expired(); });
  old_contents_.push_back(content_);
  content_ = std::move(larger);
}

void file_node::mirror(std::uint64_t offset, std::uint64_t bytes) {
  for (const auto& weak : old_contents_) {
    const auto old = weak.lock();
    if (!old || offset >= old->capacity) continue;
    const std::size_t count = std::min<std::uint64_t>(bytes, old->capacity - offset);
    std::memcpy(old->bytes.get() + offset, content_->bytes.get() + offset, count);
  }
}

void file_node::clear(std::uint64_t from, std::uint64_t to) {
  std::memset(content_->bytes.get() + from, 0, to - from);
  mirror(from, to - from);
}

void file_node::write(std::uint64_t offset, std::span<const std::span<const std::byte>> parts,
                      std::uint64_t bytes, std::uint64_t& order) {
  if (bytes == 0) return;
  const std::uint64_t end = offset + bytes;
  // Doubling keeps a file that grows by small writes from being copied at each.
  materialize();
  if (end > content_->capacity) ensure_capacity(std::max<std::uint64_t>(end, size_ * 2));
  if (end > size_) set_size(end, order);

  std::uint64_t at = offset;
  for (const auto& part : parts) {
    const std::size_t count = std::min<std::uint64_t>(part.size(), end - at);
    if (count > 0) std::memcpy(content_->bytes.get() + at, part.data(), count);
    at += count;
  }
  mirror(offset, bytes);
  take_space(offset, bytes);
  const std::uint64_t first = offset / granule_bytes;
  add_write(first, granules_for(end) - first, order);
}

void file_node::add_write(std::uint64_t first_granule, std::uint64_t granule_count,
                          std::uint64_t& order) {
  const std::byte* const start = content_->bytes.get() + first_granule * granule_bytes;
  operations_.push_back(
      {.order = ++order,
       .first_granule = first_granule,
       .granule_count = granule_count,
       .bytes = std::make_shared<const image>(start, start + granule_count * granule_bytes)});
}

void file_node::set_size(std::uint64_t size_bytes, std::uint64_t& order) {
  const std::uint64_t old_size = std::exchange(size_, size_bytes);
  operations_.push_back({.order = ++order, .sets_size = true, .size = size_bytes});
  if (size_bytes >= old_size) return;

  clear(size_bytes, old_size);
  free_space_behind(size_bytes);
  if (size_bytes % granule_bytes != 0) add_write(size_bytes / granule_bytes, 1, order);
  const std::uint64_t first = granules_for(size_bytes);
  if (const std::uint64_t count = granules_for(old_size) - first; count > 0) {
    operations_.push_back({.order = ++order, .first_granule = first, .granule_count = count});
  }
}

void file_node::resize(std::uint64_t size_bytes, std::uint64_t& order) {
  ensure_capacity(size_bytes);
  if (size_bytes != size_) set_size(size_bytes, order);
}

void file_node::reserve(std::uint64_t size_bytes, std::uint64_t& order) {
  ensure_capacity(size_bytes);
  take_space(0, size_bytes);
  if (size_bytes > size_) set_size(size_bytes, order);
}

std::vector<file_operation> file_node::lost_after_sync() const {
  std::set<std::uint64_t> written_again;
  for (const file_operation& operation : operations_) {
    if (operation.lost) continue;
    for (std::uint64_t i = 0; i < operation.granule_count; ++i) {
      written_again.insert(operation.first_granule + i);
    }
  }
  std::vector<file_operation> lost;
  for (const file_operation& operation : operations_) {
    if (!operation.lost) continue;
    for (std::uint64_t i = 0; i < operation.granule_count; ++i) {
      const std::uint64_t granule = operation.first_granule + i;
      if (granule >= granules_for(size_) || written_again.contains(granule)) continue;
      image bytes(granule_bytes);
      file_operation one = operation;
      if (operation.bytes) {
        std::memcpy(bytes.data(), operation.bytes->data() + i * granule_bytes, granule_bytes);
        one.bytes = std::make_shared<const image>(std::move(bytes));
      }
      one.first_granule = granule;
      one.granule_count = 1;
      lost.push_back(std::move(one));
    }
  }
  return lost;
}

void file_node::sync() {
  if (operations_.empty()) return;
  if (std::exchange(durable_shared_, false)) {
    auto own = std::make_shared<image>();
    own->reserve(std::max<std::size_t>(durable_->size(), size_));
    own->assign(durable_->begin(), durable_->end());
    durable_ = std::move(own);
  }
  durable_->resize(size_);
  for (const file_operation& operation : operations_) {
    if (operation.lost) continue;
    for (std::uint64_t i = 0; i < operation.granule_count; ++i) {
      operation.apply_granule(operation.first_granule + i, *durable_);
    }
  }
  operations_ = lost_after_sync();
}

void file_node::fail_sync() {
  // The size is not a page: it stays to be made durable by a later sync.
  for (file_operation& operation : operations_)
    operation.lost = operation.lost || !operation.sets_size;
}

void file_node::drop_last_write() {
  operations_.back().lost = true;
  operations_.back().dropped = true;
}

void file_node::lead_astray(file_node& target, std::uint64_t offset, std::uint64_t& order) const {
  file_operation stray = operations_.back();
  stray.order = ++order;
  stray.first_granule = offset / granule_bytes;
  // Behind this file's own write, which is the last one still.
  target.operations_.insert(
      &target == this ? target.operations_.end() - 1 : target.operations_.end(), std::move(stray));
}

void file_node::sync_all() {
  for (file_operation& operation : operations_) operation.lost = operation.dropped;
  sync();
}

void file_node::settle(std::shared_ptr<image> bytes) {
  MAINSTEM_ASSERT(!content_);
  durable_ = std::move(bytes);
  durable_shared_ = false;
  operations_.clear();
  size_ = durable_->size();
  free_space_behind(size_);
}

std::shared_ptr<file_node> file_node::copy() {
  durable_shared_ = true;
  auto other = std::make_shared<file_node>();
  other->durable_ = durable_;
  other->durable_shared_ = true;
  other->operations_ = operations_;
  other->size_ = size_;
  other->taken_ = taken_;
  other->used_granules_ = used_granules_;
  return other;
}

std::uint64_t file_node::missing_granules(std::uint64_t offset, std::uint64_t bytes) const {
  std::uint64_t missing = 0;
  for (std::uint64_t i = offset / granule_bytes; i < granules_for(offset + bytes); ++i) {
    if (i >= taken_.size() || !taken_[i]) ++missing;
  }
  return missing;
}

void file_node::take_space(std::uint64_t offset, std::uint64_t bytes) {
  const std::uint64_t end = granules_for(offset + bytes);
  if (end > taken_.size()) taken_.resize(end);
  for (std::uint64_t i = offset / granule_bytes; i < end; ++i) {
    if (!taken_[i]) ++used_granules_;
    taken_[i] = true;
  }
}

void file_node::free_space_behind(std::uint64_t size_bytes) {
  const std::uint64_t end = granules_for(size_bytes);
  if (end >= taken_.size()) return;
  used_granules_ -= static_cast<std::uint64_t>(
      std::count(taken_.begin() + static_cast<std::ptrdiff_t>(end), taken_.end(), true));
  taken_.resize(end);
}

void entry_operation::apply(entries& target) const {
  switch (what) {
    case kind::link: target[name] = node; return;
    case kind::rename:
      if (const auto found = target.find(name); found != target.end() && name != new_name) {
        target[new_name] = found->second;
        target.erase(name);
      }
      return;
    case kind::remove: target.erase(name); return;
  }
}

void directory_node::change(entry_operation operation) {
  auto changed = std::make_shared<entries>(*current_);
  operation.apply(*changed);
  current_ = std::move(changed);
  operations_.push_back(std::move(operation));
}

void directory_node::sync() {
  durable_ = current_;
  operations_.clear();
}

void directory_node::settle(entries all) {
  current_ = std::make_shared<entries>(std::move(all));
  sync();
}

}  // namespace mainstem::os::simulation
