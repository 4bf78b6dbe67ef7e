// SPDX-License-Identifier: Apache-2.0
#include <lmdb.h>

#include <string>

#include "append/peer.h"
#include "append/record.h"

namespace mainstem::bench {

namespace {

void check(int code) {
  if (code != 0) throw std::runtime_error(std::string("LMDB: ") + mdb_strerror(code));
}

MDB_val value_of(std::string& bytes) { return {.mv_size = bytes.size(), .mv_data = bytes.data()}; }

struct environment_closer {
  void operator()(MDB_env* environment) const noexcept { mdb_env_close(environment); }
};

/// All threads meet at LMDB's own write lock.
class lmdb_peer final : public peer {
 public:
  explicit lmdb_peer(const std::filesystem::path& folder) {
    MDB_env* created = nullptr;
    check(mdb_env_create(&created));
    environment_.reset(created);
    check(mdb_env_set_maxdbs(created, 2));
    check(mdb_env_set_mapsize(created, std::size_t{256} << 30U));
    check(mdb_env_open(created, folder.c_str(), 0, 0644));

    MDB_txn* transaction = nullptr;
    check(mdb_txn_begin(created, nullptr, 0, &transaction));
    check(mdb_dbi_open(transaction, "events", MDB_CREATE, &events_));
    check(mdb_dbi_open(transaction, "versions", MDB_CREATE, &versions_));
    check(mdb_txn_commit(transaction));
  }

  std::unique_ptr<peer_writer> start_writer() override;

  void commit(std::span<const planned_event> events, random_source& random) {
    MDB_txn* transaction = nullptr;
    check(mdb_txn_begin(environment_.get(), nullptr, 0, &transaction));
    for (const auto& event : events) add(transaction, event, random);
    check(mdb_txn_commit(transaction));
  }

 private:
  // Runs under the write lock, so the members are its own.
  void add(MDB_txn* transaction, const planned_event& event, random_source& random) {
    position_.clear();
    append_big_endian(position_, ++last_position_);
    version_key_.clear();
    append_version_key(version_key_, event);
    event_.clear();
    append_event_value(event_, event, random);

    MDB_val position = value_of(position_);
    MDB_val key = value_of(version_key_);
    MDB_val value = value_of(event_);
    // Fails if the version is taken: the check of the expected version.
    check(mdb_put(transaction, versions_, &key, &position, MDB_NOOVERWRITE));
    check(mdb_put(transaction, events_, &position, &value, MDB_APPEND));
  }

  std::unique_ptr<MDB_env, environment_closer> environment_;
  MDB_dbi events_ = 0;
  MDB_dbi versions_ = 0;
  std::uint64_t last_position_ = 0;
  std::string position_;
  std::string version_key_;
  std::string event_;
};

class lmdb_writer final : public peer_writer {
 public:
  explicit lmdb_writer(lmdb_peer& target) : peer_(target) {}
  void commit(std::span<const planned_event> events) override { peer_.commit(events, random_); }

 private:
  lmdb_peer& peer_;
  random_source random_{11};
};

std::unique_ptr<peer_writer> lmdb_peer::start_writer() {
  return std::make_unique<lmdb_writer>(*this);
}

}  // namespace

std::unique_ptr<peer> open_lmdb(const std::filesystem::path& folder) {
  return std::make_unique<lmdb_peer>(folder);
}

}  // namespace mainstem::bench
