// SPDX-License-Identifier: Apache-2.0
#include "index/lmdb_environment.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>
#include <tuple>
#include <utility>

#include <sys/stat.h>

#include "index/lmdb_handle.h"
#include "index/lmdb_layout.h"
#include "index/lmdb_pages.h"
#include "os/fork_guard.h"

namespace mainstem::index {
namespace {

MDB_val as_value(bytes_view bytes) noexcept {
  // LMDB takes keys and values as pointers to memory that it does not change.
  return {bytes.size(), const_cast<std::byte*>(bytes.data())};
}

bytes_view as_view(const MDB_val& value) noexcept {
  return {static_cast<const std::byte*>(value.mv_data), value.mv_size};
}

/// An environment that is open in this process. LMDB would let it be opened a second time, and when
/// one of the two is closed, the locks of both are gone.
class open_guard {
 public:
  // What a parent had open before a fork is not open in the child.
  using identity = std::tuple<dev_t, ino_t, std::uint64_t>;

  /// @param path the data file's, which nothing replaces while it is open: a folder that was thrown
  /// away may come back with the same number.
  static result<std::unique_ptr<open_guard>> take(const std::string& path) {
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0) {
      return error(boost::system::error_code(errno, boost::system::system_category()),
                   error_info{.detail = "looking for the file of LMDB", .path = path});
    }
    const identity which{status.st_dev, status.st_ino, os::current_fork_generation()};
    std::unique_ptr<open_guard> guard(new open_guard(which));
    const std::scoped_lock held(lock());
    guard->is_taken_ = all().insert(which).second;
    if (!guard->is_taken_) {
      return error(errc::store_locked,
                   error_info{.detail = "this process has it open already", .path = path});
    }
    return guard;
  }
  open_guard(const open_guard&) = delete;
  open_guard& operator=(const open_guard&) = delete;
  ~open_guard() {
    if (!is_taken_) return;
    const std::scoped_lock held(lock());
    all().erase(which_);
  }

 private:
  explicit open_guard(identity which) noexcept : which_(std::move(which)) {}
  static std::mutex& lock() {
    static std::mutex instance;
    return instance;
  }
  static std::set<identity>& all() {
    static std::set<identity> instance;
    return instance;
  }
  identity which_;
  bool is_taken_ = false;
};

class lmdb_cursor final : public cursor {
 public:
  static result<std::unique_ptr<cursor>> open(const lmdb_handle& handle, MDB_txn* transaction,
                                              table over) {
    std::unique_ptr<lmdb_cursor> owner(new lmdb_cursor(handle));
    const int code = mdb_cursor_open(transaction, handle.dbi(over), &owner->raw_);
    if (code != 0) return handle.failure(code, "opening a cursor of LMDB");
    return std::unique_ptr<cursor>(std::move(owner));
  }
  lmdb_cursor(const lmdb_cursor&) = delete;
  lmdb_cursor& operator=(const lmdb_cursor&) = delete;
  ~lmdb_cursor() override {
    if (raw_ != nullptr) mdb_cursor_close(raw_);
  }

  result<std::optional<row>> seek(bytes_view key) override {
    return move(as_value(key), MDB_SET_RANGE);
  }
  result<std::optional<row>> next() override {
    if (at_end_) return std::optional<row>{};
    return move({}, MDB_NEXT);
  }
  result<std::optional<row>> previous() override {
    if (at_end_) return move({}, MDB_LAST);
    auto found = move({}, MDB_PREV);
    at_end_ = false;
    return found;
  }

 private:
  explicit lmdb_cursor(const lmdb_handle& handle) noexcept : handle_(handle) {}

  result<std::optional<row>> move(MDB_val key, MDB_cursor_op how) {
    MDB_val value = {};
    const int code = mdb_cursor_get(raw_, &key, &value, how);
    at_end_ = code == MDB_NOTFOUND;
    if (at_end_) return std::optional<row>{};
    if (code != 0) return handle_.failure(code, "moving a cursor of LMDB");
    return std::optional<row>{row{as_view(key), as_view(value)}};
  }

