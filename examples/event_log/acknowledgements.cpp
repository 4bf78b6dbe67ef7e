// SPDX-License-Identifier: Apache-2.0
#include "acknowledgements.h"

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace event_log {
namespace {

struct record {
  acknowledgement content;
  std::uint64_t checksum = 0;
};
static_assert(sizeof(record) == 32);

std::uint64_t checksum_of(const acknowledgement& content) {
  return XXH3_64bits(&content, sizeof(content));
}

}  // namespace

outcome<acknowledgement_file> acknowledgement_file::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return failure(path + ": " + std::strerror(errno));
  acknowledgement_file file(fd);
  // What a killed writer left half done would put every later record out of step.
  const off_t size = ::lseek(fd, 0, SEEK_END);
  const off_t torn = size % static_cast<off_t>(sizeof(record));
  if (size < 0 || (torn != 0 && ::ftruncate(fd, size - torn) != 0))
    return failure(path + ": " + std::strerror(errno));
  return file;
}

acknowledgement_file::~acknowledgement_file() {
  if (fd_ >= 0) ::close(fd_);
}

outcome<void> acknowledgement_file::put(const acknowledgement& added) const {
  const record whole{added, checksum_of(added)};
  // One call: with O_APPEND no other thread's record comes between.
  const ssize_t written = ::write(fd_, &whole, sizeof(whole));
  if (written == static_cast<ssize_t>(sizeof(whole))) return {};
  return failure(std::string("the file of acknowledgements cannot be written: ") +
                 (written < 0 ? std::strerror(errno) : "no space"));
}

outcome<std::vector<acknowledgement>> read_acknowledgements(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::vector<acknowledgement> all(bytes.size() / sizeof(record));
  for (std::size_t i = 0; i < all.size(); ++i) {
    record whole;
    std::memcpy(&whole, bytes.data() + i * sizeof(record), sizeof(record));
    if (whole.checksum != checksum_of(whole.content))
      return failure(path + ": acknowledgement " + std::to_string(i + 1) + " is damaged");
    all[i] = whole.content;
  }
  return all;
}

}  // namespace event_log
