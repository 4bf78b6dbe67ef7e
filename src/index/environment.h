// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <mainstem/error.h>

/// Ordered tables with transactions: what the index needs of LMDB, and no more. Two
/// implementations: lmdb_environment.h and memory_environment.h (for tests that crash).
namespace mainstem::index {

using bytes_view = std::span<const std::byte>;

/// A row. Lifetime: until the transaction it came from ends or, in a write transaction, changes
/// anything.
struct row {
  bytes_view key;
  bytes_view value;
};

/// Tables are few and fixed. Keys order bytewise, and have 1 to 511 bytes. `entries` and `merged`
/// are both only ever appended to: what is flushed and what is merged must not stand in each
/// other's way. The index uses the first six; the last two hold what is no index.
enum class table : std::uint8_t {
  meta = 0,
  names = 1,
  heads = 2,
  runs = 3,
  entries = 4,
  merged = 5,
  checkpoints = 6,
  schemas = 7
};
inline constexpr std::size_t table_count = 8;

/// In a write transaction, it is of no more use after a put or an erase, until the next seek; nor
/// anywhere after a previous that found nothing.
class cursor {
 public:
  virtual ~cursor() = default;
  /// The first row whose key is not below `key`.
  [[nodiscard]] virtual result<std::optional<row>> seek(bytes_view key) = 0;
  /// After a seek, a next or a previous that found something.
  [[nodiscard]] virtual result<std::optional<row>> next() = 0;
  /// After a seek or a next that found nothing: the last row.
  [[nodiscard]] virtual result<std::optional<row>> previous() = 0;
};

/// A consistent snapshot. May be used, and ended, by another thread than the one that began it, but
/// by one at a time. Its cursors end before it does.
class read_transaction {
 public:
  virtual ~read_transaction() = default;
  [[nodiscard]] virtual result<std::optional<bytes_view>> get(table from, bytes_view key) = 0;
  [[nodiscard]] virtual result<std::unique_ptr<cursor>> open_cursor(table over) = 0;
};

/// Stays with the thread that began it, which begins no second one before it has ended.
class write_transaction : public read_transaction {
 public:
  /// `append`: the key is above every other of the table. (If not, the table is damaged:
  /// corrupt_index.)
  [[nodiscard]] virtual result<void> put(table into, bytes_view key, bytes_view value,
                                         bool append) = 0;
  /// Fine if there is no such row.
  [[nodiscard]] virtual result<void> erase(table from, bytes_view key) = 0;
  /// After a failure nothing of the transaction is there. Without a commit, the destructor aborts.
  [[nodiscard]] virtual result<void> commit() = 0;
};

/// Thread safety: safe. One write transaction at a time: begin_write waits for its turn.
/// Lifetime: ends after all of its transactions.
class environment {
 public:
  virtual ~environment() = default;
  /// Errors: overloaded when too many are open.
  [[nodiscard]] virtual result<std::unique_ptr<read_transaction>> begin_read() = 0;
  [[nodiscard]] virtual result<std::unique_ptr<write_transaction>> begin_write() = 0;
  /// After it, every commit so far survives a crash of the machine. Without it, a crash may bring
  /// back an older state, which is consistent all the same.
  [[nodiscard]] virtual result<void> sync() = 0;
  [[nodiscard]] virtual result<std::uint64_t> size_bytes() = 0;
  /// Another environment stands now where this one stood, or nothing: whoever writes has thrown it
  /// away. What was opened stays readable.
  [[nodiscard]] virtual bool is_replaced() = 0;
};

/// Where environments live: one store's folder.
class environment_provider {
 public:
  virtual ~environment_provider() = default;
  /// Opens the environment `name`, or makes an empty one.
  /// Errors: corrupt_index when what is there cannot be trusted (wrong size, wrong magic, ...);
  /// store_locked when it is open in this process already.
  [[nodiscard]] virtual result<std::unique_ptr<environment>> open(std::string_view name) = 0;
  /// Opens the environment `name`, which another process may have open as well. Errors: those of
  /// open(); corrupt_index also when there is nothing.
  [[nodiscard]] virtual result<std::unique_ptr<environment>> open_existing(
      std::string_view name) = 0;
  /// Opens what another process writes, for reading alone: begin_write() fails.
  /// Errors: corrupt_index also when there is nothing.
  [[nodiscard]] virtual result<std::unique_ptr<environment>> open_read_only(
      std::string_view name) = 0;
  /// Looks at what is there under this name as far as opening and reading it can be led astray,
  /// without opening it. False: there is nothing.
  /// Errors: corrupt_index, with the place.
  [[nodiscard]] virtual result<bool> inspect(std::string_view name) = 0;
  /// Throws away what is there under this name. No environment of this name may be open.
  [[nodiscard]] virtual result<void> discard(std::string_view name) = 0;
};

}  // namespace mainstem::index
