// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include <mutex>
#include <string>

#include "append/peer.h"
#include "append/record.h"

namespace mainstem::bench {

namespace {

void check(sqlite3* database, bool succeeded) {
  if (!succeeded) throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(database));
}

/// A prepared statement, reset by every run().
class statement {
 public:
  statement(sqlite3* database, const char* text) : database_(database) {
    check(database, sqlite3_prepare_v3(database, text, -1, SQLITE_PREPARE_PERSISTENT, &handle_,
                                       nullptr) == SQLITE_OK);
  }
  ~statement() { sqlite3_finalize(handle_); }
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

  void bind(int at, std::string_view text) {
    check(database_, sqlite3_bind_text(handle_, at, text.data(), static_cast<int>(text.size()),
                                       SQLITE_STATIC) == SQLITE_OK);
  }
  void bind(int at, std::span<const std::byte> bytes) {
    check(database_, sqlite3_bind_blob(handle_, at, bytes.data(), static_cast<int>(bytes.size()),
                                       SQLITE_STATIC) == SQLITE_OK);
  }
  void bind(int at, std::uint64_t number) {
    check(database_,
          sqlite3_bind_int64(handle_, at, static_cast<sqlite3_int64>(number)) == SQLITE_OK);
  }
  /// The number in the row that this yields, if it yields one; otherwise 0.
  std::uint64_t run() {
    const int code = sqlite3_step(handle_);
    check(database_, code == SQLITE_DONE || code == SQLITE_ROW);
    const auto number =
        code == SQLITE_ROW ? static_cast<std::uint64_t>(sqlite3_column_int64(handle_, 0)) : 0;
    sqlite3_reset(handle_);
    return number;
  }

 private:
  sqlite3* database_;
  sqlite3_stmt* handle_ = nullptr;
};

/// Closes last: the statements of the peer have to be gone by then.
class connection {
 public:
  explicit connection(const std::filesystem::path& file) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    check(handle_, sqlite3_open_v2(file.c_str(), &handle_, flags, nullptr) == SQLITE_OK);
    execute("PRAGMA journal_mode=WAL");
    execute("PRAGMA synchronous=FULL");
    execute("PRAGMA cache_size=-65536");  // 64 MiB: the default of 2 MiB would be unfair.
    execute(
        "CREATE TABLE events (position INTEGER PRIMARY KEY, stream TEXT NOT NULL,"
        " version INTEGER NOT NULL, id BLOB NOT NULL, type TEXT NOT NULL, payload BLOB NOT NULL)");
    execute("CREATE UNIQUE INDEX events_by_stream ON events (stream, version)");
  }
  ~connection() { sqlite3_close_v2(handle_); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  [[nodiscard]] sqlite3* handle() const noexcept { return handle_; }

 private:
  void execute(const char* text) {
    check(handle_, sqlite3_exec(handle_, text, nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  sqlite3* handle_ = nullptr;
};

/// SQLite has one writer at a time: all threads share one connection, through a mutex.
class sqlite_peer final : public peer {
 public:
  explicit sqlite_peer(const std::filesystem::path& folder) : connection_(folder / "events.db") {}
  std::unique_ptr<peer_writer> start_writer() override;

  void commit(std::span<const planned_event> events) {
    const std::scoped_lock lock(mutex_);
    begin_.run();
    for (const auto& event : events) append(event);
    commit_.run();
  }

 private:
  void append(const planned_event& event) {
    version_.bind(1, event.stream);
    if (version_.run() != event.version_before) throw std::runtime_error("SQLite: conflict");

    id_.clear();
    append_event_id(id_, random_);
    insert_.bind(1, event.stream);
    insert_.bind(2, event.version_before + 1);
    insert_.bind(3, std::as_bytes(std::span(id_)));
    insert_.bind(4, event_type);
    insert_.bind(5, event.payload);
    insert_.run();
  }

  std::mutex mutex_;
  connection connection_;
  statement begin_{connection_.handle(), "BEGIN IMMEDIATE"};
  statement commit_{connection_.handle(), "COMMIT"};
  statement version_{connection_.handle(), "SELECT max(version) FROM events WHERE stream = ?1"};
  statement insert_{connection_.handle(),
                    "INSERT INTO events (stream, version, id, type, payload)"
                    " VALUES (?1, ?2, ?3, ?4, ?5)"};
  random_source random_{7};
  std::string id_;
};

class sqlite_writer final : public peer_writer {
 public:
  explicit sqlite_writer(sqlite_peer& target) : peer_(target) {}
  void commit(std::span<const planned_event> events) override { peer_.commit(events); }

 private:
  sqlite_peer& peer_;
};

std::unique_ptr<peer_writer> sqlite_peer::start_writer() {
  return std::make_unique<sqlite_writer>(*this);
}

}  // namespace

std::unique_ptr<peer> open_sqlite(const std::filesystem::path& folder) {
  return std::make_unique<sqlite_peer>(folder);
}

}  // namespace mainstem::bench
