// SPDX-License-Identifier: Apache-2.0
#include <mainstem/testing/simulated_disk.h>

#include <utility>

#include "api/follower_store.h"
#include "api/store_options.h"
#include "api/writer_store.h"
#include "testing/machine.h"

namespace mainstem::detail {

struct testing_access {
  static store make(std::shared_ptr<store_state> state) { return store(std::move(state)); }
};

}  // namespace mainstem::detail

namespace mainstem::testing {

/// Keeps the machine for as long as the store state lives.
struct disk_access {
  using machine_pointer = std::shared_ptr<simulated_disk::machine>;
  static const machine_pointer& of(const simulated_disk& disk) noexcept { return disk.machine_; }

  template <class State, class Core>
  static store make_store(machine_pointer machine, std::unique_ptr<Core> core) {
    return detail::testing_access::make(
        std::shared_ptr<State>(new State(std::move(core)),
                               [machine = std::move(machine)](State* state) { delete state; }));
  }
};

namespace {

/// As the simulated disk names folders.
std::string plain(const std::filesystem::path& path) {
  std::string names;
  for (const auto& part : path.lexically_normal()) {
    if (part.empty() || part == "/" || part == ".") continue;
    if (!names.empty()) names += '/';
    names += part.string();
  }
  return names;
}

}  // namespace

simulated_disk::simulated_disk(std::uint64_t seed) : machine_(std::make_shared<machine>(seed)) {}
simulated_disk::simulated_disk(std::shared_ptr<machine> made) noexcept
    : machine_(std::move(made)) {}
simulated_disk::simulated_disk(simulated_disk&&) noexcept = default;
simulated_disk& simulated_disk::operator=(simulated_disk&&) noexcept = default;
simulated_disk::~simulated_disk() = default;

simulated_disk simulated_disk::crash(std::uint64_t seed, const crash_options& options) const {
  return simulated_disk(machine_->crashed(seed, options));
}
simulated_disk simulated_disk::clone() const { return simulated_disk(machine_->killed()); }

void simulated_disk::fail_call(std::uint64_t n, const fault& how) { machine_->fail_call(n, how); }
void simulated_disk::clear_faults() { machine_->clear_faults(); }
void simulated_disk::on_change(std::function<void(const call&)> hook) {
  machine_->on_change(std::move(hook));
}
std::uint64_t simulated_disk::calls() const { return machine_->disk().calls(); }

void simulated_disk::set_capacity(std::optional<std::uint64_t> bytes) {
  machine_->disk().set_capacity(bytes);
}
std::uint64_t simulated_disk::used_bytes() const { return machine_->disk().used_bytes(); }
void simulated_disk::set_most_open(std::optional<std::size_t> files) {
  machine_->disk().set_most_open(files);
}
void simulated_disk::set_read_only(bool on) { machine_->disk().set_read_only(on); }

std::map<std::string, std::vector<std::byte>> simulated_disk::files() const {
  return machine_->disk().files();
}
std::uint64_t simulated_disk::fingerprint() const { return machine_->disk().fingerprint(); }

bool simulated_disk::flip_bit(std::string_view path, std::uint64_t bit) {
  return machine_->disk().flip_bit(path, bit);
}
bool simulated_disk::overwrite(std::string_view path, std::uint64_t offset,
                               std::span<const std::byte> bytes) {
  return machine_->disk().overwrite(path, offset, bytes);
}
bool simulated_disk::truncate(std::string_view path, std::uint64_t size_bytes) {
  return machine_->disk().truncate(path, size_bytes);
}
bool simulated_disk::remove(std::string_view path) { return machine_->disk().remove(path); }
bool simulated_disk::put(std::string_view path, std::span<const std::byte> bytes) {
  return machine_->disk().put(path, bytes);
}
void simulated_disk::lose_index(const std::filesystem::path& path) {
  machine_->lose_index(plain(path));
}

void simulated_disk::set_clock(std::chrono::system_clock::time_point now) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch());
  machine_->clock().set(static_cast<std::uint64_t>(since.count()));
}

store_options small_store() {
  store_options options;
  options.segment_size_bytes = 64U << 10U;
  options.preallocation = preallocation::reserve;
  return options;
}

result<store> open(simulated_disk& disk, const std::filesystem::path& path,
                   const store_options& options) {
  if (auto checked = detail::check_options(options); !checked) return checked.error();
  const auto& machine = disk_access::of(disk);
  auto core = engine::store_core::open(plain(path), options, machine->around());
  if (!core) return core.error();
  return disk_access::make_store<detail::writer_store>(machine, std::move(*core));
}

result<store> open_read_only(simulated_disk& disk, const std::filesystem::path& path,
                             const store_options& options) {
  if (auto checked = detail::check_options(options); !checked) return checked.error();
  const auto& machine = disk_access::of(disk);
  auto core = engine::follower_core::open(plain(path), options, machine->around());
  if (!core) return core.error();
  return disk_access::make_store<detail::follower_store>(machine, std::move(*core));
}

}  // namespace mainstem::testing
