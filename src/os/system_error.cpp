// SPDX-License-Identifier: Apache-2.0
#include "os/system_error.h"

#include <cerrno>

#include "os/file.h"

namespace mainstem::os {

error system_error(int number, std::string_view attempt, const std::string& path,
                   std::optional<std::uint64_t> offset) {
  std::string detail = "cannot ";
  detail.append(attempt).append(" ").append(path);
  return {boost::system::error_code(number, boost::system::system_category()),
          error_info{.detail = std::move(detail), .path = path, .offset = offset}};
}

std::string attempt_at(std::string_view verb, std::uint64_t bytes, std::uint64_t offset) {
  std::string attempt(verb);
  return attempt.append(" ")
      .append(std::to_string(bytes))
      .append(" bytes at ")
      .append(std::to_string(offset))
      .append(" of");
}

std::string attempt_to(std::string_view verb, std::uint64_t size_bytes) {
  std::string attempt(verb);
  return attempt.append(" ").append(std::to_string(size_bytes)).append(" bytes of");
}

result<void> check_component(std::string_view name, const std::string& parent) {
  const bool single = !name.empty() && name != "." && name != ".." &&
                      name.find('/') == std::string_view::npos &&
                      name.find('\0') == std::string_view::npos;
  if (single) return {};
  std::string detail = "'";
  detail.append(name).append("' is not the name of something inside ").append(parent);
  return error(errc::invalid_argument, error_info{.detail = std::move(detail), .path = parent});
}

std::string joined_path(const std::string& parent, std::string_view name) {
  std::string path = parent;
  if (!path.empty() && path.back() != '/') path += '/';
  return path.append(name);
}

result<bool> directory::is_locked(std::string_view name) {
  return system_error(EOPNOTSUPP, "look for the holder of", joined_path(path(), name));
}

result<void> directory::hard_link(std::string_view name, directory& /*to*/,
                                  std::string_view /*to_name*/) {
  return system_error(EOPNOTSUPP, "give a second name to", joined_path(path(), name));
}

bool is_disk_full(const error& failure) noexcept {
  if (failure.code().category() != boost::system::system_category()) return false;
  const int number = failure.code().value();
  return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

bool is_missing(const error& failure) noexcept {
  return failure.code() == boost::system::errc::no_such_file_or_directory;
}

bool is_damage(const error& failure) noexcept {
  if (failure.code().category() != boost::system::system_category())
    return failure == error_condition::corruption;
  switch (failure.code().value()) {
    // The disk does not give it: so Linux names what fails.
    case EIO:
    case ENODATA:
    case EBADMSG:
    case EUCLEAN:
    case EILSEQ:
    case EREMOTEIO:
    // Nothing stands there, or what is no file: a FIFO is EINVAL.
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENXIO:
    case EINVAL: return true;
    default: return false;
  }
}

}  // namespace mainstem::os
