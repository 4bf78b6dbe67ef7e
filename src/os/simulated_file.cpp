// SPDX-License-Identifier: Apache-2.0
#include "os/simulated_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "os/system_error.h"

namespace mainstem::os {
namespace {

class simulated_mapping final : public mapping {
 public:
  simulated_mapping(std::shared_ptr<const simulation::buffer> content, std::size_t size) noexcept
      : content_(std::move(content)), size_(size) {}
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept override {
    return {content_->bytes.get(), size_};
  }

 private:
  std::shared_ptr<const simulation::buffer> content_;
  std::size_t size_;
};

void flip_bit(std::span<std::byte> bytes, std::uint64_t bit) {
  if (bytes.empty()) return;
  const std::uint64_t at = bit % (bytes.size() * 8);
  bytes[at / 8] ^= std::byte{static_cast<unsigned char>(1U << (at % 8))};
}

}  // namespace

simulation::file_node* simulated_file::stray_target(const fault& how) const {
  if (how.to_path.empty()) return node_.get();
  const auto found = world_->find(how.to_path);
  return found && !found->is_directory ? world_->file(*found).get() : nullptr;
}

result<std::size_t> simulated_file::read_at(std::uint64_t offset, std::span<std::byte> into) {
  const auto held = world_->guard();
  const auto verdict = world_->enter(call_kind::read, path_, offset, into.size());
  if (verdict.error != 0) {
    return system_error(verdict.error, attempt_at("read", into.size(), offset), path_, offset);
  }
  const auto content = node_->content();
  if (offset >= content.size()) return std::size_t{0};
  const std::size_t count = std::min<std::size_t>(into.size(), content.size() - offset);
  if (count > 0) std::memcpy(into.data(), content.data() + offset, count);
  if (verdict.is(fault_effect::flips_a_bit)) flip_bit(into.first(count), verdict.how->bit);
  return count;
}

result<void> simulated_file::write_at(std::uint64_t offset,
                                      std::span<const std::span<const std::byte>> parts) {
  const auto held = world_->guard();
  std::uint64_t bytes = 0;
  for (const auto& part : parts) bytes += part.size();
  const auto verdict = world_->enter(call_kind::write, path_, offset, bytes);

  int failure = verdict.error;
  std::uint64_t written = bytes;
  if (failure != 0) {
    written = verdict.is(fault_effect::fails_halfway) ? bytes / 2 : 0;
  } else if (!writable_) {
    failure = EBADF;
    written = 0;
  } else if (bytes > simulation::max_file_bytes || offset > simulation::max_file_bytes - bytes) {
    failure = EFBIG;
    written = 0;
  }
  if (written > 0) {
    const std::uint64_t fitting = world_->writable_bytes(*node_, offset, written);
    if (fitting < written && failure == 0) failure = ENOSPC;
    if (fitting > 0) carry_out(offset, parts, fitting, verdict);
  }
  if (failure == 0) return {};
  return system_error(failure, attempt_at("write", bytes, offset), path_, offset);
}

void simulated_file::carry_out(std::uint64_t offset,
                               std::span<const std::span<const std::byte>> parts,
                               std::uint64_t bytes, const simulation::verdict& verdict) {
  std::vector<std::byte> flipped;
  std::span<const std::byte> whole;
  if (verdict.is(fault_effect::flips_a_bit)) {
    for (const auto& part : parts) flipped.insert(flipped.end(), part.begin(), part.end());
    flip_bit(flipped, verdict.how->bit);
    whole = flipped;
    parts = {&whole, 1};
  }
  node_->write(offset, parts, bytes, world_->order);
  if (verdict.is(fault_effect::goes_astray)) {
    if (auto* const target = stray_target(*verdict.how))
      node_->lead_astray(*target, verdict.how->to_offset, world_->order);
    node_->drop_last_write();
  }
  if (verdict.is(fault_effect::is_lost)) node_->drop_last_write();
}

result<void> simulated_file::sync() {
  const auto held = world_->guard();
  const auto verdict = world_->enter(call_kind::sync, path_);
  if (verdict.error != 0) {
    node_->fail_sync();
    return system_error(verdict.error, "sync", path_);
  }
  if (!verdict.is(fault_effect::lies)) node_->sync();
  return {};
}

result<std::uint64_t> simulated_file::size() {
  const auto held = world_->guard();
  const auto verdict = world_->enter(call_kind::size, path_);
  if (verdict.error != 0) return system_error(verdict.error, "find the size of", path_);
  return node_->size();
}

result<void> simulated_file::resize(std::uint64_t size_bytes) {
  const auto held = world_->guard();
  int failure = world_->enter(call_kind::resize, path_, 0, size_bytes).error;
  if (failure == 0 && !writable_) failure = EINVAL;
  if (failure == 0 && size_bytes > simulation::max_file_bytes) failure = EFBIG;
  if (failure != 0) return system_error(failure, attempt_to("set the size to", size_bytes), path_);
  node_->resize(size_bytes, world_->order);
  return {};
}

result<void> simulated_file::allocate(std::uint64_t size_bytes) {
  const auto held = world_->guard();
  int failure = world_->enter(call_kind::allocate, path_, 0, size_bytes).error;
  if (failure == 0 && !writable_) failure = EBADF;
  if (failure == 0 && size_bytes > simulation::max_file_bytes) failure = EFBIG;
  if (failure == 0 && world_->writable_bytes(*node_, 0, size_bytes) < size_bytes) failure = ENOSPC;
  if (failure != 0) return system_error(failure, attempt_to("allocate", size_bytes), path_);
  node_->reserve(size_bytes, world_->order);
  return {};
}

result<std::shared_ptr<const mapping>> simulated_file::map() {
  const auto held = world_->guard();
  const auto verdict = world_->enter(call_kind::map, path_);
  const std::size_t size = node_->size();
  if (verdict.error != 0) return system_error(verdict.error, attempt_to("map", size), path_);
  return std::shared_ptr<const mapping>(
      std::make_shared<simulated_mapping>(node_->content_buffer(), size));
}

}  // namespace mainstem::os
