// SPDX-License-Identifier: Apache-2.0
#include "engine/follower_core.h"

#include <algorithm>

#include "base/attempt.h"
#include "engine/store_folder.h"
#include "index/memory_environment.h"
#include "log/manifest_file.h"

namespace mainstem::engine {

result<std::unique_ptr<follower_core>> follower_core::open(const std::string& path,
                                                           const store_options& options,
                                                           const surroundings& around) {
  return attempt([&] { return open_all(path, options, around); });
}

result<std::unique_ptr<follower_core>> follower_core::open_all(const std::string& path,
                                                               const store_options& options,
                                                               const surroundings& around) {
  const auto began = around.clock.monotonic();
  std::unique_ptr<follower_core> core(new follower_core(options, around));
  if (auto opened = core->open_folder(path); !opened) return opened.error();
  if (auto begun = core->begin(); !begun) return begun.error();
  if (auto advanced = core->advance(look::thorough); !advanced) {
    // What is before the damage can be read, and what is behind it may be mended.
    if (!(advanced.error() == error_condition::corruption)) return advanced.error();
    core->report_.damage = advanced.error();
  }
  core->report_.last_position = core->log_->durable();
  core->report_.events_replayed = core->tail_->events();
  core->report_.duration = around.clock.monotonic() - began;
  return core;
}

result<void> follower_core::open_folder(const std::string& path) {
  auto folder = open_store_folder(around_.disk, path, false);
  if (!folder) return folder.error();
  folder_ = std::move(*folder);
  auto manifest = log::read_manifest(*folder_, false);
  if (!manifest) return manifest.error();
  log_.emplace(manifest->store);
  auto log_folder = folder_->open_directory(log::log_folder_name, false);
  if (!log_folder) return log_folder.error();
  log_folder_ = std::move(*log_folder);
  return {};
}

result<std::shared_ptr<index::stream_index>> follower_core::open_index() {
  auto environment = index_provider_->open_read_only(index_name);
  if (!environment) return environment.error();
  auto opened = index::stream_index::follow(std::move(*environment), log_->store().store_id);
  if (!opened) return opened.error();
  auto snapshot = (*opened)->snapshot();
  if (!snapshot) return snapshot.error();
  auto is_of_log = log::has_point(*log_folder_, log_->store(), snapshot->flushed());
  if (!is_of_log) return is_of_log.error();
  if (!*is_of_log)
    return error(errc::corrupt_index, "index: it is of a time that a crash has taken back");
  return std::shared_ptr<index::stream_index>(std::move(*opened));
}

result<void> follower_core::begin() {
  index_provider_ = around_.make_index_provider(folder_);
  auto index = open_index();
  has_index_ = index.has_value();
  if (!index && index_is_useless(index.error())) {
    // The writer makes it anew when it opens the store. Until then everything is kept in memory.
    auto empty = index::memory_provider().open(index_name);
    if (!empty) return empty.error();
    auto opened = index::stream_index::open(std::move(*empty), log_->store().store_id,
                                            {.secret = log_->store().secret});
    if (!opened) return opened.error();
    index = std::shared_ptr<index::stream_index>(std::move(*opened));
  }
  if (!index) return index.error();
  log_->set_index(*index);
  auto snapshot = (*index)->snapshot();
  if (!snapshot) return snapshot.error();
  const format::log_point from = snapshot->flushed();
  tail_begin_ = from.last;
  follower_.emplace(log_folder_, log_->store(), access_of(options_), from);
  tail_.emplace(*log_, tail_replay::options{.generation_events = options_.index_flush_events,
                                            .may_write_index = false,
                                            .has_gaps = false});
  tail_->begin(from);
  log_->on_index_ahead([this](position at_least) { return catch_up(at_least); });
  return {};
}

result<void> follower_core::advance(look how) {
  const std::lock_guard held(mutex_);
  return attempt([&] { return advance_held(how); });
}

result<void> follower_core::advance_held(look how) {
  if (how == look::thorough) {
    if (auto looked = look_around(); !looked) return looked;
  }
  auto durable = find_durable(how);
  if (!durable) return durable.error();
  if (auto advanced = advance_to(*durable); !advanced) return advanced;
  if (how == look::thorough) exchange_index();
  forget_indexed();
  return {};
}

result<void> follower_core::catch_up(position at_least) {
  // Looked up while advancing: what is missing is on its way.
  if (advancing_.load() == std::this_thread::get_id()) return {};
  const std::lock_guard held(mutex_);
  return attempt([&] { return advance_to({.last = at_least, .segment = 0}); });
}

result<void> follower_core::advance_to(const format::log_point& durable) {
  if (durable.last <= log_->durable()) return {};
  const auto add = [this](const log::segment& segment, std::uint64_t offset,
                          const format::frame_prefix& prefix, std::span<const std::byte> frame) {
    if (follower_->has_gaps()) tail_->note_gaps();
    return tail_->add(segment, offset, prefix, frame);
  };
  advancing_ = std::this_thread::get_id();
  auto advanced = attempt([&] { return follower_->advance(durable, add); });
  advancing_ = std::thread::id();
  // Segments first: an event has no position that is published before its segment is listed.
  // A segment is only exchanged for its sealed self when the next one is added.
  if (log_->segments()->size() != follower_->segments().size())
    log_->set_segments(follower_->segments());
  log_->publish_written(follower_->at().last);
  log_->publish_durable(follower_->at().last);
  return advanced;
}

result<format::log_point> follower_core::find_durable(look how) {
  format::log_point best{.last = follower_->at().last, .segment = 0};
  seen_ = control_ ? control_->read() : std::nullopt;
  if (seen_ && seen_->durable.last > best.last) best = seen_->durable;
  if (seen_ && how == look::quick) return best;

  auto proven = follower_->proven();
  if (!proven) return proven.error();
  if (*proven > best.last) best = {.last = *proven, .segment = 0};
  auto snapshot = log_->index()->snapshot();
  if (!snapshot) return snapshot.error();
  if (snapshot->flushed().last > best.last) best = {.last = snapshot->flushed().last, .segment = 0};
  return best;
}

/// Whether the store is still there, and its control page still the one that the writer writes.
result<void> follower_core::look_around() {
  if (auto manifest = log::read_manifest(*folder_, false); !manifest) {
    if (!(manifest.error() == errc::store_not_found)) return manifest.error();
    return error(errc::store_not_found,
                 error_info{.detail = "the store was deleted or moved while it was followed",
                            .path = folder_->path()});
  }
  auto control = log::control_reader::open(*folder_, log_->store());
  if (!control && control.error() == errc::unsupported_format) return control.error();
  control_ = control ? std::move(*control) : nullptr;
  return {};
}

void follower_core::exchange_index() {
  if (has_index_ && !log_->index()->is_replaced()) return;
  auto index = open_index();
  if (!index) return;
  auto snapshot = (*index)->snapshot();
  // A new one that has not come as far as what was forgotten here would leave a hole.
  if (!snapshot || snapshot->flushed().last < tail_begin_) return;
  has_index_ = true;
  log_->set_index(std::move(*index));
}

void follower_core::forget_indexed() {
  if (!tail_->has_complete_generation()) return;
  auto snapshot = log_->index()->snapshot();
  if (!snapshot) return;
  const position indexed = snapshot->flushed().last;
  tail_begin_ = std::max(tail_begin_, tail_->drop_indexed(indexed));
}

result<index::kept_state*> follower_core::kept() {
  const std::lock_guard held(kept_mutex_);
  if (!kept_) {
    auto environment = index_provider_->open_existing(state_name);
    if (!environment) return environment.error();
    auto opened = index::kept_state::open(std::move(*environment), log_->store().store_id);
    if (!opened) return opened.error();
    kept_ = std::move(*opened);
  }
  return kept_.get();
}

bool follower_core::sleep(std::chrono::steady_clock::time_point deadline) const {
  std::shared_ptr<log::control_reader> control;
  std::optional<format::control_state> seen;
  {
    const std::lock_guard held(mutex_);
    control = control_;
    seen = seen_;
  }
  if (!control || !seen) return false;
  control->sleep(*seen, deadline);
  return true;
}

store_info follower_core::info() const {
  store_info info = describe(*log_);
  if (auto snapshot = attempt([this] { return log_->index()->snapshot(); }))
    info.indexed = snapshot->flushed().last;
  return info;
}

}  // namespace mainstem::engine
