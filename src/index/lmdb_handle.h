// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <lmdb.h>

#include <mainstem/error.h>

#include "index/environment.h"
#include "index/lmdb_environment.h"

namespace mainstem::index {

/// An open MDB_env with its tables, and read transactions to be used again: beginning one anew
/// takes a lock and a search through LMDB's table of readers, renewing one takes neither.
///
/// Thread safety: safe.
class lmdb_handle {
 public:
  /// `follow`: for reading alone, what another process writes.
  enum class mode { existing, create, follow };
  /// Opens what stands in the folder `path`, or begins it there.
  [[nodiscard]] static result<std::shared_ptr<lmdb_handle>> open(const std::string& path,
                                                                 const lmdb_options& options,
                                                                 mode how);
  lmdb_handle(const lmdb_handle&) = delete;
  lmdb_handle& operator=(const lmdb_handle&) = delete;
  ~lmdb_handle();

  [[nodiscard]] result<MDB_txn*> take_reader();
  void give_back_reader(MDB_txn* reader) noexcept;

  [[nodiscard]] result<MDB_txn*> begin_write();
  /// Ends the transaction, whatever comes of it.
  [[nodiscard]] result<void> commit(MDB_txn* transaction);
  [[nodiscard]] result<void> sync();
  [[nodiscard]] std::uint64_t size_bytes() const noexcept;
  /// Another file stands now where this one stood, or none.
  [[nodiscard]] bool is_replaced() const noexcept;

  [[nodiscard]] MDB_dbi dbi(table which) const noexcept {
    return tables_[static_cast<std::size_t>(which)];
  }
  /// Without memory for more it says that alone.
  [[nodiscard]] error failure(int code, const char* doing) const noexcept;

 private:
  explicit lmdb_handle(std::string path);
  [[nodiscard]] int open_environment(const lmdb_options& options, std::uint64_t map_bytes,
                                     mode how);
  [[nodiscard]] int begin_reader(MDB_txn** reader) noexcept;
  [[nodiscard]] int open_tables(mode how);
  void fill_up_file() const noexcept;
  [[nodiscard]] result<void> refuse_after_failure();
  void fail_for_good(const error& why) noexcept;

  std::string path_;
  std::string file_path_;
  MDB_env* environment_ = nullptr;
  std::array<MDB_dbi, table_count> tables_{};
  std::mutex idle_lock_;
  std::vector<MDB_txn*> idle_;
  std::mutex failure_lock_;
  std::optional<error> failure_;
};

}  // namespace mainstem::index