  const lmdb_handle& handle_;
  MDB_cursor* raw_ = nullptr;
  bool at_end_ = false;
};

/// What a look-up that ended with `code` has found.
result<std::optional<bytes_view>> answer_of(const lmdb_handle& handle, int code,
                                            const MDB_val& found) {
  if (code == MDB_NOTFOUND) return std::optional<bytes_view>{};
  if (code != 0) return handle.failure(code, "reading from LMDB");
  return std::optional<bytes_view>{as_view(found)};
}

class lmdb_read final : public read_transaction {
 public:
  explicit lmdb_read(std::shared_ptr<lmdb_handle> handle) noexcept : handle_(std::move(handle)) {}
  lmdb_read(const lmdb_read&) = delete;
  lmdb_read& operator=(const lmdb_read&) = delete;
  ~lmdb_read() override {
    if (raw_ != nullptr) handle_->give_back_reader(raw_);
  }
  void own(MDB_txn* raw) noexcept { raw_ = raw; }

  result<std::optional<bytes_view>> get(table from, bytes_view key) override {
    MDB_val wanted = as_value(key);
    MDB_val found = {};
    const int code = mdb_get(raw_, handle_->dbi(from), &wanted, &found);
    return answer_of(*handle_, code, found);
  }
  result<std::unique_ptr<cursor>> open_cursor(table over) override {
    return lmdb_cursor::open(*handle_, raw_, over);
  }

 private:
  std::shared_ptr<lmdb_handle> handle_;
  MDB_txn* raw_ = nullptr;
};

class lmdb_write final : public write_transaction {
 public:
  explicit lmdb_write(std::shared_ptr<lmdb_handle> handle) noexcept : handle_(std::move(handle)) {}
  lmdb_write(const lmdb_write&) = delete;
  lmdb_write& operator=(const lmdb_write&) = delete;
  ~lmdb_write() override {
    if (raw_ != nullptr) mdb_txn_abort(raw_);
  }
  void own(MDB_txn* raw) noexcept { raw_ = raw; }

  result<std::optional<bytes_view>> get(table from, bytes_view key) override {
    auto place = place_in(from);
    if (!place) return place.error();
    MDB_val wanted = as_value(key);
    MDB_val found = {};
    const int code = mdb_cursor_get(*place, &wanted, &found, MDB_SET);
    return answer_of(*handle_, code, found);
  }
  result<std::unique_ptr<cursor>> open_cursor(table over) override {
    return lmdb_cursor::open(*handle_, raw_, over);
  }
  result<void> put(table into, bytes_view key, bytes_view value, bool append) override {
    auto place = place_in(into);
    if (!place) return place.error();
    MDB_val raw_key = as_value(key);
    MDB_val raw_value = as_value(value);
    const int code = mdb_cursor_put(*place, &raw_key, &raw_value, append ? MDB_APPEND : 0U);
    if (code == MDB_KEYEXIST && append) {
      return error(errc::corrupt_index, "a table goes on behind what should be its end");
    }
    if (code != 0) return handle_->failure(code, "writing to LMDB");
    return {};
  }
  result<void> erase(table from, bytes_view key) override {
    auto place = place_in(from);
    if (!place) return place.error();
    MDB_val raw_key = as_value(key);
    MDB_val erased{};
    int code = mdb_cursor_get(*place, &raw_key, &erased, MDB_SET);
    if (code == 0) code = mdb_cursor_del(*place, 0);
    if (code != 0 && code != MDB_NOTFOUND) return handle_->failure(code, "erasing from LMDB");
    return {};
  }
  result<void> commit() override { return handle_->commit(std::exchange(raw_, nullptr)); }

