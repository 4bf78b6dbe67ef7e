// SPDX-License-Identifier: Apache-2.0
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "append/peer.h"
#include "append/record.h"

namespace mainstem::bench {

namespace {

void check(const rocksdb::Status& status) {
  if (!status.ok()) throw std::runtime_error("RocksDB: " + status.ToString());
}

class rocksdb_writer final : public peer_writer {
 public:
  rocksdb_writer(rocksdb::DB& database, std::atomic<std::uint64_t>& last_position,
                 std::uint64_t seed)
      : database_(database), last_position_(last_position), random_(seed) {
    synced_.sync = true;
  }

  void commit(std::span<const planned_event> events) override {
    batch_.Clear();
    auto position = last_position_.fetch_add(events.size(), std::memory_order_relaxed);
    for (const auto& event : events) add(event, ++position);
    check(database_.Write(synced_, &batch_));
  }

 private:
  void add(const planned_event& event, std::uint64_t position) {
    version_key_.assign(1, 'v');
    append_version_key(version_key_, event);
    // The cheapest check that notices another writer: is this version taken?
    if (!database_.Get(rocksdb::ReadOptions(), version_key_, &found_).IsNotFound())
      throw std::runtime_error("RocksDB: conflict");

    position_bytes_.clear();
    append_big_endian(position_bytes_, position);
    batch_.Put(version_key_, position_bytes_);
    position_key_ = 'e' + position_bytes_;
    value_.clear();
    append_event_value(value_, event, random_);
    batch_.Put(position_key_, value_);
  }

  rocksdb::DB& database_;
  std::atomic<std::uint64_t>& last_position_;
  random_source random_;
  rocksdb::WriteOptions synced_;
  rocksdb::WriteBatch batch_;
  std::string version_key_;
  std::string position_bytes_;
  std::string position_key_;
  std::string value_;
  std::string found_;
};

void tune(rocksdb::Options& options) {
  options.recycle_log_file_num = 4;
  rocksdb::BlockBasedTableOptions tables;
  tables.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  tables.block_cache = rocksdb::NewLRUCache(std::size_t{64} << 20U);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(tables));
}

class rocksdb_peer final : public peer {
 public:
  rocksdb_peer(const std::filesystem::path& folder, rocksdb_settings settings) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.IncreaseParallelism(2);
    if (settings == rocksdb_settings::tuned) tune(options);
    rocksdb::DB* opened = nullptr;
    check(rocksdb::DB::Open(options, folder.string(), &opened));
    database_.reset(opened);
  }

  std::unique_ptr<peer_writer> start_writer() override {
    return std::make_unique<rocksdb_writer>(*database_, last_position_, ++writers_);
  }

  void rest() override {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (busy() && std::chrono::steady_clock::now() < give_up)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }

 private:
  [[nodiscard]] bool busy() const {
    for (const auto* name : {"rocksdb.num-running-flushes", "rocksdb.num-running-compactions",
                             "rocksdb.mem-table-flush-pending", "rocksdb.compaction-pending"}) {
      std::uint64_t value = 0;
      if (database_->GetIntProperty(name, &value) && value != 0) return true;
    }
    return false;
  }

  std::unique_ptr<rocksdb::DB> database_;
  std::atomic<std::uint64_t> last_position_{0};
  std::atomic<std::uint64_t> writers_{0};
};

}  // namespace

std::unique_ptr<peer> open_rocksdb(const std::filesystem::path& folder, rocksdb_settings settings) {
  return std::make_unique<rocksdb_peer>(folder, settings);
}

}  // namespace mainstem::bench
