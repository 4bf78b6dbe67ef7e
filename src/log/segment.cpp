// SPDX-License-Identifier: Apache-2.0
#include "log/segment.h"

#include <algorithm>

#include "base/advice.h"
#include "base/mutant.h"
#include "log/file_window.h"

namespace mainstem::log {

/// Entries are only ever added, behind `count`, which is raised afterwards: readers need no lock.
struct segment::entry_table {
  explicit entry_table(std::size_t entries) : capacity(entries), all(new sparse_entry[entries]) {}

  [[nodiscard]] std::span<const sparse_entry> entries() const noexcept {
    return {all.get(), count.load(std::memory_order_acquire)};
  }
  void add(const sparse_entry& entry) noexcept {
    const std::size_t at = count.load(std::memory_order_relaxed);
    if (at == capacity) return;
    all[at] = entry;
    count.store(at + 1, std::memory_order_release);
  }

  std::size_t capacity;
  std::unique_ptr<sparse_entry[]> all;
  std::atomic<std::size_t> count{0};
};

segment::segment(std::shared_ptr<os::file> file, const format::segment_header& header,
                 read_access access, std::optional<std::uint64_t> secret)
    : file_(std::move(file)), header_(header), access_(access), secret_(secret) {
  publish(format::segment_header_layout::size, position(header.first_position - 1));
}

segment::~segment() = default;

void segment::publish(std::uint64_t end_offset, position last) noexcept {
  // A reader that sees the end must see what lies before it.
  last_position_.store(last.value(), std::memory_order_release);
  end_offset_.store(end_offset, std::memory_order_release);
}

bool segment::may_hold(const format::frame_prefix& prefix) const noexcept {
  if (prefix.segment != number()) return false;
  if (MAINSTEM_MUTANT(positions_of_frames_believed)) return true;
  const std::uint64_t last = last_position().value();
  if (prefix.kind != format::frame_kind::commit) return prefix.first_position <= last + 1;
  return prefix.event_count != 0 && prefix.first_position <= prefix.last_position() &&
         prefix.last_position() <= last;
}

void segment::note_frame(position first, std::uint64_t offset) {
  entry_table* table = published_table_.load(std::memory_order_acquire);
  if (table == nullptr) {
    const std::lock_guard guard(mutex_);
    table = table_ ? table_.get() : &make_table({});
  }
  const auto entries = table->entries();
  if (!entries.empty() && offset < entries.back().offset + sparse_interval_bytes) return;
  table->add({first.value(), offset});
}

result<lease> segment::view(std::uint64_t offset, std::uint64_t size) const {
  if (size > UINT64_MAX - offset) return beyond_end(offset, size);
  if (offset + size > end_offset()) {
    // Sealing makes the file shorter than the mapping: what lies behind the frames has to be asked
    // for. And no size that comes from the disk may decide how much memory is asked for.
    auto file_size = file_->size();
    if (!file_size) return file_size.error();
    if (offset + size > *file_size) return beyond_end(offset, size);
  }
  if (access_ == read_access::copied) return copy(offset, size);
  auto mapping = mapped();
  if (!mapping) return mapping.error();
  const auto bytes = (*mapping)->bytes();
  if (offset + size > bytes.size()) return copy(offset, size);
  return lease{bytes.subspan(offset, size), mapping_};
}

const std::byte* segment::mapped_at(std::uint64_t offset) const noexcept {
  const os::mapping* mapping = published_mapping_.load(std::memory_order_acquire);
  if (mapping == nullptr || offset >= mapping->bytes().size()) return nullptr;
  return mapping->bytes().data() + offset;
}

result<lease> segment::copy(std::uint64_t offset, std::uint64_t size) const {
  const std::shared_ptr<std::byte[]> buffer(new std::byte[size]);
  auto got = file_->read_at(offset, {buffer.get(), size});
  if (!got) return got.error();
  if (*got != size) return beyond_end(offset, size);
  return lease{{buffer.get(), size}, buffer};
}

result<const os::mapping*> segment::mapped() const {
  if (const os::mapping* ready = published_mapping_.load(std::memory_order_acquire)) return ready;
  const std::lock_guard guard(mutex_);
  if (!mapping_) {
    auto made = file_->map();
    if (!made) return made.error();
    if ((*made)->bytes().size() < end_offset()) return beyond_end(0, end_offset());
    mapping_ = std::move(*made);
    published_mapping_.store(mapping_.get(), std::memory_order_release);
  }
  return mapping_.get();
}

error segment::beyond_end(std::uint64_t offset, std::uint64_t size) const {
  return {errc::corrupt_data,
          error_info{.detail = advised(std::to_string(size) +
                                       " bytes should stand where the file has ended"),
                     .path = file_->path(),
                     .offset = offset}};
}

result<sparse_entry> segment::seek(position at) const {
  auto found = table();
  if (!found) return found.error();
  const auto entries = (*found)->entries();
  const auto behind = std::upper_bound(
      entries.begin(), entries.end(), at.value(),
      [](std::uint64_t p, const sparse_entry& entry) { return p < entry.position; });
  if (behind == entries.begin())
    return sparse_entry{first_position().value(), format::segment_header_layout::size};
  return *std::prev(behind);
}

result<std::vector<sparse_entry>> segment::sparse_table() const {
  auto found = table();
  if (!found) return found.error();
  const auto entries = (*found)->entries();
  return std::vector<sparse_entry>(entries.begin(), entries.end());
}

result<const segment::entry_table*> segment::table() const {
  if (const entry_table* ready = published_table_.load(std::memory_order_acquire)) return ready;
  const std::lock_guard guard(mutex_);
  if (!table_) {
    auto entries = read_entries();
    if (!entries) return entries.error();
    make_table(*entries);
  }
  return table_.get();
}

result<std::vector<sparse_entry>> segment::read_entries() const {
  if (!secret_) return std::vector<sparse_entry>();
  auto size = file_->size();
  if (!size) return size.error();
  file_window window(*file_, *size, *secret_);
  auto trailer = window.final_trailer();
  if (!trailer) return trailer.error();
  if (*trailer && (*trailer)->prefix.segment == number() &&
      (*trailer)->offset_bytes == end_offset()) {
    return std::move((*trailer)->entries);
  }
  auto totals = add_up_frames(window, number(), std::min(end_offset(), *size));
  if (!totals) return totals.error();
  return std::move(totals->entries);
}

segment::entry_table& segment::make_table(std::span<const sparse_entry> entries) const {
  // Room for what note_frame() adds. A size that nobody can write says nothing.
  constexpr std::uint64_t largest = std::uint64_t{1} << 36U;
  const std::uint64_t interval_count =
      std::min(header_.segment_size, largest) / sparse_interval_bytes + 2;
  table_ = std::make_unique<entry_table>(std::max<std::size_t>(interval_count, entries.size()));
  for (const sparse_entry& entry : entries) table_->add(entry);
  published_table_.store(table_.get(), std::memory_order_release);
  return *table_;
}

std::string segment_file_name(std::uint32_t number) {
  std::string digits = std::to_string(number);
  return std::string(10 - digits.size(), '0') + digits + ".log";
}

std::optional<std::uint32_t> parse_segment_file_name(std::string_view name) noexcept {
  constexpr std::size_t digit_count = 10;
  if (name.size() != digit_count + 4 || name.substr(digit_count) != ".log") return std::nullopt;
  std::uint64_t number = 0;
  for (const char digit : name.substr(0, digit_count)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  if (number == 0 || number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

}  // namespace mainstem::log
