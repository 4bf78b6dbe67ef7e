// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "os/simulated_disk.h"
#include "os/simulated_world.h"

namespace mainstem::os {
namespace {

using simulation::entry_operation;
using simulation::file_node;
using simulation::node_id;

file_node* find_file(const simulation::world& world, std::string_view path) {
  const auto found = world.find(path);
  return found && !found->is_directory ? world.file(*found).get() : nullptr;
}

/// The directory that `path` lies in, and the last component.
struct place {
  simulation::directory_node* directory = nullptr;
  std::string name;
};

place find_place(const simulation::world& world, std::string_view path) {
  const auto names = simulation::components(path);
  if (names.empty()) return {};
  const auto length = static_cast<std::size_t>(names.back().data() - path.data());
  const auto parent = world.find(path.substr(0, length));
  if (!parent || !parent->is_directory) return {};
  return {world.directory(*parent).get(), std::string(names.back())};
}

void write_now(simulation::world& world, file_node& node, std::uint64_t offset,
               std::span<const std::byte> bytes) {
  const std::span<const std::byte> parts[] = {bytes};
  node.write(offset, parts, bytes.size(), world.order);
  node.sync_all();
}

}  // namespace

bool simulated_disk::flip_bit(std::string_view path, std::uint64_t bit) {
  const auto held = world_->guard();
  file_node* const node = find_file(*world_, path);
  if (node == nullptr || bit / 8 >= node->size()) return false;
  const std::byte mask{static_cast<unsigned char>(1U << (bit % 8))};
  const std::array<std::byte, 1> flipped{node->content()[bit / 8] ^ mask};
  write_now(*world_, *node, bit / 8, flipped);
  return true;
}

bool simulated_disk::overwrite(std::string_view path, std::uint64_t offset,
                               std::span<const std::byte> bytes) {
  const auto held = world_->guard();
  file_node* const node = find_file(*world_, path);
  if (node == nullptr) return false;
  write_now(*world_, *node, offset, bytes);
  return true;
}

bool simulated_disk::truncate(std::string_view path, std::uint64_t size_bytes) {
  const auto held = world_->guard();
  file_node* const node = find_file(*world_, path);
  if (node == nullptr) return false;
  node->resize(size_bytes, world_->order);
  node->sync_all();
  return true;
}

bool simulated_disk::remove(std::string_view path) {
  const auto held = world_->guard();
  if (find_file(*world_, path) == nullptr) return false;
  const place where = find_place(*world_, path);
  where.directory->change({.what = entry_operation::kind::remove,
                           .order = ++world_->order,
                           .name = where.name,
                           .new_name = {},
                           .node = {}});
  where.directory->sync();
  return true;
}

bool simulated_disk::put(std::string_view path, std::span<const std::byte> bytes) {
  const auto held = world_->guard();
  file_node* node = find_file(*world_, path);
  if (node == nullptr) {
    const place where = find_place(*world_, path);
    if (where.directory == nullptr || where.directory->current().contains(where.name)) return false;
    const node_id added = world_->add_file();
    where.directory->change({.what = entry_operation::kind::link,
                             .order = ++world_->order,
                             .name = where.name,
                             .new_name = {},
                             .node = added});
    where.directory->sync();
    node = world_->file(added).get();
  }
  node->resize(0, world_->order);
  write_now(*world_, *node, 0, bytes);
  return true;
}

}  // namespace mainstem::os
