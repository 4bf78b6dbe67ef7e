// SPDX-License-Identifier: Apache-2.0
#include "base/advice.h"

#include <cerrno>

#include <mainstem/error.h>

namespace mainstem {
namespace {

std::string_view advice_on_own(errc code) noexcept {
  switch (code) {
    case errc::store_not_found:
      return "check the path: a store has a file `manifest` and a folder `log`";
    case errc::store_locked: return "close that one first, or read beside it";
    case errc::corrupt_manifest: return "put `manifest` or `manifest.copy` back from a copy";
    case errc::unsupported_format: return "update this Mainstem";
    default: return {};
  }
}

std::string_view advice_on_system(int number) noexcept {
  switch (number) {
    case ENOENT: return "something of this name has to be there";
    case ENOTDIR: return "a folder is wanted there";
    case EEXIST: return "something of this name is there already";
    case ENOTEMPTY: return "name a folder that does not exist yet, or is empty";
    case EACCES:
    case EPERM: return "run as the user that owns the files, or let this one use them";
    case EROFS: return "the file system is mounted read-only, so only reading works";
    case ENOSPC:
    case EDQUOT: return "make room on the disk, then try again";
    case EFBIG: return "raise the limit on the size of files, then try again";
    case EMFILE:
    case ENFILE: return "raise the limit of open files (ulimit -n), then try again";
    case ENOMEM: return "give the process more memory, then try again";
    case EIO:
      return "the disk fails: copy what can be read, look at the kernel's log, and go on elsewhere";
    case ELOOP: return "its symbolic links lead in a circle";
    case ENAMETOOLONG: return "take a shorter path";
    default: return {};
  }
}

}  // namespace

std::string_view advice_on(const boost::system::error_code& code) noexcept {
  if (code.category() == mainstem::error_category())
    return advice_on_own(static_cast<errc>(code.value()));
  const bool is_system = code.category() == boost::system::system_category() ||
                         code.category() == boost::system::generic_category();
  return is_system ? advice_on_system(code.value()) : std::string_view();
}

}  // namespace mainstem
