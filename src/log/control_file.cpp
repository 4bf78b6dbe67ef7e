// SPDX-License-Identifier: Apache-2.0
#include "log/control_file.h"

#include <array>

#include "base/attempt.h"
#include "base/bytes.h"
#include "base/futex.h"
#include "log/segment_files.h"

namespace mainstem::log {
namespace {

namespace at = format::control_page_layout;

// What publish() changes: the wake word and the slots behind it.
constexpr std::size_t changing_begin = at::wake_word.offset;
constexpr std::size_t changing_end = at::second_slot.offset + at::second_slot.size;

// How often a page that is being written is read again before it counts as damaged.
constexpr int read_attempts = 100;

const std::atomic<std::uint32_t>& word_in(const os::mapping& page) noexcept {
  return *reinterpret_cast<const std::atomic<std::uint32_t>*>(page.bytes().data() +
                                                              at::wake_word.offset);
}

}  // namespace

result<std::unique_ptr<control_writer>> control_writer::open(os::directory& store_folder,
                                                             const format::store_identity& store) {
  std::unique_ptr<control_writer> writer(new control_writer(store));
  auto opened = writer->take_over(store_folder);
  if (!opened && opened.error() == error_condition::capacity && !os::is_disk_full(opened.error()))
    return opened.error();
  if (!opened) opened = writer->begin(store_folder);
  if (!opened) writer->file_.reset();
  return writer;
}

// What one read gets wrong may be right the next time: the best of two counts.
result<std::optional<format::control_state>> control_writer::read_state(os::file& file) {
  std::optional<format::control_state> best;
  std::vector<std::byte> page(at::size);
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto got = file.read_at(0, page);
    if (!got && attempt > 0 && !best) return got.error();
    if (!got || *got < at::size || !format::check_control_page(page, store_)) continue;
    const auto state = format::read_control_page(page, store_);
    if (!state || (best && best->sequence >= state->sequence)) continue;
    best = state;
    page_ = page;
  }
  return best;
}

// Written in place, so that whoever has it mapped already goes on with it.
result<void> control_writer::take_over(os::directory& store_folder) {
  auto file = store_folder.open_file(control_name, os::open_mode::read_write);
  if (!file) return file.error();
  const auto state = read_state(**file);
  if (!state) return state.error();
  if (*state) {
    state_ = **state;  // It stays evidence if this writer is killed before it publishes.
  } else {
    page_.assign(at::size, std::byte{});
    format::encode_control_page(state_, store_, page_);
    if (auto written = (*file)->write_at(0, page_); !written) return written;
  }
  auto mapping = (*file)->map();
  if (!mapping) return mapping.error();
  file_ = std::move(*file);
  mapping_ = std::move(*mapping);
  return {};
}

result<void> control_writer::begin(os::directory& store_folder) {
  const std::string aside = control_name + std::string(aside_suffix);
  static_cast<void>(store_folder.remove(aside));
  auto file = store_folder.open_file(aside, os::open_mode::create_new);
  if (!file) return file.error();
  page_.assign(at::size, std::byte{});
  format::encode_control_page(state_, store_, page_);
  if (auto written = (*file)->write_at(0, page_); !written) return written;
  auto mapping = (*file)->map();
  if (!mapping) return mapping.error();
  if (auto renamed = store_folder.rename(aside, control_name); !renamed) return renamed;
  file_ = std::move(*file);
  mapping_ = std::move(*mapping);
  return {};
}

void control_writer::publish(std::uint32_t epoch, const format::log_point& durable) {
  if (!file_ || state_.durable.last == durable.last) return;  // Nothing new to say.
  ++state_.sequence;
  state_.epoch = epoch;
  state_.durable = durable;
  format::update_control_page(state_, store_, page_);
  const std::span<const std::byte> changed(page_.data() + changing_begin,
                                           changing_end - changing_begin);
  // Followers look into the log by themselves now and then: they go on without it.
  if (!attempt([&] { return file_->write_at(changing_begin, changed); })) file_.reset();
}

void control_writer::wake() const noexcept {
  if (mapping_) futex_wake_all(word_in(*mapping_), futex_scope::machine);
}

result<std::unique_ptr<control_reader>> control_reader::open(os::directory& store_folder,
                                                             const format::store_identity& store) {
  auto file = store_folder.open_file(control_name, os::open_mode::read_only);
  if (!file) return file.error();
  std::array<std::byte, at::size> page;
  auto got = (*file)->read_at(0, page);
  if (!got) return got.error();
  const auto checked =
      format::check_control_page(std::span<const std::byte>(page).first(*got), store);
  if (!checked) {
    return error(checked.error().code(),
                 error_info{.detail = checked.error().info().detail, .path = (*file)->path()});
  }
  auto mapping = (*file)->map();
  if (!mapping) return mapping.error();
  return std::unique_ptr<control_reader>(
      new control_reader(std::move(*file), std::move(*mapping), store));
}

std::optional<format::control_state> control_reader::read() const {
  std::array<std::byte, changing_end> page;
  for (int attempt = 0; attempt < read_attempts; ++attempt) {
    const auto got = file_->read_at(0, page);
    if (!got || *got < page.size()) return std::nullopt;
    const auto state = format::read_control_page(page, store_);
    // Otherwise somebody is in the middle of writing it.
    if (state && static_cast<std::uint32_t>(state->sequence) ==
                     load<std::uint32_t>(page.data() + at::wake_word.offset)) {
      return state;
    }
  }
  return std::nullopt;
}

void control_reader::sleep(const format::control_state& seen,
                           std::chrono::steady_clock::time_point deadline) const noexcept {
  futex_wait(word_in(*mapping_), static_cast<std::uint32_t>(seen.sequence), deadline,
             futex_scope::machine);
}

}  // namespace mainstem::log
