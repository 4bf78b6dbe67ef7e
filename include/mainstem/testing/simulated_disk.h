// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A disk in memory that loses power, fails and fills up, for tests of programs that keep their
/// events in Mainstem. docs/testing.md is its guide. Link mainstem::testing, which is the static
/// library and this; services do not carry it.

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mainstem/store.h>

namespace mainstem::testing {

/// What a store asks of its machine. The last two are of its index, which lives beside the disk.
enum class call_kind : std::uint8_t {
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
  commit_index,
  sync_index,
};

/// One call.
struct call {
  call_kind kind;
  std::string_view path;     ///< From the root, without a leading slash; of the index, its folder.
  std::uint64_t offset = 0;  ///< Of read and write.
  std::uint64_t bytes = 0;   ///< Of read, write, resize and allocate.
};

enum class fault_effect : std::uint8_t {
  /// Nothing happens, and the call reports `fault::error`.
  fails,
  /// The first half of a write happens, then the call reports `fault::error`. Like `fails` for
  /// other kinds.
  fails_halfway,
  /// A sync that says OK and makes nothing durable.
  lies,
  /// Bit number `fault::bit` of what is read or written is flipped on its way, and the call says
  /// OK. Of a read: the file itself is right, and so is the next read.
  flips_a_bit,
  /// A write that says OK and does not reach the disk, whatever is synced: it can be read until the
  /// power is lost, and then what stood there before is back.
  is_lost,
  /// A write that says OK and reaches the disk in the place of something else: `fault::to_path`,
  /// `fault::to_offset`. Where it belongs it is lost.
  goes_astray,
};

/// How a call goes wrong. A sync of a file that fails marks its bytes as clean, as Linux does: they
/// stay readable, are not durable, and no later sync makes them so.
struct fault {
  int error = EIO;  ///< An errno: EIO, ENOSPC, EMFILE, EROFS, EACCES ...
  fault_effect effect = fault_effect::fails;
  bool for_good = false;  ///< All matching calls from then on, not one alone.
  /// Without it, calls of every kind match, but for those of the index: these have to be named, and
  /// can only fail. Of an index that fails for good nothing can be read any more, either.
  std::optional<call_kind> only = {};
  std::string path_contains = {};  ///< Only calls whose path contains this match.
  std::uint64_t bit = 0;           ///< Of flips_a_bit: modulo the bits of the call.
  std::string to_path = {};        ///< Of goes_astray: a file, or empty for the same one,
  std::uint64_t to_offset = 0;     ///< and an offset, of which the granule of 512 bytes counts.
};

/// Which of the operations that were not synced a loss of power leaves.
enum class survival : std::uint8_t { random, nothing, everything };

struct crash_options {
  survival unsynced = survival::random;
  /// Where a file became longer without its bytes, it may hold what other files held, and not
  /// zeros.
  bool stale_bytes = false;
};

/// A machine: a file system in memory, the index of each store on it, a clock and randomness.
///
/// It knows what is readable, what is durable, and the operations in between. So it answers the two
/// questions that a real disk does not: what is left when the power is lost now (crash()), and what
/// is left when the process is killed now (clone()). Both give a new machine and change nothing
/// here: the stores on this one go on.
///
/// Lifetime: stores keep what they need of it; it may go before they do. A disk that was moved from
/// can only be destroyed.
/// Thread safety: safe, but for moving. Each call is one step under one lock.
class simulated_disk {
 public:
  /// @param seed of what stores on it draw at random: their ids and their secret.
  explicit simulated_disk(std::uint64_t seed = 1);
  simulated_disk(simulated_disk&&) noexcept;
  simulated_disk& operator=(simulated_disk&&) noexcept;
  ~simulated_disk();

  /// The machine after a loss of power: of what was not synced, any legal part. A write survives by
  /// granules of 512 bytes, each as it was before or after the write; sizes survive apart from
  /// bytes; entries of folders survive in any order that respects each name. The index may be
  /// older, as far back as its last sync. The same seed gives the same machine from the same state.
  /// Locks, faults, hook and limits are not taken over.
  [[nodiscard]] simulated_disk crash(std::uint64_t seed, const crash_options& options = {}) const;

  /// The machine after the process died (kill -9): all that was written is there, but not all of it
  /// is durable. Not taken over: as for crash(). Cost: a few microseconds; bytes are shared until
  /// one side changes them.
  [[nodiscard]] simulated_disk clone() const;

  /// Lets the `n`-th matching call from now on go wrong; 1 is the next one.
  void fail_call(std::uint64_t n, const fault& how);
  void clear_faults();

  /// Calls `hook` before each call that changes the disk, what of it is durable, or the index,
  /// takes effect (or fails). No other call is under way then. It may use crash(), clone(),
  /// fail_call() and clear_faults() of this disk, and must not throw. Empty: no hook.
  void on_change(std::function<void(const call&)> hook);

  /// Calls of the disk so far, of all kinds; failed ones count.
  [[nodiscard]] std::uint64_t calls() const;

  /// Limits what all files together may take up, in units of 512 bytes; none: no limit. What has no
  /// room is ENOSPC. The index takes no room.
  void set_capacity(std::optional<std::uint64_t> bytes);
  [[nodiscard]] std::uint64_t used_bytes() const;
  /// Limits how many files and folders may be open: one more is EMFILE.
  void set_most_open(std::optional<std::size_t> files);
  /// A file system that is mounted for reading alone: whatever would change it is EROFS.
  void set_read_only(bool on);

  /// Every file with its path from the root, and what is readable in it.
  [[nodiscard]] std::map<std::string, std::vector<std::byte>> files() const;
  /// A hash of files(): equal for equal disks of one build.
  [[nodiscard]] std::uint64_t fingerprint() const;

  // What happens to a disk behind everybody's back. Each of these first makes durable what was
  // written to the file. False if there is no such file.

  /// Bit 0 is the lowest of the first byte.
  bool flip_bit(std::string_view path, std::uint64_t bit);
  /// Makes the file longer if need be.
  bool overwrite(std::string_view path, std::uint64_t offset, std::span<const std::byte> bytes);
  bool truncate(std::string_view path, std::uint64_t size_bytes);
  bool remove(std::string_view path);
  /// Makes a file, or replaces its content. The folder must be there.
  bool put(std::string_view path, std::span<const std::byte> bytes);
  /// The index of the store in `path` is gone; what its consumers have saved is not.
  void lose_index(const std::filesystem::path& path);

  /// Events get this time from now on: the wall clock stands still until it is set again. Until the
  /// first call it is the system's.
  void set_clock(std::chrono::system_clock::time_point now);

 private:
  class machine;
  explicit simulated_disk(std::shared_ptr<machine> made) noexcept;
  friend struct disk_access;
  std::shared_ptr<machine> machine_;
};

/// Options with which a store takes little memory: segments of 64 KiB that are not filled ahead.
[[nodiscard]] store_options small_store();

/// store::open() on a simulated disk: a real store, threads and all. What is said there goes for
/// this.
[[nodiscard]] result<store> open(simulated_disk& disk, const std::filesystem::path& path,
                                 const store_options& options = small_store());
/// store::open_read_only() on a simulated disk. The writer may be open beside it, as in another
/// process.
[[nodiscard]] result<store> open_read_only(simulated_disk& disk, const std::filesystem::path& path,
                                           const store_options& options = small_store());

}  // namespace mainstem::testing