 private:
  /// Where this transaction reads and writes in a table. LMDB looks first whether the next key is
  /// on the same page as the last one; ascending keys then cost no way down the tree.
  result<MDB_cursor*> place_in(table which) {
    MDB_cursor*& place = places_[static_cast<std::size_t>(which)];
    if (place == nullptr) {
      const int code = mdb_cursor_open(raw_, handle_->dbi(which), &place);
      if (code != 0) return handle_->failure(code, "opening a cursor of LMDB");
    }
    return place;
  }

  std::shared_ptr<lmdb_handle> handle_;
  MDB_txn* raw_ = nullptr;
  std::array<MDB_cursor*, table_count> places_{};  // LMDB closes them with the transaction.
};

class lmdb_environment final : public environment {
 public:
  lmdb_environment(std::unique_ptr<open_guard> guard, std::shared_ptr<lmdb_handle> handle) noexcept
      : guard_(std::move(guard)), handle_(std::move(handle)) {}

  // The owner is made first: a write transaction that nobody ends keeps LMDB's lock for ever.
  result<std::unique_ptr<read_transaction>> begin_read() override {
    auto owner = std::make_unique<lmdb_read>(handle_);
    auto raw = handle_->take_reader();
    if (!raw) return raw.error();
    owner->own(*raw);
    return std::unique_ptr<read_transaction>(std::move(owner));
  }
  result<std::unique_ptr<write_transaction>> begin_write() override {
    auto owner = std::make_unique<lmdb_write>(handle_);
    auto raw = handle_->begin_write();
    if (!raw) return raw.error();
    owner->own(*raw);
    return std::unique_ptr<write_transaction>(std::move(owner));
  }
  result<void> sync() override { return handle_->sync(); }
  result<std::uint64_t> size_bytes() override { return handle_->size_bytes(); }
  bool is_replaced() override { return handle_->is_replaced(); }

 private:
  std::unique_ptr<open_guard> guard_;
  std::shared_ptr<lmdb_handle> handle_;
};

error not_an_environment(const os::directory& in, std::string_view name, const error& why) {
  return {errc::corrupt_index,
          error_info{.detail = why.message(), .path = in.path() + "/" + std::string(name)}};
}

}  // namespace

lmdb_provider::lmdb_provider(std::shared_ptr<os::directory> store_directory, lmdb_options options)
    : store_directory_(std::move(store_directory)), options_(options) {}

result<std::unique_ptr<environment>> lmdb_provider::open(std::string_view name) {
  auto there = exists(name);
  if (!there) return there.error();
  if (!*there) {
    if (auto created = create(name); !created) return created.error();
  } else if (auto whole = look_through(name, options_.looked_through_bytes); !whole) {
    return whole.error();
  }
  return open_there(name, false);
}

result<std::unique_ptr<environment>> lmdb_provider::open_existing(std::string_view name) {
  if (auto whole = wait_until_whole(name); !whole) return whole.error();
  return open_there(name, false);
}

result<std::unique_ptr<environment>> lmdb_provider::open_read_only(std::string_view name) {
  if (auto whole = wait_until_whole(name); !whole) return whole.error();
  return open_there(name, true);
}

