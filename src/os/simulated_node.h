// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

/// What the simulated disk knows about its files and directories.
namespace mainstem::os::simulation {

/// What a disk writes whole or not at all.
inline constexpr std::size_t granule_bytes = 512;

[[nodiscard]] constexpr std::uint64_t granules_for(std::uint64_t bytes) noexcept {
  return bytes / granule_bytes + (bytes % granule_bytes != 0 ? 1 : 0);
}

using image = std::vector<std::byte>;

/// A change of a file that no sync has made durable yet: its size, or a run of whole granules.
struct file_operation {
  std::uint64_t order = 0;  ///< Over all operations of the disk.
  bool sets_size = false;
  bool lost = false;     ///< A sync of it failed: no later one makes it durable.
  bool dropped = false;  ///< Lost, and nothing of it ever reached the disk.
  std::uint64_t size = 0;
  std::uint64_t first_granule = 0;
  std::uint64_t granule_count = 0;
  /// Never changes, so that copies of a disk share it. None: zeros.
  std::shared_ptr<const image> bytes;

  /// Copies granule number `granule`, one of this operation's, to where it belongs in `target`.
  /// What lies beyond the target's end is dropped.
  void apply_granule(std::uint64_t granule, std::span<std::byte> target) const;
};

/// The readable content of a file, whose storage stays in place for mappings. Zeros stand behind
/// its end.
struct buffer {
  explicit buffer(std::size_t capacity_bytes)
      : bytes(new std::byte[capacity_bytes]), capacity(capacity_bytes) {}
  std::unique_ptr<std::byte[]> bytes;
  std::size_t capacity;
};

class file_node {
 public:
  file_node() : durable_(std::make_shared<image>()) {}

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// What is readable. Valid until the next change.
  [[nodiscard]] std::span<const std::byte> content();
  /// Its storage. As long as the caller keeps it, later writes are seen in it.
  [[nodiscard]] std::shared_ptr<const buffer> content_buffer();
  [[nodiscard]] std::shared_ptr<const image> durable() const noexcept { return durable_; }
  [[nodiscard]] const std::vector<file_operation>& operations() const noexcept {
    return operations_;
  }

  /// `order` is counted up by the operations that this makes.
  void write(std::uint64_t offset, std::span<const std::span<const std::byte>> parts,
             std::uint64_t bytes, std::uint64_t& order);
  void resize(std::uint64_t size_bytes, std::uint64_t& order);
  void reserve(std::uint64_t size_bytes, std::uint64_t& order);
  void sync();
  void fail_sync();
  /// What was written last does not reach the disk.
  void drop_last_write();
  /// What was written last reaches the disk, and not what is cached, in another place.
  void lead_astray(file_node& target, std::uint64_t offset, std::uint64_t& order) const;

  /// Granules of [offset, offset + bytes) that take no space yet.
  [[nodiscard]] std::uint64_t missing_granules(std::uint64_t offset, std::uint64_t bytes) const;
  [[nodiscard]] std::uint64_t used_granules() const noexcept { return used_granules_; }

  /// A copy that shares the bytes, without lock and mappings.
  [[nodiscard]] std::shared_ptr<file_node> copy();
  /// Makes everything durable, also what a failed sync has lost.
  void sync_all();
  /// Makes `bytes` all there is. For a copy that nobody has read yet.
  void settle(std::shared_ptr<image> bytes);

  std::weak_ptr<const void> lock;  ///< Alive while somebody holds the lock.

 private:
  void materialize();
  void ensure_capacity(std::uint64_t bytes);
  void set_size(std::uint64_t size_bytes, std::uint64_t& order);
  void add_write(std::uint64_t first_granule, std::uint64_t granule_count, std::uint64_t& order);
  void mirror(std::uint64_t offset, std::uint64_t bytes);
  void clear(std::uint64_t from, std::uint64_t to);
  void take_space(std::uint64_t offset, std::uint64_t bytes);
  void free_space_behind(std::uint64_t size_bytes);
  [[nodiscard]] std::vector<file_operation> lost_after_sync() const;

  std::shared_ptr<image> durable_;
  bool durable_shared_ = false;
  std::vector<file_operation> operations_;
  std::uint64_t size_ = 0;
  /// Made when first needed: most copies of a disk are never read.
  std::shared_ptr<buffer> content_;
  /// Outgrown ones that mappings may still show.
  std::vector<std::weak_ptr<buffer>> old_contents_;
  std::vector<bool> taken_;  ///< By granule: takes up space.
  std::uint64_t used_granules_ = 0;
};

/// What a name stands for: a file or a directory, by its number in the world.
struct node_id {
  bool is_directory = false;
  std::size_t number = 0;
  friend bool operator==(const node_id&, const node_id&) = default;
};

using entries = std::map<std::string, node_id, std::less<>>;

/// A change of a directory that no sync has made durable yet.
struct entry_operation {
  enum class kind { link, rename, remove };
  kind what;
  std::uint64_t order;
  std::string name;
  std::string new_name;  ///< Of a rename.
  node_id node;          ///< Of a link.

  void apply(entries& target) const;
};

class directory_node {
 public:
  [[nodiscard]] const entries& current() const noexcept { return *current_; }
  [[nodiscard]] const entries& durable() const noexcept { return *durable_; }
  [[nodiscard]] const std::vector<entry_operation>& operations() const noexcept {
    return operations_;
  }
  void change(entry_operation operation);
  void sync();
  /// Makes `all` all there is.
  void settle(entries all);

 private:
  // Never changed in place: copies of a directory share them.
  std::shared_ptr<const entries> durable_ = std::make_shared<entries>();
  std::shared_ptr<const entries> current_ = durable_;
  std::vector<entry_operation> operations_;
};

}  // namespace mainstem::os::simulation
