// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mainstem::real_test {

inline constexpr std::size_t granule_bytes = 512;
inline constexpr std::size_t no_node = std::numeric_limits<std::size_t>::max();

/// Something that was done to the files below a folder, or that a process said.
struct disk_operation {
  enum class kind : std::uint8_t {
    write,
    resize,
    grow,  ///< Sets the size, unless it is larger.
    create,
    make_folder,
    rename,
    remove,
    sync,
    say,
  };
  kind what{};
  std::size_t node = no_node;    ///< The file, or the folder whose entries change.
  std::size_t target = no_node;  ///< What is new, or what the entry that changes leads to.
  std::string name{};
  std::string new_name{};
  std::uint64_t offset = 0;  ///< And for `resize` and `grow` the size.
  std::string bytes{};
  bool is_synced = false;  ///< Durable when it ends: O_DSYNC.

  std::size_t begin = 0;                                      ///< Set by the history.
  std::size_t end = std::numeric_limits<std::size_t>::max();  ///< After the last moment: never.
  bool failed = false;                                        ///< It changed nothing.
};

/// All operations, each from the moment it began to the moment it had ended. Node 0 is the folder.
class disk_history {
 public:
  struct moment {
    std::size_t operation;
    bool is_end;
  };
  std::size_t begin(disk_operation operation);
  void end(std::size_t operation, bool failed = false);
  /// @param written of them, if the write was a short one.
  void end_write(std::size_t operation, std::size_t written);
  [[nodiscard]] std::size_t new_node() { return next_node_++; }

  [[nodiscard]] const disk_operation& at(std::size_t operation) const {
    return operations_[operation];
  }
  /// The file or folder that was made under this name, the first one.
  [[nodiscard]] std::size_t node_named(const std::string& name) const;
  [[nodiscard]] const std::vector<moment>& moments() const noexcept { return moments_; }

 private:
  std::vector<disk_operation> operations_;
  std::vector<moment> moments_;
  std::size_t next_node_ = 1;
};

/// Bytes of a file that are not durable yet, or a size.
struct unsynced_change {
  std::size_t operation = 0;
  bool sets_size = false;
  std::uint64_t size = 0;
  std::size_t first_granule = 0;
  std::string granules{};  ///< As they stood in the cache behind this write; the last may be short.
};

using folder_entries = std::map<std::string, std::size_t>;
void apply(const disk_operation& operation, folder_entries& to);

/// The disk at one moment: what is durable, and what may or may not have got there.
class disk_at {
 public:
  struct file {
    std::string cached;
    std::string durable;
    std::vector<unsynced_change> unsynced;
  };
  struct folder {
    folder_entries cached;
    folder_entries durable;
    std::vector<std::size_t> unsynced;  ///< Operations.
  };

  /// @param lies of which syncs the disk says that it has done them, and has not. None, if it is
  /// empty.
  explicit disk_at(const disk_history& history,
                   std::function<bool(const disk_operation&)> lies = {})
      : history_(history), lies_(std::move(lies)) {
    folders_[0];
  }
  /// @return the operation that began, or ended.
  const disk_operation& advance();
  [[nodiscard]] bool is_over() const noexcept { return next_ == history_.moments().size(); }
  [[nodiscard]] std::size_t moment() const noexcept { return next_; }

  [[nodiscard]] const disk_history& history() const noexcept { return history_; }
  [[nodiscard]] const folder* folder_of(std::size_t node) const;
  [[nodiscard]] const file& file_of(std::size_t node) const { return files_.at(node); }
  /// Operations that are not durable yet, in their order.
  [[nodiscard]] std::vector<std::size_t> unsynced() const;

 private:
  void begin(std::size_t operation);
  void write(std::size_t operation);
  void resize(std::size_t operation, std::uint64_t size);
  void end(std::size_t operation);
  template <class Covers>
  void settle_file(file& settled, const Covers& covers);

  const disk_history& history_;
  std::function<bool(const disk_operation&)> lies_;
  std::size_t next_ = 0;
  std::map<std::size_t, file> files_;
  std::map<std::size_t, folder> folders_;
};

}  // namespace mainstem::real_test
