// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "os/file.h"

/// A disk in memory that can lose power, fail and fill up, for tests.
namespace mainstem::os {

namespace simulation {
class world;
}

/// What the disk is asked to do.
enum class call_kind {
  open_file,
  create_file,
  read,
  write,
  sync,
  size,
  resize,
  allocate,
  map,
  open_directory,
  make_directory,
  list,
  rename,
  remove,
  remove_directory,
  sync_directory,
  lock,
};
inline constexpr std::size_t call_kinds = static_cast<std::size_t>(call_kind::lock) + 1;

/// True for the kinds that change the disk, or what of it is durable.
[[nodiscard]] bool changes_disk(call_kind kind) noexcept;

/// One call of the interface.
struct call {
  call_kind kind;
  std::uint64_t number;  ///< From 1, over all calls on this disk.
  std::string_view path;
  std::uint64_t offset = 0;  ///< Of read and write.
  std::uint64_t bytes = 0;   ///< Of read, write, resize and allocate.
};

enum class fault_effect {
  /// Nothing happens, and the call reports `fault::error`.
  fails,
  /// The first half of a write happens, then the call reports `fault::error`: what a short write
  /// is, followed by
  /// an error. Like `fails` for other kinds.
  fails_halfway,
  /// A sync that says OK and makes nothing durable. Other kinds are carried out as ever.
  lies,
  /// Bit number `fault::bit` of what is read or written is flipped on its way, and the call says
  /// OK. Of a read: the file itself is right, and so is the next read.
  flips_a_bit,
  /// A write that says OK and does not reach the disk, whatever is synced: it can be read until the
  /// power is lost, and then what stood there before is back.
  is_lost,
  /// A write that says OK and reaches the disk in the place of something else: `fault::to_path`,
  /// `fault::to_offset`. Where it belongs it is lost. The damage shows when the power is lost, or
  /// when another process reads the file.
  goes_astray,
};

/// How a call goes wrong.
///
/// EINTR is continued inside, as in any implementation of the interface, and so is not seen, except
/// from sync(), which is never repeated. A sync of a file that fails marks its bytes as clean: they
/// stay readable, are not durable, and no later sync makes them so, unless they are written again.
struct fault {
  int error = EIO;
  fault_effect effect = fault_effect::fails;
  bool for_good = false;               ///< All matching calls from then on, not one alone.
  std::optional<call_kind> only = {};  ///< Without it, calls of every kind match.
  std::string path_contains = {};      ///< Only calls whose path contains this match.
  std::uint64_t bit = 0;               ///< Of flips_a_bit: modulo the bits of the call.
  /// Of goes_astray: a file, or empty for the one that is written, and an offset in it, of which
  /// the granule of 512 bytes counts.
  std::string to_path = {};
  std::uint64_t to_offset = 0;
};

/// Which of the unsynced operations a crash leaves.
enum class survival { random, nothing, everything };

struct crash_options {
  survival unsynced = survival::random;
  /// Where a file became longer without its bytes, it may hold what other files held, instead of
  /// zeros.
  bool stale_bytes = false;
};

/// A file system in memory. Knows, beside what is readable, what is durable, and the operations in
/// between: per file writes and sizes, per directory entries.
///
/// There are three ways in which a program ends: clone() is a process that died, where all that was
/// written is still there; crash() is a machine that lost power; both may follow each other.
///
/// Thread safety: safe, by one lock around each call; the hook runs under it. Bytes of a mapping
/// are read without, so readers must stay clear of ranges that are being written.
class simulated_disk final : public disk {
 public:
  simulated_disk();
  ~simulated_disk() override;
  simulated_disk(const simulated_disk&) = delete;
  simulated_disk& operator=(const simulated_disk&) = delete;

  /// `path` is taken from the root; leading and doubled slashes do not count.
  [[nodiscard]] result<std::shared_ptr<directory>> open_directory(const std::string& path,
                                                                  bool create) override;

  /// The disk after a loss of power: of the unsynced operations, any legal subset. A write survives
  /// by granules of 512 bytes, each as it was before or after the write, and of several writes to
  /// one granule any may be the last; sizes survive apart from bytes; operations on entries survive
  /// in any order that respects each name; a rename is whole. All that survived is durable. The
  /// same seed gives the same disk. This disk does not change. Locks, faults, hook and counts are
  /// not taken over.
  [[nodiscard]] std::unique_ptr<simulated_disk> crash(std::uint64_t seed,
                                                      crash_options options = {}) const;

  /// An independent copy, with everything that is not durable yet. Locks, faults, hook and counts
  /// are not taken over. Cost: a few microseconds; bytes are shared until one side changes them.
  [[nodiscard]] std::unique_ptr<simulated_disk> clone() const;

  /// How many operations a crash could lose.
  [[nodiscard]] std::size_t unsynced_operations() const;

  /// How many calls there were so far, of all kinds or of one. Failed ones count.
  [[nodiscard]] std::uint64_t calls() const;
  [[nodiscard]] std::uint64_t calls(call_kind kind) const;

  /// Lets the `n`-th matching call from now on go wrong; 1 is the next one. Several faults may be
  /// armed.
  void fail_call(std::uint64_t n, fault how);
  void clear_faults();

  /// Calls `hook` before each call that changes the disk, or what of it is durable, takes effect
  /// (or fails). It may clone() and crash() this disk and arm faults, but not use it. Empty: no
  /// hook.
  void on_call(std::function<void(const call&)> hook);

  /// Does something that must see this disk and others stand still: no call is under way meanwhile.
  void while_stopped(const std::function<void()>& act) const;

  /// Limits what all files together may take up, in units of 512 bytes. None: no limit.
  void set_capacity(std::optional<std::uint64_t> bytes);
  /// Limits how many files and directories may be open at the same time: one more is EMFILE.
  void set_most_open(std::optional<std::size_t> files);
  /// A file system that was mounted for reading alone: whatever would change it is EROFS.
  void set_read_only(bool on);
  /// What all files together take up.
  [[nodiscard]] std::uint64_t used_bytes() const;

  /// Every file with its path from the root, and what is readable in it.
  [[nodiscard]] std::map<std::string, std::vector<std::byte>> files() const;
  /// A hash of files(). Equal for equal disks of one build.
  [[nodiscard]] std::uint64_t fingerprint() const;

  // Damage: what happens to a disk behind the back of whoever uses it. Each of these first makes
  // durable what was written to the file, then changes what is durable and what is readable alike,
  // without a call. False if there is no such file.

  /// Bit 0 is the lowest of the first byte.
  bool flip_bit(std::string_view path, std::uint64_t bit);
  /// Makes the file longer if need be.
  bool overwrite(std::string_view path, std::uint64_t offset, std::span<const std::byte> bytes);
  bool truncate(std::string_view path, std::uint64_t size_bytes);
  bool remove(std::string_view path);
  /// Makes a file, or replaces its content. The directory must be there.
  bool put(std::string_view path, std::span<const std::byte> bytes);

 private:
  explicit simulated_disk(std::shared_ptr<simulation::world> world);

  std::shared_ptr<simulation::world> world_;
};

}  // namespace mainstem::os
