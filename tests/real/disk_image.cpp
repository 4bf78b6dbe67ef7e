// SPDX-License-Identifier: Apache-2.0
#include "disk_image.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <functional>
#include <limits>
#include <random>
#include <set>
#include <stdexcept>
#include <string_view>

namespace mainstem::real_test {
namespace {

/// How the survivors are drawn: coins for every granule alone would hardly ever keep or lose a
/// large write as a whole.
enum class style : std::uint8_t { nothing, everything, prefix, operations, granules };

class dice {
 public:
  dice(const disk_at& disk, survival wanted, std::uint64_t seed) : random_(seed) {
    style_ = wanted == survival::everything ? style::everything : style::nothing;
    if (wanted != survival::random) return;
    constexpr style drawn[] = {style::prefix, style::operations, style::granules, style::granules};
    style_ = drawn[below(4)];
    constexpr unsigned percents[] = {15, 50, 85};
    percent_ = percents[below(3)];
    const auto unsynced = disk.unsynced();
    if (!unsynced.empty()) limit_ = unsynced[below(unsynced.size())];
  }
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  [[nodiscard]] bool chance(unsigned percent) { return below(100) < percent; }

  /// Does something survive that is all or nothing?
  [[nodiscard]] bool keeps(std::size_t operation) {
    switch (style_) {
      case style::nothing: return false;
      case style::everything: return true;
      case style::prefix: return operation < limit_;
      case style::operations:
      case style::granules: return chance(percent_);
    }
    return false;
  }

  /// Which granules of a write survive?
  [[nodiscard]] std::vector<bool> granules(const unsynced_change& change) {
    const std::size_t count = (change.granules.size() + granule_bytes - 1) / granule_bytes;
    std::vector<bool> kept(count);
    const bool is_torn = (style_ == style::prefix && change.operation == limit_) ||
                         (style_ == style::operations && chance(20));
    if (is_torn && chance(50)) {
      std::fill_n(kept.begin(), below(count + 1), true);
    } else if (is_torn || style_ == style::granules) {
      for (std::size_t i = 0; i < count; ++i) kept[i] = chance(is_torn ? 50 : percent_);
    } else {
      kept.assign(count, keeps(change.operation));
    }
    return kept;
  }

 private:
  std::mt19937_64 random_;
  style style_;
  unsigned percent_ = 50;
  std::size_t limit_ = std::numeric_limits<std::size_t>::max();
};

folder_entries surviving(const disk_at::folder& folder, const disk_history& history, dice& decide) {
  folder_entries left = folder.durable;
  // What was lost blocks its names: a later change of one of them rests on it.
  std::set<std::string> blocked;
  for (const std::size_t number : folder.unsynced) {
    const auto& operation = history.at(number);
    if (!blocked.contains(operation.name) && !blocked.contains(operation.new_name) &&
        decide.keeps(number)) {
      apply(operation, left);
      continue;
    }
    blocked.insert(operation.name);
    if (!operation.new_name.empty()) blocked.insert(operation.new_name);
  }
  return left;
}

std::string surviving(const disk_at::file& file, dice& decide) {
  std::string left = file.durable;
  std::size_t size = left.size();
  for (const auto& change : file.unsynced) {
    if (!change.sets_size || !decide.keeps(change.operation)) continue;
    size = change.size;
    if (size < left.size()) left.resize(size);
  }
  left.resize(size);
  for (const auto& change : file.unsynced) {
    if (change.sets_size) continue;
    const auto kept = decide.granules(change);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const std::size_t from = i * granule_bytes;
      const std::size_t to = change.first_granule * granule_bytes + from;
      if (!kept[i] || to >= size) continue;
      std::memcpy(left.data() + to, change.granules.data() + from,
                  std::min({granule_bytes, change.granules.size() - from, size - to}));
    }
  }
  return left;
}

void draw_folder(const disk_at& disk, std::size_t node, const std::string& path, dice& decide,
                 disk_image& into) {
  for (const auto& [name, target] : surviving(*disk.folder_of(node), disk.history(), decide)) {
    const std::string inside = path.empty() ? name : path + "/" + name;
    if (disk.folder_of(target) == nullptr) {
      into.files[inside] = surviving(disk.file_of(target), decide);
      continue;
    }
    into.folders.push_back(inside);
    draw_folder(disk, target, inside, decide, into);
  }
}

}  // namespace

std::uint64_t disk_image::fingerprint() const {
  std::uint64_t sum = 0;
  const auto add = [&sum](std::string_view text) {
    sum = (sum ^ std::hash<std::string_view>{}(text)) * 0x9e3779b97f4a7c15U;
  };
  for (const auto& folder : folders) add(folder);
  for (const auto& [path, content] : files) {
    add(path);
    add(content);
  }
  return sum;
}

void disk_image::write(const std::filesystem::path& to) const {
  std::filesystem::create_directories(to);
  for (const auto& folder : folders) std::filesystem::create_directory(to / folder);
  for (const auto& [path, content] : files) {
    std::ofstream out(to / path, std::ios::binary);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    if (!out.flush()) throw std::runtime_error("cannot write " + (to / path).string());
  }
}

disk_image draw_image(const disk_at& disk, survival wanted, std::uint64_t seed) {
  dice decide(disk, wanted, seed);
  disk_image image;
  draw_folder(disk, 0, "", decide, image);
  return image;
}

}  // namespace mainstem::real_test
