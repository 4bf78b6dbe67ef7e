// SPDX-License-Identifier: Apache-2.0
#include "disk_recorder.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace mainstem::real_test {
namespace {

constexpr int current_folder = -1;
constexpr int enough_for_the_second_life = 25;

std::string link_of(pid_t thread, const std::string& what) {
  std::array<char, 4'096> target{};
  const std::string link = "/proc/" + std::to_string(thread) + "/" + what;
  const auto size = ::readlink(link.c_str(), target.data(), target.size());
  return {target.data(), size < 0 ? 0 : static_cast<std::size_t>(size)};
}

struct open_description {
  std::uint64_t position = 0;
  bool is_synced = false;
};

open_description description_of(pid_t thread, std::uint64_t descriptor) {
  std::ifstream in("/proc/" + std::to_string(thread) + "/fdinfo/" + std::to_string(descriptor));
  open_description found;
  for (std::string name; in >> name;) {
    if (name == "pos:") in >> found.position;
    std::string flags;
    if (name == "flags:" && in >> flags)
      found.is_synced = (std::stoull(flags, nullptr, 8) & O_DSYNC) != 0;
  }
  return found;
}

std::string gathered(const traced_call& call) {
  std::string all;
  const std::string raw = call.bytes(call.arguments[1], call.arguments[2] * sizeof(iovec));
  for (std::size_t at = 0; at + sizeof(iovec) <= raw.size(); at += sizeof(iovec)) {
    iovec part{};
    std::memcpy(&part, raw.data() + at, sizeof part);
    all += call.bytes(reinterpret_cast<std::uint64_t>(part.iov_base), part.iov_len);
  }
  return all;
}

}  // namespace

disk_recorder::disk_recorder(std::string top) : call_watch(disk_calls()), top_(std::move(top)) {
  struct stat status {};
  if (::stat(top_.c_str(), &status) == 0) know(status, 0);
}

void disk_recorder::know(const struct stat& status, std::size_t node) {
  nodes_[{status.st_dev, status.st_ino}] = node;
}

std::size_t disk_recorder::node_of(const traced_call& call, std::uint64_t descriptor) const {
  struct stat status {};
  const std::string path = "/proc/" + std::to_string(call.thread) + "/fd/" +
                           std::to_string(static_cast<int>(descriptor));
  if (::stat(path.c_str(), &status) != 0) return no_node;
  const auto known = nodes_.find({status.st_dev, status.st_ino});
  return known == nodes_.end() ? no_node : known->second;
}

std::string disk_recorder::path_of(const traced_call& call, int folder_argument,
                                   int path_argument) const {
  std::string path = call.text(call.arguments[static_cast<std::size_t>(path_argument)]);
  if (!path.starts_with('/')) {
    const int folder =
        folder_argument == current_folder
            ? AT_FDCWD
            : static_cast<int>(call.arguments[static_cast<std::size_t>(folder_argument)]);
    path = link_of(call.thread, folder == AT_FDCWD ? "cwd" : "fd/" + std::to_string(folder)) + "/" +
           path;
  }
  return std::filesystem::path(path).lexically_normal().string();
}

disk_recorder::place disk_recorder::find(const std::string& path) const {
  if (!path.starts_with(top_ + "/")) return {};
  std::istringstream names(path.substr(top_.size() + 1));
  place at{.target = 0};
  for (std::string name; std::getline(names, name, '/');) {
    const auto folder = folders_.find(at.target);
    if (folder == folders_.end()) return {};
    const auto entry = folder->second.find(name);
    at = {folder->first, name, entry == folder->second.end() ? no_node : entry->second};
  }
  return at;
}

bool disk_recorder::is_time_to_kill() const {
  // Nothing else may be under way: nobody would know whether it was done.
  return is_second_life_ && told_ >= enough_for_the_second_life && under_way_.empty();
}

