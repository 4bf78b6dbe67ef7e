// SPDX-License-Identifier: Apache-2.0
#include "ctl/advice.h"

#include <cerrno>

#include "ctl/text.h"

namespace mainstem::ctl {
namespace {

boost::system::error_code error_code(int number) noexcept {
  return {number, boost::system::system_category()};
}

constexpr const char* more_memory =
    "give it more memory, or raise the limit (ulimit -v): it maps the index, and takes about 150 B "
    "for each stream";

const char* advice_on_own(errc code) {
  switch (code) {
    case errc::store_not_found:
      return "check the path: the folder of a store has a file `manifest` and a folder `log`";
    case errc::store_locked:
      return "stop the process that holds it, or let it finish; backup and verify work beside it";
    case errc::unsupported_format: return "update mainstemctl to the version that is named";
    case errc::corrupt_manifest:
      return "put `manifest` or `manifest.copy` back from a backup: nothing can be read without "
             "the secret in it; or restore the backup";
    case errc::missing_segment:
      return "put the segment back from a backup; `verify` lists all that is missing";
    case errc::foreign_file:
      return "move the file to where it belongs; `info` shows which store this is";
    case errc::store_damaged:
    case errc::corrupt_data:
      return "run `mainstemctl verify`, then restore a backup, or run `mainstemctl repair`";
    case errc::corrupt_index:
      return "remove the folder `index`: the next opening for writing makes it from the log";
    case errc::corrupt_state: return "put the folder `state` back from a backup";
    case errc::invalid_argument:
      return "correct the call: `mainstemctl --help` lists the verbs, and `--help` behind a verb "
             "what it takes";
    case errc::out_of_memory: return more_memory;
    case errc::overloaded:
    case errc::timed_out: return "try again";
    default: return "run it again; if that does not help, keep a copy of the folder and report it";
  }
}

const char* advice_on_system(int code) {
  switch (code) {
    case ENOENT: return "check the path: something of this name has to be there";
    case ENOTDIR: return "check the path: a folder is wanted";
    case EEXIST:
    case ENOTEMPTY: return "name a folder that does not exist yet, or is empty";
    case EACCES:
    case EPERM:
      return "run it as the user that owns the files, or let this one read them, and write "
             "`lock.mdb` in `index` and `state`";
    case EROFS: return "the file system is mounted read-only: write to another one";
    case EMFILE:
    case ENFILE: return "raise the limit of open files (ulimit -n)";
    case ENOMEM: return more_memory;
    case EIO:
      return "the disk fails: copy what can be read, look at the kernel's log, and go on there";
    case ELOOP: return "check the path: its symbolic links lead in a circle";
    case ENAMETOOLONG: return "take a shorter path";
    default: return "look at the path that is named, then run it again";
  }
}

bool is_full(const error& why) noexcept {
  if (why == errc::disk_full) return true;
  return why == error_code(ENOSPC) || why == error_code(EDQUOT) || why == error_code(EFBIG);
}

/// How to run it again.
std::string again(const product& of) {
  switch (of.kind) {
    case product::kind::backup:
      return "run the same backup again, which goes on with what is there; do not remove " +
             printable(of.target) + ": an earlier backup in it is still whole";
    case product::kind::store:
      return "remove what was begun in " + printable(of.target) + ", and run it again";
    case product::kind::none: break;
  }
  return "run it again";
}

}  // namespace

std::string advice_on(const error& why, const product& of) {
  if (is_full(why)) return "make room on the disk, then " + again(of);
  if (why == error_code(ECANCELED)) return "it was interrupted: " + again(of);
  if (why.code().category() == mainstem::error_category())
    return advice_on_own(static_cast<errc>(why.code().value()));
  return advice_on_system(why.code().value());
}

}  // namespace mainstem::ctl
