// SPDX-License-Identifier: Apache-2.0
#include "index/lmdb_handle.h"

#include <cerrno>
#include <new>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "index/lmdb_error.h"
#include "index/lmdb_layout.h"

namespace mainstem::index {
namespace {

constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30U;
constexpr std::uint64_t smallest_map_bytes = gibibyte;
// Each keeps a place in LMDB's table of readers, which all processes share.
constexpr std::size_t most_idle_readers = 32;
constexpr mode_t file_mode = 0644;
// In LMDB's lock file: a cache line for each reader, and three for what stands before them. One
// more is no loss.
constexpr std::uint64_t reader_bytes = 64;
constexpr std::uint64_t lines_beside_readers = 4;
constexpr std::array<const char*, table_count> table_names = {
    "meta", "names", "heads", "runs", "entries", "merged", "checkpoints", "schemas"};

// Sanitizers shadow every mapping with memory of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t largest_map_bytes = 4 * gibibyte;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::uint64_t largest_map_bytes = 4 * gibibyte;
#else
constexpr std::uint64_t largest_map_bytes = 1024 * gibibyte;
#endif
#else
constexpr std::uint64_t largest_map_bytes = 1024 * gibibyte;
#endif

/// LMDB leaves its lock file sparse, and writes to it through a mapping: where the disk has no
/// block for that, the process is killed by SIGBUS. So the blocks are taken before. The size is
/// left alone, since other processes may have it mapped.
/// @return an errno, 0 if it was done or the file system cannot do it.
int allocate_lock_file(const std::string& path, std::uint64_t most_readers) {
  const int descriptor =
      ::open(lmdb_lock_path(path).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, file_mode);
  if (descriptor < 0) return errno;
  const auto bytes = static_cast<off_t>((most_readers + lines_beside_readers) * reader_bytes);
  int code = 0;
  do {
    code = ::fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, bytes) == 0 ? 0 : errno;
  } while (code == EINTR);
  ::close(descriptor);
  return code == EOPNOTSUPP || code == ENOSYS ? 0 : code;
}

}  // namespace

lmdb_handle::lmdb_handle(std::string path)
    : path_(std::move(path)), file_path_(lmdb_file_path(path_)) {
  idle_.reserve(most_idle_readers);
}

error lmdb_handle::failure(int code, const char* doing) const noexcept {
  try {
    return lmdb_failure(code, doing, path_);
  } catch (const std::bad_alloc&) {
    return errc::out_of_memory;
  }
}

int lmdb_handle::open_environment(const lmdb_options& options, std::uint64_t map_bytes, mode how) {
  int code = mdb_env_create(&environment_);
  if (code != 0) return code;
  code = mdb_env_set_mapsize(environment_, map_bytes);
  if (code == 0) code = mdb_env_set_maxdbs(environment_, table_count);
  if (code == 0) code = mdb_env_set_maxreaders(environment_, options.most_readers);
  // NORDAHEAD: look-ups are scattered. NOTLS: a read transaction is bound to its object, not to a
  // thread.
  if (code == 0) {
    const unsigned access = how == mode::follow ? MDB_RDONLY : MDB_NOMETASYNC;
    code = mdb_env_open(environment_, path_.c_str(), access | MDB_NORDAHEAD | MDB_NOTLS, file_mode);
  }
  if (code != 0) {
    // LMDB demands this even after a failed open.
    mdb_env_close(environment_);
    environment_ = nullptr;
  }
  return code;
}

// A table that is missing from what exists is damage, and must not come back as an empty one.
int lmdb_handle::open_tables(mode how) {
  const bool creating = how == mode::create;
  MDB_txn* transaction = nullptr;
  int code = mdb_txn_begin(environment_, nullptr, creating ? 0U : MDB_RDONLY, &transaction);
  if (code != 0) return code;
  for (std::size_t i = 0; code == 0 && i < table_count; ++i) {
    code = mdb_dbi_open(transaction, table_names[i], creating ? MDB_CREATE : 0U, &tables_[i]);
  }
  if (code == 0) return mdb_txn_commit(transaction);
  mdb_txn_abort(transaction);
  return code;
}

result<std::shared_ptr<lmdb_handle>> lmdb_handle::open(const std::string& path,
                                                       const lmdb_options& options, mode how) {
  std::shared_ptr<lmdb_handle> handle(new lmdb_handle(path));
  if (how != mode::follow) {
    const int code = allocate_lock_file(path, options.most_readers);
    if (code != 0) return handle->failure(code, "making the lock file of LMDB");
  }
  const bool any_size = options.map_bytes == 0;
  std::uint64_t map_bytes = any_size ? largest_map_bytes : options.map_bytes;
  int code = handle->open_environment(options, map_bytes, how);
  while (code == ENOMEM && any_size && map_bytes > smallest_map_bytes) {
    map_bytes /= 4;
    code = handle->open_environment(options, map_bytes, how);
  }
  if (code != 0) return handle->failure(code, "opening LMDB");
  // Slots of processes that died would hold back the reuse of pages for ever.
  int dead = 0;
  code = mdb_reader_check(handle->environment_, &dead);
  if (code != 0) return handle->failure(code, "clearing dead readers from LMDB");
  code = handle->open_tables(how);
  if (code != 0) return handle->failure(code, "opening the tables of LMDB");
  if (how != mode::follow) handle->fill_up_file();
  return handle;
}