verdict disk_recorder::before(const traced_call& call) {
  if (is_time_to_kill()) {
    is_second_life_ = false;
    return verdict::kill_process;
  }
  if (++calls_ % 16 == 0) remember_locks();
  const auto& argument = call.arguments;
  switch (call.number) {
    case SYS_openat: before_open(call, path_of(call, 0, 1), argument[2]); break;
    case SYS_write:
    case SYS_writev:
    case SYS_pwrite64:
    case SYS_pwritev:
    case SYS_pwritev2: before_write(call); break;
    case SYS_ftruncate:
    case SYS_fallocate: before_sizing(call); break;
    case SYS_fsync:
    case SYS_fdatasync: before_sync(call); break;
    case SYS_renameat2: before_rename(call, 0, 1, 2, 3); break;
#ifdef SYS_renameat
    case SYS_renameat: before_rename(call, 0, 1, 2, 3); break;
#endif
#ifdef SYS_open
    case SYS_open: before_open(call, path_of(call, current_folder, 0), argument[1]); break;
    case SYS_creat:
      before_open(call, path_of(call, current_folder, 0), O_CREAT | O_WRONLY | O_TRUNC);
      break;
    case SYS_rename: before_rename(call, current_folder, 0, current_folder, 1); break;
    case SYS_unlink:
    case SYS_rmdir:
    case SYS_mkdir:
#endif
    case SYS_unlinkat:
    case SYS_mkdirat: before_entry(call); break;
    case SYS_mmap: {
      const bool writes = (argument[2] & PROT_WRITE) != 0 && (argument[3] & MAP_SHARED) != 0 &&
                          (argument[3] & MAP_ANONYMOUS) == 0;
      if (!writes || node_of(call, argument[4]) == no_node) break;
      const auto path = link_of(call.thread, "fd/" + std::to_string(argument[4]));
      if (!path.ends_with("/lock.mdb")) unseen_.push_back("a writable mapping of " + path);
      break;
    }
    default: unseen_.push_back("system call " + std::to_string(call.number));
  }
  return verdict::go_on;
}

void disk_recorder::begin(const traced_call& call, disk_operation operation, std::size_t created,
                          std::string path) {
  under_way_[call.thread] = {history_.begin(std::move(operation)), created, std::move(path)};
}

void disk_recorder::before_open(const traced_call& call, const std::string& path,
                                std::uint64_t flags) {
  const place at = find(path);
  if (at.folder == no_node) return;
  if (at.target == no_node && (flags & O_CREAT) != 0) {
    const std::size_t node = history_.new_node();
    begin(
        call,
        {.what = disk_operation::kind::create, .node = at.folder, .target = node, .name = at.name},
        node);
  } else if (at.target != no_node && (flags & O_TRUNC) != 0) {
    begin(call, {.what = disk_operation::kind::resize, .node = at.target});
  }
}

void disk_recorder::before_write(const traced_call& call) {
  const bool is_gathered = call.number != SYS_write && call.number != SYS_pwrite64;
  const bool is_placed = call.number != SYS_write && call.number != SYS_writev;
  const std::size_t node = node_of(call, call.arguments[0]);
  if (node == no_node && call.arguments[0] != STDOUT_FILENO) return;
  std::string bytes =
      is_gathered ? gathered(call) : call.bytes(call.arguments[1], call.arguments[2]);
  if (node == no_node) {
    if (bytes.starts_with("life ")) is_second_life_ = bytes.starts_with("life 2");
    told_ = bytes.starts_with("life ") ? 0 : told_ + 1;
    begin(call, {.what = disk_operation::kind::say, .bytes = std::move(bytes)});
    return;
  }
  const auto open = description_of(call.thread, call.arguments[0]);
  begin(call, {.what = disk_operation::kind::write,
               .node = node,
               .offset = is_placed ? call.arguments[3] : open.position,
               .bytes = std::move(bytes),
               .is_synced = open.is_synced});
}

