// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "os/file.h"

namespace mainstem::os {

/// Takes the lock file `name` in the directory `parent`, a descriptor. `path` is for messages.
///
/// The lock belongs to the open file description, so that a second one in this process is refused,
/// and closing another descriptor of the same file does not let go of it. It dies with the process.
/// A child that comes from fork() lets go of its share at once; copies of the object in it do
/// nothing.
[[nodiscard]] result<std::unique_ptr<file_lock>> take_posix_lock(int parent,
                                                                 const std::string& name,
                                                                 const std::string& path);

/// True if somebody holds the lock file; false also if there is none.
[[nodiscard]] result<bool> is_posix_locked(int parent, const std::string& name,
                                           const std::string& path);

}  // namespace mainstem::os
