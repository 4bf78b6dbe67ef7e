// SPDX-License-Identifier: Apache-2.0
#include "board.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace event_log {

outcome<shared_board> shared_board::map(const std::string& path, bool create) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | (create ? O_CREAT | O_EXCL : 0), 0644);
  if (fd < 0) return failure(path + ": " + std::strerror(errno));
  struct stat found {};
  const bool sized = create ? ::ftruncate(fd, sizeof(board)) == 0
                            : ::fstat(fd, &found) == 0 && found.st_size == sizeof(board);
  void* const bytes =
      sized ? ::mmap(nullptr, sizeof(board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
            : MAP_FAILED;
  ::close(fd);
  if (bytes == MAP_FAILED) return failure(path + ": cannot be mapped: " + std::strerror(errno));
  auto* const made = create ? new (bytes) board : std::launder(static_cast<board*>(bytes));
  return shared_board({made, [](board* at) { ::munmap(at, sizeof(board)); }});
}

outcome<shared_board> shared_board::create(const std::string& path) { return map(path, true); }
outcome<shared_board> shared_board::open(const std::string& path) { return map(path, false); }

}  // namespace event_log
