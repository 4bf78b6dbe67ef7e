// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <limits>
#include <set>

#include "base/fake_clock.h"
#include "os/simulated_world.h"

namespace mainstem::os::simulation {
namespace {

/// How the survivors are drawn. Coins for every granule alone would almost never leave a large
/// write whole, or lose one whole, so there are several ways, and sometimes another one for each
/// file.
enum class style { nothing, everything, prefix, operations, granules };

class dice {
 public:
  dice(const world& before, std::uint64_t seed, survival wanted) : random_(seed) {
    for (const auto& node : before.files()) {
      if (!node) continue;
      for (const auto& operation : node->operations()) orders_.push_back(operation.order);
    }
    for (const auto& node : before.directories()) {
      if (!node) continue;
      for (const auto& operation : node->operations()) orders_.push_back(operation.order);
    }
    std::sort(orders_.begin(), orders_.end());
    fixed_ = wanted != survival::random;
    style_ = wanted == survival::everything ? style::everything : style::nothing;
    if (fixed_) return;
    changes_style_ = random_.chance(20);
    draw_style();
  }

  /// Before each file and directory.
  void next_node() {
    if (changes_style_) draw_style();
  }

  /// Does an operation that is all or nothing survive?
  [[nodiscard]] bool keeps(std::uint64_t order) {
    switch (style_) {
      case style::nothing: return false;
      case style::everything: return true;
      case style::prefix: return order < limit_;
      case style::operations:
      case style::granules: return random_.chance(percent_);
    }
    return false;
  }

  /// Which granules of a write survive?
  [[nodiscard]] std::vector<bool> kept_granules(const file_operation& operation) {
    const std::size_t count = operation.granule_count;
    const bool boundary = style_ == style::prefix && operation.order == limit_;
    const bool torn = boundary || (style_ == style::operations && random_.chance(20));
    std::vector<bool> kept(count);
    if (torn && random_.chance(50)) {
      std::fill_n(kept.begin(), random_.below(count + 1), true);
    } else if (torn || style_ == style::granules) {
      const unsigned percent = torn ? 50 : percent_;
      for (std::size_t i = 0; i < count; ++i) kept[i] = random_.chance(percent);
    } else {
      kept.assign(count, keeps(operation.order));
    }
    return kept;
  }

  [[nodiscard]] fake_random& random() noexcept { return random_; }

 private:
  void draw_style() {
    const std::uint64_t drawn = random_.below(100);
    style_ = drawn < 4    ? style::nothing
             : drawn < 8  ? style::everything
             : drawn < 30 ? style::prefix
             : drawn < 60 ? style::operations
                          : style::granules;
    static constexpr unsigned percents[] = {10, 50, 50, 90};
    percent_ = percents[random_.below(std::size(percents))];
    const std::uint64_t index = random_.below(orders_.size() + 1);
    limit_ = index < orders_.size() ? orders_[index] : std::numeric_limits<std::uint64_t>::max();
  }

  fake_random random_;
  std::vector<std::uint64_t> orders_;
  bool fixed_ = false;
  bool changes_style_ = false;
  style style_ = style::nothing;
  unsigned percent_ = 50;
  std::uint64_t limit_ = 0;
};

entries surviving_entries(const directory_node& node, dice& decide) {
  decide.next_node();
  entries left = node.durable();
  // What was lost blocks its names: a later operation on one of them rests on it.
  std::set<std::string, std::less<>> blocked;
  for (const entry_operation& operation : node.operations()) {
    const bool possible = !blocked.contains(operation.name) &&
                          (operation.new_name.empty() || !blocked.contains(operation.new_name));
    if (possible && decide.keeps(operation.order)) {
      operation.apply(left);
      continue;
    }
    blocked.insert(operation.name);
    if (!operation.new_name.empty()) blocked.insert(operation.new_name);
  }
  return left;
}

/// What deleted files, and older versions of others, may have left in a block: any granule of the
/// disk.
image stale_granule(const std::vector<std::shared_ptr<const image>>& donors, fake_random& random) {
  image bytes(granule_bytes);
  const image* const donor = donors.empty() ? nullptr : donors[random.below(donors.size())].get();
  if (donor == nullptr || donor->size() < granule_bytes || random.chance(25)) {
    random.fill(bytes);
    return bytes;
  }
  const std::uint64_t granule = random.below(donor->size() / granule_bytes);
  std::memcpy(bytes.data(), donor->data() + granule * granule_bytes, granule_bytes);
  return bytes;
}

void lose_power(file_node& node, dice& decide,
                const std::vector<std::shared_ptr<const image>>* donors) {
  decide.next_node();
  if (node.operations().empty()) return;
  const std::size_t durable_bytes = node.durable()->size();
  std::size_t size = durable_bytes;
  for (const file_operation& operation : node.operations()) {
    if (operation.sets_size && decide.keeps(operation.order)) size = operation.size;
  }
  auto left = std::make_shared<image>();
  left->reserve(std::max(size, durable_bytes));
  left->assign(node.durable()->begin(), node.durable()->end());
  left->resize(size);

  std::vector<bool> written(granules_for(size));
  for (const file_operation& operation : node.operations()) {
    if (operation.sets_size || operation.dropped) continue;
    const std::vector<bool> kept = decide.kept_granules(operation);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const std::uint64_t granule = operation.first_granule + i;
      if (!kept[i] || granule >= written.size()) continue;
      operation.apply_granule(granule, *left);
      written[granule] = true;
    }
  }
  for (std::uint64_t i = granules_for(durable_bytes); donors != nullptr && i < written.size();
       ++i) {
    if (written[i] || !decide.random().chance(50)) continue;
    const image stale = stale_granule(*donors, decide.random());
    const std::size_t start = i * granule_bytes;
    std::memcpy(left->data() + start, stale.data(), std::min(granule_bytes, size - start));
  }
  node.settle(std::move(left));
}

}  // namespace

void lose_power(world& after, std::uint64_t seed, const crash_options& options) {
  dice decide(after, seed, options.unsynced);
  std::vector<std::shared_ptr<const image>> donors;
  for (const auto& node : after.files()) {
    if (options.stale_bytes && node && !node->durable()->empty()) donors.push_back(node->durable());
  }
  for (const auto& node : after.directories()) {
    if (node) node->settle(surviving_entries(*node, decide));
  }
  after.drop_unreachable();
  for (const auto& node : after.files()) {
    if (node) lose_power(*node, decide, options.stale_bytes ? &donors : nullptr);
  }
}

}  // namespace mainstem::os::simulation
