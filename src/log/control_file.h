// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <mainstem/error.h>

#include "format/control_page.h"
#include "format/layout.h"
#include "os/file.h"

/// The file through which a writer tells other processes what is durable. It can always be made
/// anew, and nothing waits for it: what it says was true when it was written, so it is evidence.
namespace mainstem::log {

inline constexpr const char* control_name = "control";

/// The writer's side: plain writes, which readers see in their mappings.
class control_writer {
 public:
  /// Keeps what the file says of this store, or begins it. A file that cannot be made or written is
  /// not an error: then nobody follows as fast as they could.
  /// Errors: descriptors or memory are lacking, so that what the file says is not known.
  [[nodiscard]] static result<std::unique_ptr<control_writer>> open(
      os::directory& store_folder, const format::store_identity& store);

  /// What an earlier writer had made durable, as far as the file tells; 0 if it does not.
  [[nodiscard]] position evidence() const noexcept { return state_.durable.last; }

  /// Says that everything up to here is durable. One thread at a time.
  void publish(std::uint32_t epoch, const format::log_point& durable);
  /// Wakes whoever waits for the last publish().
  void wake() const noexcept;

 private:
  explicit control_writer(const format::store_identity& store) : store_(store) {}
  [[nodiscard]] result<std::optional<format::control_state>> read_state(os::file& file);
  [[nodiscard]] result<void> take_over(os::directory& store_folder);
  [[nodiscard]] result<void> begin(os::directory& store_folder);

  format::store_identity store_;
  std::shared_ptr<os::file> file_;  // Null if it could not be written.
  std::shared_ptr<const os::mapping> mapping_;
  std::vector<std::byte> page_;
  format::control_state state_;
};

/// The side of another process.
class control_reader {
 public:
  /// Errors: unsupported_format; foreign_file; corrupt_data; and whatever the disk says.
  [[nodiscard]] static result<std::unique_ptr<control_reader>> open(
      os::directory& store_folder, const format::store_identity& store);

  /// What the writer said last; nothing if that is damaged. It is read and not looked at in the
  /// mapping, which would end the process if somebody had cut the file.
  [[nodiscard]] std::optional<format::control_state> read() const;

  /// Sleeps until the writer says more than `seen`, or the time has come. May wake without a
  /// reason.
  void sleep(const format::control_state& seen,
             std::chrono::steady_clock::time_point deadline) const noexcept;

 private:
  control_reader(std::shared_ptr<os::file> file, std::shared_ptr<const os::mapping> mapping,
                 const format::store_identity& store)
      : file_(std::move(file)), mapping_(std::move(mapping)), store_(store) {}
  std::shared_ptr<os::file> file_;
  std::shared_ptr<const os::mapping> mapping_;  // For the kernel alone: see read().
  format::store_identity store_;
};

}  // namespace mainstem::log
