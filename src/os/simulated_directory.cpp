// SPDX-License-Identifier: Apache-2.0
#include "os/simulated_directory.h"

#include <cerrno>

#include "os/lock_holder.h"
#include "os/simulated_file.h"
#include "os/system_error.h"

namespace mainstem::os {
namespace {

using operation_kind = simulation::entry_operation::kind;

class simulated_lock final : public file_lock {
 public:
  explicit simulated_lock(std::shared_ptr<const void> token) noexcept : token_(std::move(token)) {}

 private:
  std::shared_ptr<const void> token_;
};

/// The same on every run, so that images are.
lock_holder simulated_holder() {
  return {.host = "simulated", .pid = 1, .start_time = "2001-09-09T01:46:40Z"};
}

}  // namespace

std::optional<simulation::node_id> simulated_directory::find(std::string_view name) const {
  const auto held = world_->guard();
  const auto found = node_->current().find(name);
  if (found == node_->current().end()) return std::nullopt;
  return found->second;
}

void simulated_directory::link(std::string_view name, simulation::node_id node) {
  node_->change({.what = operation_kind::link,
                 .order = ++world_->order,
                 .name = std::string(name),
                 .new_name = {},
                 .node = node});
}

void simulated_directory::unlink(std::string_view name) {
  node_->change({.what = operation_kind::remove,
                 .order = ++world_->order,
                 .name = std::string(name),
                 .new_name = {},
                 .node = {}});
}

result<std::shared_ptr<file>> simulated_directory::open_file(std::string_view name,
                                                             open_mode mode) {
  if (auto checked = check_component(name, path_); !checked) return checked.error();
  const auto held = world_->guard();
  const bool create = mode == open_mode::create_new;
  std::string path = joined_path(path_, name);
  int failure = world_->enter(create ? call_kind::create_file : call_kind::open_file, path).error;
  auto found = find(name);
  if (failure == 0 && create && found) failure = EEXIST;
  if (failure == 0 && !create && !found) failure = ENOENT;
  if (failure == 0 && found && found->is_directory) failure = EISDIR;
  if (failure == 0 && mode == open_mode::read_write && world_->read_only) failure = EROFS;
  if (failure != 0) return system_error(failure, create ? "create" : "open", path);
  auto descriptor = world_->take_descriptor();
  if (!descriptor) return system_error(EMFILE, create ? "create" : "open", path);
  if (create) {
    found = world_->add_file();
    link(name, *found);
  }
  return std::shared_ptr<file>(
      std::make_shared<simulated_file>(world_, world_->file(*found), std::move(path),
                                       mode != open_mode::read_only, std::move(descriptor)));
}

result<std::shared_ptr<directory>> simulated_directory::open_directory(std::string_view name,
                                                                       bool create) {
  if (auto checked = check_component(name, path_); !checked) return checked.error();
  const auto held = world_->guard();
  std::string path = joined_path(path_, name);
  if (create && !find(name)) {
    const auto verdict = world_->enter(call_kind::make_directory, path);
    if (verdict.error != 0) return system_error(verdict.error, "create the folder", path);
    link(name, world_->add_directory());
  }
  int failure = world_->enter(call_kind::open_directory, path).error;
  const auto found = find(name);
  if (failure == 0 && !found) failure = ENOENT;
  if (failure == 0 && !found->is_directory) failure = ENOTDIR;
  auto descriptor = failure == 0 ? world_->take_descriptor() : nullptr;
  if (failure == 0 && !descriptor) failure = EMFILE;
  if (failure != 0) return system_error(failure, "open the folder", path);
  return std::shared_ptr<directory>(std::make_shared<simulated_directory>(
      world_, world_->directory(*found), std::move(path), std::move(descriptor)));
}

result<std::vector<std::string>> simulated_directory::list() {
  const auto held = world_->guard();
  const auto verdict = world_->enter(call_kind::list, path_);
  if (verdict.error != 0) return system_error(verdict.error, "list", path_);
  std::vector<std::string> names;
  for (const auto& [name, node] : node_->current()) names.push_back(name);
  return names;
}

int simulated_directory::check_replacing(const simulation::node_id& from,
                                         const simulation::node_id& to) const {
  if (from.is_directory != to.is_directory) return from.is_directory ? ENOTDIR : EISDIR;
  if (from == to || !to.is_directory) return 0;
  return world_->directory(to)->current().empty() ? 0 : ENOTEMPTY;
}

result<void> simulated_directory::rename(std::string_view from, std::string_view to) {
  if (auto checked = check_component(from, path_); !checked) return checked;
  if (auto checked = check_component(to, path_); !checked) return checked;
  const auto held = world_->guard();
  const std::string path = joined_path(path_, from);
  int failure = world_->enter(call_kind::rename, path).error;
  const auto source = find(from);
  const auto target = find(to);
  if (failure == 0 && !source) failure = ENOENT;
  if (failure == 0 && target) failure = check_replacing(*source, *target);
  if (failure != 0) {
    std::string attempt = "rename to ";
    return system_error(failure, attempt.append(to).append(" what is now"), path);
  }
  if (from == to) return {};
  node_->change({.what = operation_kind::rename,
                 .order = ++world_->order,
                 .name = std::string(from),
                 .new_name = std::string(to),
                 .node = {}});
  return {};
}

result<void> simulated_directory::remove(std::string_view name) {
  if (auto checked = check_component(name, path_); !checked) return checked;
  const auto held = world_->guard();
  const std::string path = joined_path(path_, name);
  int failure = world_->enter(call_kind::remove, path).error;
  const auto found = find(name);
  if (failure == 0 && !found) failure = ENOENT;
  if (failure == 0 && found->is_directory) failure = EISDIR;
  if (failure != 0) return system_error(failure, "remove", path);
  unlink(name);
  return {};
}

result<void> simulated_directory::remove_tree(std::string_view name) {
  if (auto checked = check_component(name, path_); !checked) return checked;
  const auto held = world_->guard();
  const std::string path = joined_path(path_, name);
  const auto found = find(name);
  if (found && !found->is_directory) return system_error(ENOTDIR, "remove the folder", path);
  if (found) {
    simulated_directory inside(world_, world_->directory(*found), path, nullptr);
    const auto names = inside.node_->current();
    for (const auto& [inner, node] : names) {
      auto removed = node.is_directory ? inside.remove_tree(inner) : inside.remove(inner);
      if (!removed) return removed;
    }
  }
  const auto verdict = world_->enter(call_kind::remove_directory, path);
  if (verdict.error != 0) return system_error(verdict.error, "remove the folder", path);
  if (found) unlink(name);
  return {};
}

result<void> simulated_directory::sync() {
  const auto held = world_->guard();
  const auto verdict = world_->enter(call_kind::sync_directory, path_);
  // Entries are in the file system's journal: unlike the bytes of a file, they are not given up.
  if (verdict.error != 0) return system_error(verdict.error, "sync the folder", path_);
  if (verdict.is(fault_effect::lies)) return {};
  node_->sync();
  world_->drop_unreachable();
  return {};
}

result<std::unique_ptr<file_lock>> simulated_directory::lock(std::string_view name) {
  if (auto checked = check_component(name, path_); !checked) return checked.error();
  const auto held = world_->guard();
  const std::string path = joined_path(path_, name);
  const auto verdict = world_->enter(call_kind::lock, path);
  if (verdict.error != 0) return system_error(verdict.error, "lock", path);

  auto found = find(name);
  if (!found) {
    found = world_->add_file();
    link(name, *found);
  }
  if (found->is_directory) return system_error(EISDIR, "open the lock file", path);
  const auto& node = world_->file(*found);
  if (!node->lock.expired()) {
    const auto content = node->content();
    return locked_error(path, {reinterpret_cast<const char*>(content.data()), content.size()});
  }
  const std::string text = lock_file_text(simulated_holder());
  node->resize(0, world_->order);
  if (world_->writable_bytes(*node, 0, text.size()) == text.size()) {
    const std::span<const std::byte> parts[] = {std::as_bytes(std::span(text))};
    node->write(0, parts, text.size(), world_->order);
  }
  const auto token = std::make_shared<int>(0);
  node->lock = token;
  return std::unique_ptr<file_lock>(std::make_unique<simulated_lock>(token));
}

result<bool> simulated_directory::is_locked(std::string_view name) {
  if (auto checked = check_component(name, path_); !checked) return checked.error();
  const auto held = world_->guard();
  const auto found = find(name);
  return found && !found->is_directory && !world_->file(*found)->lock.expired();
}

}  // namespace mainstem::os
