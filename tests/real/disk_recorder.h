// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "disk_history.h"
#include "traced_process.h"

namespace mainstem::real_test {

/// Watches what processes do to the files below a folder, down to the bytes, and kills the one that
/// says `life 2` once it has been told of enough appends.
class disk_recorder final : public call_watch {
 public:
  explicit disk_recorder(std::string top);

  [[nodiscard]] const disk_history& history() const noexcept { return history_; }
  /// Calls that may change files in a way that the history does not know. There must be none.
  [[nodiscard]] const std::vector<std::string>& unseen() const noexcept { return unseen_; }
  [[nodiscard]] std::size_t calls() const noexcept { return calls_; }

 private:
  struct place {
    std::size_t folder = no_node;
    std::string name{};
    std::size_t target = no_node;  ///< What stands there now.
  };
  struct under_way {
    std::size_t operation;
    std::size_t created = no_node;  ///< open() makes it.
    std::string path{};             ///< Of a new folder.
  };
  verdict before(const traced_call& call) override;
  void after(const traced_call& call) override;
  [[nodiscard]] bool wants_results() const override { return true; }

  void begin(const traced_call& call, disk_operation operation, std::size_t created = no_node,
             std::string path = {});
  void before_open(const traced_call& call, const std::string& path, std::uint64_t flags);
  void before_write(const traced_call& call);
  void before_sizing(const traced_call& call);
  void before_sync(const traced_call& call);
  void before_entry(const traced_call& call);
  void before_rename(const traced_call& call, int from_folder, int from, int to_folder, int to);
  void remember_locks();

  [[nodiscard]] bool is_time_to_kill() const;
  [[nodiscard]] std::size_t node_of(const traced_call& call, std::uint64_t descriptor) const;
  [[nodiscard]] std::string path_of(const traced_call& call, int folder_argument,
                                    int path_argument) const;
  [[nodiscard]] place find(const std::string& path) const;
  void know(const struct stat& status, std::size_t node);

  std::string top_;
  disk_history history_;
  std::map<std::pair<dev_t, ino_t>, std::size_t> nodes_;
  std::map<std::size_t, folder_entries> folders_{{0, {}}};
  std::map<pid_t, under_way> under_way_;
  std::vector<std::string> unseen_;
  std::size_t calls_ = 0;
  bool is_second_life_ = false;
  int told_ = 0;
};

}  // namespace mainstem::real_test
