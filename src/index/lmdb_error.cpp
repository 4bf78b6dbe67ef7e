// SPDX-License-Identifier: Apache-2.0
#include "index/lmdb_error.h"

#include <cerrno>

#include <lmdb.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "index/lmdb_layout.h"

namespace mainstem::index {
namespace {

class category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "lmdb"; }
  std::string message(int code) const override { return mdb_strerror(code); }
  boost::system::error_condition default_error_condition(int code) const noexcept override {
    // After MDB_PANIC every transaction fails, until the environment is opened anew.
    if (code == MDB_PANIC) return make_error_condition(error_condition::fatal);
    return error_category::default_error_condition(code);
  }
};

constexpr std::uint64_t enough_bytes = 1U << 20U;

bool is_at_size_limit(const std::string& path) {
  rlimit limit = {};
  struct stat status = {};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return false;
  if (::stat(lmdb_file_path(path).c_str(), &status) != 0) return false;
  return static_cast<std::uint64_t>(status.st_size) + enough_bytes > limit.rlim_cur;
}

// Some write that fell short is all that LMDB noticed, and it says EIO: the file system, and the
// limit on the size of files, know better.
bool has_no_space(const std::string& path) {
  struct statvfs status = {};
  if (::statvfs(path.c_str(), &status) == 0 &&
      std::uint64_t{status.f_bavail} * status.f_frsize < enough_bytes) {
    return true;
  }
  return is_at_size_limit(path);
}

errc named(int code, const std::string& path) {
  switch (code) {
    case MDB_CORRUPTED:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_PAGE_NOTFOUND:
    case MDB_PAGE_FULL:
    case MDB_CURSOR_FULL:
    case MDB_INCOMPATIBLE:
    case MDB_BAD_TXN:   // A step before this one met a damaged page.
    case MDB_NOTFOUND:  // Where a missing row is no error, nobody comes here: a table is missing.
      return errc::corrupt_index;
    case MDB_READERS_FULL: return errc::overloaded;
    case MDB_MAP_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return errc::disk_full;
    case EIO: return has_no_space(path) ? errc::disk_full : errc{};
    default: return errc{};
  }
}

}  // namespace

const boost::system::error_category& lmdb_category() noexcept {
  static const category instance;
  return instance;
}

error lmdb_failure(int code, std::string_view doing, const std::string& path) {
  error_info info{.detail = std::string(doing) + ": " + mdb_strerror(code), .path = path};
  if (code == MDB_READERS_FULL) info.detail += ". Too many readers are open at the same time";
  if (const errc known = named(code, path); known != errc{}) return {known, std::move(info)};
  if (code > 0) return {boost::system::error_code(code, boost::system::system_category()), info};
  return {boost::system::error_code(code, lmdb_category()), std::move(info)};
}

}  // namespace mainstem::index
