// SPDX-License-Identifier: Apache-2.0
#include "os/simulated_disk.h"

#include <cerrno>

#include "os/simulated_directory.h"
#include "os/simulated_world.h"
#include "os/system_error.h"

namespace mainstem::os {
namespace {

std::string_view as_text(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

simulated_disk::simulated_disk() : world_(std::make_shared<simulation::world>()) {}
simulated_disk::simulated_disk(std::shared_ptr<simulation::world> world)
    : world_(std::move(world)) {}
simulated_disk::~simulated_disk() = default;

result<std::shared_ptr<directory>> simulated_disk::open_directory(const std::string& path,
                                                                  bool create) {
  const auto held = world_->guard();
  const auto names = simulation::components(path);
  auto descriptor = world_->take_descriptor();
  if (!descriptor) return system_error(EMFILE, "open the folder", "/");
  auto current = std::make_shared<simulated_directory>(world_, world_->directory(world_->root()),
                                                       "", std::move(descriptor));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool present = current->find(names[i]).has_value();
    auto next = current->open_directory(names[i], create);
    if (!next) return next.error();
    if (create && (!present || i + 1 == names.size())) {
      if (auto synced = current->sync(); !synced) return synced.error();
    }
    current = std::static_pointer_cast<simulated_directory>(*next);
  }
  return std::shared_ptr<directory>(std::move(current));
}

std::unique_ptr<simulated_disk> simulated_disk::crash(std::uint64_t seed,
                                                      crash_options options) const {
  auto after = clone();
  simulation::lose_power(*after->world_, seed, options);
  return after;
}

std::unique_ptr<simulated_disk> simulated_disk::clone() const {
  const auto held = world_->guard();
  return std::unique_ptr<simulated_disk>(new simulated_disk(world_->copy()));
}

std::size_t simulated_disk::unsynced_operations() const {
  const auto held = world_->guard();
  return world_->unsynced_operations();
}

std::uint64_t simulated_disk::calls() const {
  const auto held = world_->guard();
  return world_->calls();
}

std::uint64_t simulated_disk::calls(call_kind kind) const {
  const auto held = world_->guard();
  return world_->calls(kind);
}

void simulated_disk::fail_call(std::uint64_t n, fault how) {
  const auto held = world_->guard();
  world_->arm(n, std::move(how));
}

void simulated_disk::clear_faults() {
  const auto held = world_->guard();
  world_->clear_faults();
}

void simulated_disk::on_call(std::function<void(const call&)> hook) {
  const auto held = world_->guard();
  world_->set_hook(std::move(hook));
}

void simulated_disk::while_stopped(const std::function<void()>& act) const {
  const auto held = world_->guard();
  act();
}

void simulated_disk::set_capacity(std::optional<std::uint64_t> bytes) {
  const auto held = world_->guard();
  world_->capacity_granules.reset();
  if (bytes) world_->capacity_granules = *bytes / simulation::granule_bytes;
}

void simulated_disk::set_most_open(std::optional<std::size_t> files) {
  const auto held = world_->guard();
  world_->most_open = files;
}

void simulated_disk::set_read_only(bool on) {
  const auto held = world_->guard();
  world_->read_only = on;
}

std::uint64_t simulated_disk::used_bytes() const {
  const auto held = world_->guard();
  return world_->used_granules() * simulation::granule_bytes;
}

std::map<std::string, std::vector<std::byte>> simulated_disk::files() const {
  const auto held = world_->guard();
  std::map<std::string, std::vector<std::byte>> found;
  world_->for_each_file([&](const std::string& path, simulation::file_node& node) {
    const auto content = node.content();
    found.emplace(path, std::vector<std::byte>(content.begin(), content.end()));
  });
  return found;
}

std::uint64_t simulated_disk::fingerprint() const {
  const auto held = world_->guard();
  std::uint64_t hash = 0;
  const auto add = [&](std::string_view text) {
    hash = (hash ^ std::hash<std::string_view>{}(text)) * 0x9e3779b97f4a7c15U + text.size();
  };
  world_->for_each_file([&](const std::string& path, simulation::file_node& node) {
    add(path);
    add(as_text(node.content()));
  });
  return hash;
}

}  // namespace mainstem::os
