// SPDX-License-Identifier: Apache-2.0
#include "os/simulated_world.h"

#include <algorithm>
#include <cerrno>

#include "os/system_error.h"

namespace mainstem::os {

bool changes_disk(call_kind kind) noexcept {
  switch (kind) {
    case call_kind::create_file:
    case call_kind::write:
    case call_kind::sync:
    case call_kind::resize:
    case call_kind::allocate:
    case call_kind::make_directory:
    case call_kind::rename:
    case call_kind::remove:
    case call_kind::remove_directory:
    case call_kind::sync_directory:
    case call_kind::lock: return true;
    case call_kind::open_file:
    case call_kind::read:
    case call_kind::size:
    case call_kind::map:
    case call_kind::open_directory:
    case call_kind::list: return false;
  }
  return false;
}

namespace simulation {

world::world() { directories_.push_back(std::make_shared<directory_node>()); }

verdict world::enter(call_kind kind, std::string_view path, std::uint64_t offset,
                     std::uint64_t bytes) {
  const call about{
      .kind = kind, .number = ++calls_, .path = path, .offset = offset, .bytes = bytes};
  ++calls_by_kind_[static_cast<std::size_t>(kind)];
  if (hook_ && changes_disk(kind)) {
    const auto hook = hook_;  // It may set another one.
    (*hook)(about);
  }
  return next_verdict(about);
}

verdict world::next_verdict(const call& about) {
  std::optional<verdict> found;
  for (armed_fault& armed : faults_) {
    if (armed.how.only && *armed.how.only != about.kind) continue;
    if (about.path.find(armed.how.path_contains) == std::string_view::npos) continue;
    if (armed.remaining > 0) --armed.remaining;
    if (armed.remaining == 0 && !found) found = verdict{armed.how.error, armed.how};
  }
  std::erase_if(faults_, [](const armed_fault& armed) {
    return armed.remaining == 0 && !armed.how.for_good;
  });
  const bool is_sync = about.kind == call_kind::sync || about.kind == call_kind::sync_directory;
  if (!found) return {read_only && changes_disk(about.kind) && !is_sync ? EROFS : 0, {}};
  const bool fails = found->is(fault_effect::fails) || found->is(fault_effect::fails_halfway);
  if (!fails || (found->error == EINTR && !is_sync)) found->error = 0;
  return *found;
}

node_id world::add_file() {
  files_.push_back(std::make_shared<file_node>());
  return {.is_directory = false, .number = files_.size() - 1};
}

node_id world::add_directory() {
  directories_.push_back(std::make_shared<directory_node>());
  return {.is_directory = true, .number = directories_.size() - 1};
}

std::vector<std::string_view> components(std::string_view path) {
  std::vector<std::string_view> names;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

std::optional<node_id> world::find(std::string_view path) const {
  node_id node = root();
  for (const std::string_view name : components(path)) {
    if (!node.is_directory) return std::nullopt;
    const entries& inside = directory(node)->current();
    const auto found = inside.find(name);
    if (found == inside.end()) return std::nullopt;
    node = found->second;
  }
  return node;
}

void world::for_each_file(
    const std::function<void(const std::string& path, file_node& node)>& visit) const {
  visit_files(root(), "", visit);
}

void world::visit_files(
    node_id directory_id, const std::string& path,
    const std::function<void(const std::string& path, file_node& node)>& visit) const {
  for (const auto& [name, node] : directory(directory_id)->current()) {
    const std::string inside = joined_path(path, name);
    if (node.is_directory) {
      visit_files(node, inside, visit);
    } else {
      visit(inside, *file(node));
    }
  }
}

void world::mark(node_id node, std::vector<bool>& files, std::vector<bool>& directories) const {
  if (!node.is_directory) {
    files[node.number] = true;
    return;
  }
  if (directories[node.number]) return;
  directories[node.number] = true;
  const directory_node& inside = *directory(node);
  for (const auto& [name, entry] : inside.current()) mark(entry, files, directories);
  for (const auto& [name, entry] : inside.durable()) mark(entry, files, directories);
  for (const entry_operation& operation : inside.operations()) {
    if (operation.what == entry_operation::kind::link) mark(operation.node, files, directories);
  }
}

void world::drop_unreachable() {
  std::vector<bool> files(files_.size());
  std::vector<bool> directories(directories_.size());
  mark(root(), files, directories);
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!files[i]) files_[i].reset();
  }
  for (std::size_t i = 0; i < directories.size(); ++i) {
    if (!directories[i]) directories_[i].reset();
  }
}

std::shared_ptr<const void> world::take_descriptor() {
  std::erase_if(descriptors_, [](const auto& each) { return each.expired(); });
  if (most_open && descriptors_.size() >= *most_open) return nullptr;
  auto taken = std::make_shared<const int>();
  descriptors_.push_back(taken);
  return taken;
}

std::uint64_t world::used_granules() const {
  std::uint64_t used = 0;
  for_each_file([&](const std::string&, file_node& node) { used += node.used_granules(); });
  return used;
}

std::uint64_t world::writable_bytes(const file_node& node, std::uint64_t offset,
                                    std::uint64_t bytes) const {
  if (!capacity_granules || bytes == 0) return bytes;
  const std::uint64_t used = used_granules();
  std::uint64_t free = used < *capacity_granules ? *capacity_granules - used : 0;
  const std::uint64_t end = offset + bytes;
  std::uint64_t at = offset;
  while (at < end) {
    const std::uint64_t next = std::min(end, (at / granule_bytes + 1) * granule_bytes);
    const std::uint64_t missing = node.missing_granules(at, next - at);
    if (missing > free) break;
    free -= missing;
    at = next;
  }
  return at - offset;
}

std::shared_ptr<world> world::copy() const {
  auto other = std::make_shared<world>();
  other->files_.reserve(files_.size());
  for (const auto& node : files_) {
    other->files_.push_back(node ? node->copy() : nullptr);
  }
  other->directories_.clear();
  other->directories_.reserve(directories_.size());
  for (const auto& node : directories_) {
    other->directories_.push_back(node ? std::make_shared<directory_node>(*node) : nullptr);
  }
  other->order = order;
  other->capacity_granules = capacity_granules;
  return other;
}

std::size_t world::unsynced_operations() const {
  std::size_t count = 0;
  for (const auto& node : files_) count += node ? node->operations().size() : 0;
  for (const auto& node : directories_) count += node ? node->operations().size() : 0;
  return count;
}

void world::set_hook(std::function<void(const call&)> hook) {
  hook_ =
      hook ? std::make_shared<const std::function<void(const call&)>>(std::move(hook)) : nullptr;
}

}  // namespace simulation
}  // namespace mainstem::os
