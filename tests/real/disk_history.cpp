// SPDX-License-Identifier: Apache-2.0
#include "disk_history.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace mainstem::real_test {

std::size_t disk_history::begin(disk_operation operation) {
  operation.begin = moments_.size();
  operations_.push_back(std::move(operation));
  moments_.push_back({operations_.size() - 1, false});
  return operations_.size() - 1;
}

void disk_history::end(std::size_t operation, bool failed) {
  operations_[operation].end = moments_.size();
  operations_[operation].failed = failed;
  moments_.push_back({operation, true});
}

void disk_history::end_write(std::size_t operation, std::size_t written) {
  auto& bytes = operations_[operation].bytes;
  bytes.resize(std::min(bytes.size(), written));
  end(operation);
}

std::size_t disk_history::node_named(const std::string& name) const {
  for (const auto& operation : operations_) {
    if (operation.name == name && !operation.failed) return operation.target;
  }
  return no_node;
}

void apply(const disk_operation& operation, folder_entries& to) {
  if (operation.what == disk_operation::kind::remove) {
    to.erase(operation.name);
  } else if (operation.what == disk_operation::kind::rename) {
    to.erase(operation.name);
    to[operation.new_name] = operation.target;
  } else {
    to[operation.name] = operation.target;
  }
}

const disk_operation& disk_at::advance() {
  const auto& moment = history_.moments()[next_++];
  const auto& operation = history_.at(moment.operation);
  if (operation.failed) return operation;
  if (moment.is_end) {
    end(moment.operation);
  } else {
    begin(moment.operation);
  }
  return operation;
}

const disk_at::folder* disk_at::folder_of(std::size_t node) const {
  const auto found = folders_.find(node);
  return found == folders_.end() ? nullptr : &found->second;
}

void disk_at::begin(std::size_t number) {
  using kind = disk_operation::kind;
  const auto& operation = history_.at(number);
  switch (operation.what) {
    case kind::write: return write(number);
    case kind::resize: return resize(number, operation.offset);
    case kind::grow:
      return resize(number, std::max<std::uint64_t>(operation.offset,
                                                    files_.at(operation.node).cached.size()));
    case kind::create:
    case kind::make_folder:
      if (operation.what == kind::create) {
        files_[operation.target];
      } else {
        folders_[operation.target];
      }
      [[fallthrough]];
    case kind::rename:
    case kind::remove: {
      auto& changed = folders_.at(operation.node);
      apply(operation, changed.cached);
      changed.unsynced.push_back(number);
      return;
    }
    case kind::sync:
    case kind::say: return;
  }
}

void disk_at::resize(std::size_t number, std::uint64_t size) {
  auto& changed = files_.at(history_.at(number).node);
  if (changed.cached.size() == size) return;
  changed.cached.resize(size);
  changed.unsynced.push_back({.operation = number, .sets_size = true, .size = size});
}

void disk_at::write(std::size_t number) {
  const auto& operation = history_.at(number);
  if (operation.bytes.empty()) return;
  auto& changed = files_.at(operation.node);
  const std::size_t end = operation.offset + operation.bytes.size();
  if (end > changed.cached.size()) resize(number, end);
  std::memcpy(changed.cached.data() + operation.offset, operation.bytes.data(),
              operation.bytes.size());
  const std::size_t first = operation.offset / granule_bytes;
  const std::size_t last = (end + granule_bytes - 1) / granule_bytes;
  changed.unsynced.push_back(
      {.operation = number,
       .first_granule = first,
       .granules = changed.cached.substr(first * granule_bytes, (last - first) * granule_bytes)});
}

template <class Covers>
void disk_at::settle_file(file& settled, const Covers& covers) {
  std::vector<unsynced_change> left;
  for (auto& change : settled.unsynced) {
    if (!covers(change.operation)) {
      left.push_back(std::move(change));
    } else if (change.sets_size) {
      settled.durable.resize(change.size);
    } else if (const std::size_t at = change.first_granule * granule_bytes;
               at < settled.durable.size()) {
      std::memcpy(settled.durable.data() + at, change.granules.data(),
                  std::min(change.granules.size(), settled.durable.size() - at));
    }
  }
  settled.unsynced = std::move(left);
}

// A sync covers what had ended when it began. What began before and ended later may have been
// missed.
void disk_at::end(std::size_t number) {
  const auto& operation = history_.at(number);
  if (operation.is_synced) {
    settle_file(files_.at(operation.node), [&](std::size_t other) { return other == number; });
  }
  if (operation.what != disk_operation::kind::sync || (lies_ && lies_(operation))) return;
  const auto covers = [&](std::size_t other) { return history_.at(other).end < operation.begin; };
  if (const auto at = files_.find(operation.node); at != files_.end()) {
    return settle_file(at->second, covers);
  }
  auto& synced = folders_.at(operation.node);
  for (const std::size_t other : synced.unsynced) {
    if (covers(other)) apply(history_.at(other), synced.durable);
  }
  std::erase_if(synced.unsynced, covers);
}

std::vector<std::size_t> disk_at::unsynced() const {
  std::vector<std::size_t> all;
  for (const auto& [node, one] : files_) {
    for (const auto& change : one.unsynced) all.push_back(change.operation);
  }
  for (const auto& [node, one] : folders_)
    all.insert(all.end(), one.unsynced.begin(), one.unsynced.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace mainstem::real_test
