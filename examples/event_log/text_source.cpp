// SPDX-License-Identifier: Apache-2.0
#include "text_source.h"

#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace event_log {

void text_source::closer::operator()(void* file) const noexcept {
  gzclose_r(static_cast<gzFile>(file));
}

outcome<text_source> text_source::open(const std::string& path) {
  std::error_code ec;
  if (std::filesystem::is_directory(path, ec))
    return bad_input(path + ": expected a file, this is a folder");
  errno = 0;
  gzFile file = gzopen(path.c_str(), "re");
  if (file == nullptr)
    return bad_input(path + ": " + (errno != 0 ? std::strerror(errno) : "no memory"));
  text_source source(path, file);
  gzbuffer(file, 1U << 18U);
  // zlib hands out a file that is not packed as it is.
  if (path.ends_with(".gz") && gzdirect(file) != 0)
    return bad_input(path + ": expected gzip data, as its name says");
  return source;
}

outcome<std::size_t> text_source::read(std::span<char> into) {
  auto* const file = static_cast<gzFile>(file_.get());
  const int count = gzread(file, into.data(), static_cast<unsigned>(into.size()));
  int code = Z_OK;
  const char* const text = gzerror(file, &code);
  // A file that was cut short yields what there is, and Z_BUF_ERROR.
  if (count < 0 || (count == 0 && code != Z_OK && code != Z_STREAM_END)) {
    const std::string reason = code == Z_ERRNO ? std::strerror(errno) : text;
    return bad_input(path_ + ": broken gzip data or unreadable file: " + reason);
  }
  return static_cast<std::size_t>(count);
}

}  // namespace event_log
