// SPDX-License-Identifier: Apache-2.0
#include "common/work_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace examples {

namespace fs = std::filesystem;

outcome<work_folder> work_folder::make_temporary(const std::string& program) {
  std::error_code ec;
  const fs::path parent = fs::temp_directory_path(ec);
  if (ec) return failure("no folder for temporary files: " + ec.message());
  std::string path = (parent / (program + ".XXXXXX")).string();
  if (::mkdtemp(path.data()) == nullptr) return failure(path + ": " + std::strerror(errno));
  return work_folder(std::move(path), true);
}

outcome<work_folder> work_folder::make(const std::string& path) {
  if (auto r = check_unused(path, "the work folder"); !r) return r.error();
  std::error_code ec;
  fs::create_directories(path, ec);
  if (ec) return bad_input(path + ": " + ec.message());
  return work_folder(path, false);
}

work_folder::~work_folder() {
  std::error_code ec;
  if (temporary_) fs::remove_all(path_, ec);
}

outcome<void> check_unused(const std::string& path, const std::string& what) {
  std::error_code ec;
  const fs::file_status status = fs::status(path, ec);
  if (status.type() == fs::file_type::not_found) return {};
  if (status.type() != fs::file_type::directory)
    return bad_input(path + ": expected a new or an empty folder for " + what);
  const bool empty = fs::is_empty(path, ec);
  if (ec) return bad_input(path + ": " + ec.message());
  if (!empty)
    return bad_input(path + ": expected a new or an empty folder for " + what +
                     ", it has content (which was not touched)");
  return {};
}

}  // namespace examples
