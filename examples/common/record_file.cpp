// SPDX-License-Identifier: Apache-2.0
#include "common/record_file.h"

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <fstream>
#include <iterator>

namespace examples {
namespace {

constexpr std::size_t checksum_bytes = sizeof(std::uint64_t);

std::uint64_t checksum_of(std::span<const std::byte> record) {
  return XXH3_64bits(record.data(), record.size());
}

}  // namespace

outcome<record_file> record_file::open(const std::string& path, std::size_t record_bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return failure(path + ": " + std::strerror(errno));
  record_file file(fd);
  // What a killed writer left half done would put every later record out of step.
  const off_t size = ::lseek(fd, 0, SEEK_END);
  const off_t torn = size % static_cast<off_t>(record_bytes + checksum_bytes);
  if (size < 0 || (torn != 0 && ::ftruncate(fd, size - torn) != 0))
    return failure(path + ": " + std::strerror(errno));
  return file;
}

record_file::~record_file() {
  if (fd_ >= 0) ::close(fd_);
}

outcome<void> record_file::put_bytes(std::span<const std::byte> record) const {
  const std::uint64_t checksum = checksum_of(record);
  std::vector<std::byte> whole(record.begin(), record.end());
  const auto tail = std::as_bytes(std::span(&checksum, 1));
  whole.insert(whole.end(), tail.begin(), tail.end());
  // One call: with O_APPEND no other thread's record comes between.
  const ssize_t written = ::write(fd_, whole.data(), whole.size());
  if (written == static_cast<ssize_t>(whole.size())) return {};
  return failure(std::string("the file of acknowledgements cannot be written: ") +
                 (written < 0 ? std::strerror(errno) : "no space"));
}

outcome<std::vector<std::byte>> read_record_bytes(const std::string& path,
                                                  std::size_t record_bytes) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto bytes = std::as_bytes(std::span(text));
  const std::size_t step = record_bytes + checksum_bytes;
  std::vector<std::byte> all;
  for (std::size_t at = 0; at + step <= bytes.size(); at += step) {
    const auto record = bytes.subspan(at, record_bytes);
    std::uint64_t checksum = 0;
    std::memcpy(&checksum, bytes.data() + at + record_bytes, checksum_bytes);
    if (checksum != checksum_of(record))
      return failure(path + ": acknowledgement " + std::to_string(at / step + 1) + " is damaged");
    all.insert(all.end(), record.begin(), record.end());
  }
  return all;
}

}  // namespace examples
