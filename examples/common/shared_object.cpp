// SPDX-License-Identifier: Apache-2.0
#include "common/shared_object.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace examples {

outcome<std::shared_ptr<void>> map_shared_file(const std::string& path, std::size_t bytes,
                                               bool create) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | (create ? O_CREAT | O_EXCL : 0), 0644);
  if (fd < 0) return failure(path + ": " + std::strerror(errno));
  const auto size = static_cast<off_t>(bytes);
  struct stat found {};
  const bool sized =
      create ? ::ftruncate(fd, size) == 0 : ::fstat(fd, &found) == 0 && found.st_size == size;
  void* const mapped =
      sized ? ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  ::close(fd);
  if (mapped == MAP_FAILED) return failure(path + ": cannot be mapped: " + std::strerror(errno));
  return std::shared_ptr<void>(mapped, [bytes](void* at) { ::munmap(at, bytes); });
}

}  // namespace examples
