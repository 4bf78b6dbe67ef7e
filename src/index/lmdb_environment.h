// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <mainstem/error.h>

#include "index/environment.h"
#include "os/file.h"

namespace mainstem::index {

struct lmdb_options {
  /// Address space for the data file, which can never grow beyond it; only as much of the disk is
  /// used as is needed. 0: as much as the system lets us have, up to 1 TiB.
  std::uint64_t map_bytes = 0;
  /// How many read transactions may be open at once, in all processes together.
  std::uint32_t most_readers = 4096;
  /// Of a data file that is not larger, open() looks at every page first, as inspect() does.
  std::uint64_t looked_through_bytes = 16U << 20U;
};

/// Environments in LMDB, each in a folder of its own inside the store's folder.
///
/// Without a sync(), a crash of the machine may take back the last commits (MDB_NOMETASYNC), never
/// a part of one. Thread safety: safe.
class lmdb_provider final : public environment_provider {
 public:
  explicit lmdb_provider(std::shared_ptr<os::directory> store_directory, lmdb_options options = {});

  /// On success: the environment's files are there after any crash.
  [[nodiscard]] result<std::unique_ptr<environment>> open(std::string_view name) override;
  [[nodiscard]] result<std::unique_ptr<environment>> open_existing(std::string_view name) override;
  [[nodiscard]] result<std::unique_ptr<environment>> open_read_only(std::string_view name) override;
  [[nodiscard]] result<bool> inspect(std::string_view name) override;
  [[nodiscard]] result<void> discard(std::string_view name) override;

 private:
  [[nodiscard]] result<bool> exists(std::string_view name);
  [[nodiscard]] result<void> wait_until_whole(std::string_view name);
  [[nodiscard]] result<void> look_through(std::string_view name, std::uint64_t most_bytes);
  [[nodiscard]] result<std::unique_ptr<environment>> open_there(std::string_view name,
                                                                bool read_only);
  [[nodiscard]] result<void> create(std::string_view name);

  std::shared_ptr<os::directory> store_directory_;
  lmdb_options options_;
};

}  // namespace mainstem::index