lmdb_handle::~lmdb_handle() {
  for (MDB_txn* reader : idle_) mdb_txn_abort(reader);
  if (environment_ != nullptr) mdb_env_close(environment_);
}

result<MDB_txn*> lmdb_handle::take_reader() {
  MDB_txn* reader = nullptr;
  {
    const std::scoped_lock held(idle_lock_);
    if (!idle_.empty()) {
      reader = idle_.back();
      idle_.pop_back();
    }
  }
  if (reader != nullptr) {
    const int code = mdb_txn_renew(reader);
    if (code == 0) return reader;
    mdb_txn_abort(reader);
    return failure(code, "renewing a read transaction of LMDB");
  }
  const int code = begin_reader(&reader);
  if (code != 0) return failure(code, "beginning a read transaction of LMDB");
  return reader;
}

int lmdb_handle::begin_reader(MDB_txn** reader) noexcept {
  const int code = mdb_txn_begin(environment_, nullptr, MDB_RDONLY, reader);
  if (code != MDB_READERS_FULL) return code;
  // Processes that died may hold places.
  int dead = 0;
  if (mdb_reader_check(environment_, &dead) != 0 || dead == 0) return code;
  return mdb_txn_begin(environment_, nullptr, MDB_RDONLY, reader);
}

void lmdb_handle::give_back_reader(MDB_txn* reader) noexcept {
  mdb_txn_reset(reader);
  {
    const std::scoped_lock held(idle_lock_);
    if (idle_.size() < most_idle_readers) {
      idle_.push_back(reader);
      return;
    }
  }
  mdb_txn_abort(reader);
}

result<MDB_txn*> lmdb_handle::begin_write() {
  if (auto good = refuse_after_failure(); !good) return good.error();
  // A process that died while it read holds back the reuse of pages. A failure does no more harm.
  int dead = 0;
  static_cast<void>(mdb_reader_check(environment_, &dead));
  MDB_txn* transaction = nullptr;
  const int code = mdb_txn_begin(environment_, nullptr, 0, &transaction);
  if (code != 0) return failure(code, "beginning a write transaction of LMDB");
  return transaction;
}

result<void> lmdb_handle::commit(MDB_txn* transaction) {
  const int code = mdb_txn_commit(transaction);
  if (code == 0) {
    fill_up_file();
    return {};
  }
  const error why = failure(code, "committing to LMDB");
  // A full disk is noticed while pages are written that nothing leads to yet. After anything else,
  // nobody knows which pages of which commit the disk has, and a sync that comes later would not
  // tell either.
  // And a transaction that had failed before was not even tried.
  if (!(why == errc::disk_full) && code != MDB_BAD_TXN) fail_for_good(why);
  return why;
}

result<void> lmdb_handle::sync() {
  if (auto good = refuse_after_failure(); !good) return good.error();
  const int code = mdb_env_sync(environment_, 1);
  if (code == 0) return {};
  const error why = failure(code, "syncing LMDB");
  fail_for_good(why);
  return why;
}

// Pages at the end that a transaction took and gave up again are never written: the file may then
// be shorter than its meta page says, which is what a truncated file looks like to
// check_lmdb_file(). A failure does no harm but a rebuild, after a crash. posix_fallocate and not
// ftruncate, because the next transaction may be writing already, and what it has added must not be
// cut.
void lmdb_handle::fill_up_file() const noexcept {
  mdb_filehandle_t descriptor = -1;
  struct stat status = {};
  if (mdb_env_get_fd(environment_, &descriptor) != 0 || ::fstat(descriptor, &status) != 0) return;
  const auto needed = static_cast<off_t>(size_bytes());
  if (status.st_size < needed) static_cast<void>(::posix_fallocate(descriptor, needed - 1, 1));
}

std::uint64_t lmdb_handle::size_bytes() const noexcept {
  MDB_envinfo info = {};
  MDB_stat status = {};
  mdb_env_info(environment_, &info);
  mdb_env_stat(environment_, &status);
  return (std::uint64_t{info.me_last_pgno} + 1) * status.ms_psize;
}

bool lmdb_handle::is_replaced() const noexcept {
  mdb_filehandle_t descriptor = -1;
  struct stat own = {};
  struct stat there = {};
  if (mdb_env_get_fd(environment_, &descriptor) != 0 || ::fstat(descriptor, &own) != 0)
    return false;
  if (::stat(file_path_.c_str(), &there) != 0) return true;
  return own.st_ino != there.st_ino || own.st_dev != there.st_dev;
}

result<void> lmdb_handle::refuse_after_failure() {
  const std::scoped_lock held(failure_lock_);
  if (failure_) return *failure_;
  return {};
}

void lmdb_handle::fail_for_good(const error& why) noexcept {
  const std::scoped_lock held(failure_lock_);
  if (!failure_) failure_ = why;
}

}  // namespace mainstem::index