void disk_recorder::before_sizing(const traced_call& call) {
  const std::size_t node = node_of(call, call.arguments[0]);
  if (node == no_node) return;
  if (call.number == SYS_ftruncate) {
    begin(call, {.what = disk_operation::kind::resize, .node = node, .offset = call.arguments[1]});
  } else if (call.arguments[1] == 0) {
    begin(call, {.what = disk_operation::kind::grow,
                 .node = node,
                 .offset = call.arguments[2] + call.arguments[3]});
  } else if (call.arguments[1] != FALLOC_FL_KEEP_SIZE) {  // That one changes nothing to be seen.
    unseen_.push_back("fallocate with mode " + std::to_string(call.arguments[1]));
  }
}

void disk_recorder::before_sync(const traced_call& call) {
  const std::size_t node = node_of(call, call.arguments[0]);
  if (node != no_node) begin(call, {.what = disk_operation::kind::sync, .node = node});
}

void disk_recorder::before_entry(const traced_call& call) {
  const bool has_folder = call.number == SYS_unlinkat || call.number == SYS_mkdirat;
  const auto path = has_folder ? path_of(call, 0, 1) : path_of(call, current_folder, 0);
  const place at = find(path);
  if (at.folder == no_node) return;
  bool makes = call.number == SYS_mkdirat;
#ifdef SYS_mkdir
  makes = makes || call.number == SYS_mkdir;
#endif
  if (makes == (at.target != no_node)) return;  // It is going to fail.
  begin(call,
        {.what = makes ? disk_operation::kind::make_folder : disk_operation::kind::remove,
         .node = at.folder,
         .target = makes ? history_.new_node() : at.target,
         .name = at.name},
        no_node, path);
}

void disk_recorder::before_rename(const traced_call& call, int from_folder, int from, int to_folder,
                                  int to) {
  const place old_place = find(path_of(call, from_folder, from));
  const place new_place = find(path_of(call, to_folder, to));
  if (old_place.folder == no_node && new_place.folder == no_node) return;
  if (old_place.folder != new_place.folder) {
    unseen_.push_back("a rename from one folder to another");
    return;
  }
  if (old_place.target == no_node) return;
  begin(call, {.what = disk_operation::kind::rename,
               .node = old_place.folder,
               .target = old_place.target,
               .name = old_place.name,
               .new_name = new_place.name});
}

// LMDB changes its lock file through a mapping, and never syncs it: a crash leaves any old state.
void disk_recorder::remember_locks() {
  for (const char* const name : {"/store/index/lock.mdb", "/store/state/lock.mdb"}) {
    const place at = find(top_ + name);
    if (at.target == no_node) continue;
    std::ifstream in(top_ + name, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    history_.end(history_.begin(
        {.what = disk_operation::kind::write, .node = at.target, .bytes = std::move(bytes)}));
  }
}

void disk_recorder::after(const traced_call& call) {
  const auto at = under_way_.find(call.thread);
  if (at == under_way_.end()) return;
  const auto [number, created, path] = std::move(at->second);
  under_way_.erase(at);
  const auto operation = history_.at(number);
  if (call.result < 0) return history_.end(number, true);
  struct stat status {};
  if (operation.what == disk_operation::kind::write) {
    return history_.end_write(number, static_cast<std::size_t>(call.result));
  }
  if (created != no_node) {
    const std::string opened =
        "/proc/" + std::to_string(call.thread) + "/fd/" + std::to_string(call.result);
    if (::stat(opened.c_str(), &status) == 0) know(status, created);
  }
  history_.end(number);
  if (operation.name.empty()) return;  // Not an entry of a folder.
  apply(operation, folders_.at(operation.node));
  if (operation.what != disk_operation::kind::make_folder) return;
  folders_[operation.target];
  if (::stat(path.c_str(), &status) == 0) know(status, operation.target);
}

}  // namespace mainstem::real_test