// For a moment after another process's commit, before the file is filled up, it looks as if its end
// were missing.
result<void> lmdb_provider::wait_until_whole(std::string_view name) {
  constexpr int attempts = 50;
  for (int attempt = 1;; ++attempt) {
    auto there = exists(name);
    if (there && *there) return {};
    if (there) {
      return error(errc::corrupt_index,
                   error_info{.detail = "there is no such folder",
                              .path = store_directory_->path() + "/" + std::string(name)});
    }
    if (!(there.error() == errc::corrupt_index) || attempt == attempts) return there.error();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

result<std::unique_ptr<environment>> lmdb_provider::open_there(std::string_view name,
                                                               bool read_only) {
  auto folder = store_directory_->open_directory(name, false);
  if (!folder) return folder.error();
  const std::string& path = (*folder)->path();
  auto guard = open_guard::take(lmdb_file_path(path));
  if (!guard) return guard.error();
  auto handle = lmdb_handle::open(
      path, options_, read_only ? lmdb_handle::mode::follow : lmdb_handle::mode::existing);
  if (!handle) return handle.error();
  return std::unique_ptr<environment>(
      std::make_unique<lmdb_environment>(std::move(*guard), std::move(*handle)));
}

/// True if an environment is there that can be trusted; false if there is nothing of this name.
result<bool> lmdb_provider::exists(std::string_view name) {
  auto folder = store_directory_->open_directory(name, false);
  if (!folder) {
    if (os::is_missing(folder.error())) return false;
    if (folder.error().code() == boost::system::errc::not_a_directory) {
      return not_an_environment(*store_directory_, name, folder.error());
    }
    return folder.error();
  }
  auto data = (*folder)->open_file(lmdb_file_name, os::open_mode::read_only);
  if (!data) {
    // A folder gets its name only when everything is in it, so something has been taken out of this
    // one.
    if (os::is_missing(data.error()) ||
        data.error().code() == boost::system::errc::is_a_directory) {
      return not_an_environment(*store_directory_, name, data.error());
    }
    return data.error();
  }
  if (auto checked = check_lmdb_file(**data); !checked) return checked.error();
  return true;
}

// LMDB neither syncs its folder nor its first meta pages. So it begins aside, and gets its name
// when all is synced.
result<void> lmdb_provider::create(std::string_view name) {
  const std::string aside = std::string(name) + ".new";
  if (auto cleared = store_directory_->remove_tree(aside); !cleared) return cleared.error();
  auto folder = store_directory_->open_directory(aside, true);
  if (!folder) return folder.error();
  {
    auto handle = lmdb_handle::open((*folder)->path(), options_, lmdb_handle::mode::create);
    if (!handle) return handle.error();
  }
  auto data = (*folder)->open_file(lmdb_file_name, os::open_mode::read_write);
  if (!data) return data.error();
  if (auto synced = (*data)->sync(); !synced) return synced.error();
  if (auto synced = (*folder)->sync(); !synced) return synced.error();
  if (auto renamed = store_directory_->rename(aside, name); !renamed) return renamed.error();
  return store_directory_->sync();
}

result<bool> lmdb_provider::inspect(std::string_view name) {
  if (auto there = exists(name); there && !*there) return false;
  if (auto whole = wait_until_whole(name); !whole) return whole.error();
  if (auto whole = look_through(name, ~std::uint64_t{0}); !whole) return whole.error();
  return true;
}

/// Looks at every page, unless the file is larger than that.
result<void> lmdb_provider::look_through(std::string_view name, std::uint64_t most_bytes) {
  auto folder = store_directory_->open_directory(name, false);
  if (!folder) return folder.error();
  auto data = (*folder)->open_file(lmdb_file_name, os::open_mode::read_only);
  if (!data) return data.error();
  auto size = (*data)->size();
  if (!size) return size.error();
  if (*size > most_bytes) return {};
  return check_lmdb_pages(**data);
}

result<void> lmdb_provider::discard(std::string_view name) {
  auto folder = store_directory_->open_directory(name, false);
  if (!folder) {
    if (os::is_missing(folder.error())) return {};
    if (folder.error().code() != boost::system::errc::not_a_directory) return folder.error();
    if (auto removed = store_directory_->remove(name); !removed) return removed.error();
    return store_directory_->sync();
  }
  // Where it is still open, the guard says so.
  auto guard = open_guard::take(lmdb_file_path((*folder)->path()));
  if (!guard && !os::is_missing(guard.error())) return guard.error();
  if (auto removed = store_directory_->remove_tree(name); !removed) return removed.error();
  return store_directory_->sync();
}

}  // namespace mainstem::index
