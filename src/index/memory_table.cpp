// SPDX-License-Identifier: Apache-2.0
#include "index/memory_table.h"

#include <algorithm>
#include <atomic>
#include <iterator>

namespace mainstem::index {
namespace {

constexpr std::size_t most_rows_per_chunk = 32;

std::atomic<std::uint64_t> last_edition = 0;

}  // namespace

memory_table::memory_table(const memory_table& other)
    : edition_(++last_edition), chunks_(other.chunks_) {}

memory_table::place memory_table::find(std::string_view key) const noexcept {
  const auto in = std::ranges::lower_bound(
      chunks_, key, {}, [](const auto& each) { return std::string_view(each->rows.back().key); });
  if (in == chunks_.end()) return end();
  const auto found = std::ranges::lower_bound(
      (*in)->rows, key, {}, [](const stored_row& each) { return std::string_view(each.key); });
  return {static_cast<std::size_t>(in - chunks_.begin()),
          static_cast<std::size_t>(found - (*in)->rows.begin())};
}

memory_table::place memory_table::after(place where) const noexcept {
  if (where == end()) return where;
  if (where.row + 1 < chunks_[where.chunk]->rows.size()) return {where.chunk, where.row + 1};
  return {where.chunk + 1, 0};
}

memory_table::place memory_table::before(place where) const noexcept {
  if (where.row > 0) return {where.chunk, where.row - 1};
  if (where.chunk == 0) return end();
  return {where.chunk - 1, chunks_[where.chunk - 1]->rows.size() - 1};
}

// Not "if nobody else has it": what use_count() answers says nothing about the reads of those who
// had it.
std::vector<memory_table::stored_row>& memory_table::changeable(std::size_t which) {
  auto& own = chunks_[which];
  if (own->edition != edition_) own = std::make_shared<chunk>(chunk{edition_, own->rows});
  return own->rows;
}

void memory_table::put(std::string_view key, std::string_view value) {
  place where = find(key);
  if (where == end()) {
    if (chunks_.empty() || chunks_.back()->rows.size() >= most_rows_per_chunk) {
      chunks_.push_back(std::make_shared<chunk>(chunk{edition_, {}}));
    }
    changeable(chunks_.size() - 1).push_back({std::string(key), std::string(value)});
    return;
  }
  auto& rows = changeable(where.chunk);
  if (rows[where.row].key == key) {
    rows[where.row].value = value;
    return;
  }
  rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(where.row),
              {std::string(key), std::string(value)});
  if (rows.size() <= most_rows_per_chunk) return;
  const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 2);
  auto upper = std::make_shared<chunk>(chunk{edition_, {}});
  upper->rows.assign(std::make_move_iterator(middle), std::make_move_iterator(rows.end()));
  rows.erase(middle, rows.end());
  chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(where.chunk) + 1, std::move(upper));
}

void memory_table::erase(std::string_view key) {
  const place where = find(key);
  if (where == end() || at(where).key != key) return;
  auto& rows = changeable(where.chunk);
  rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(where.row));
  if (rows.empty()) chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(where.chunk));
}

}  // namespace mainstem::index
