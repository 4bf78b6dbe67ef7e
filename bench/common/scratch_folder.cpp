// SPDX-License-Identifier: Apache-2.0
#include "common/scratch_folder.h"

#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace mainstem::bench {

namespace fs = std::filesystem;

scratch_folder::scratch_folder(fs::path parent) {
  if (parent.empty()) parent = fs::read_symlink("/proc/self/exe").parent_path();
  fs::create_directories(parent);

  struct statfs info {};
  if (::statfs(parent.c_str(), &info) != 0)
    throw std::system_error(errno, std::generic_category(), parent.string());
  if (info.f_type == TMPFS_MAGIC || info.f_type == RAMFS_MAGIC)
    throw std::runtime_error(parent.string() + " lives in memory: give a folder on a disk (--dir)");

  std::string name = (parent / "scratch-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), name);
  path_ = name;
}

scratch_folder::~scratch_folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace mainstem::bench
