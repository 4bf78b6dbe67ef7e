// SPDX-License-Identifier: Apache-2.0
#include "engine/store_core.h"

#include <algorithm>

#include <mainstem/version.h>

#include "base/assert.h"
#include "base/attempt.h"
#include "base/mutant.h"
#include "engine/look_up.h"
#include "engine/store_folder.h"
#include "engine/tail_replay.h"
#include "log/manifest_file.h"
#include "log/recovery.h"

namespace mainstem::engine {
namespace {

constexpr std::size_t merge_budget_events = 256U << 10U;

log::segment_file_options file_options(const store_options& options) {
  return {.segment_size_bytes = options.segment_size_bytes,
          .preparation = options.preallocation == preallocation::zero_fill
                             ? log::space_preparation::zero_fill
                             : log::space_preparation::reserve,
          .access = access_of(options)};
}

bool ever_accepted_loss(const log::segment_list& segments) {
  return std::ranges::any_of(segments,
                             [](const auto& segment) { return segment->header().loss_accepted(); });
}

}  // namespace

store_core::store_core(store_options options, const surroundings& around)
    : options_(std::move(options)), clock_(around.clock), random_(around.random) {}

store_core::~store_core() = default;

result<std::unique_ptr<store_core>> store_core::open(const std::string& path,
                                                     const store_options& options,
                                                     const surroundings& around) {
  return attempt([&] { return open_all(path, options, around); });
}

result<std::unique_ptr<store_core>> store_core::open_all(const std::string& path,
                                                         const store_options& options,
                                                         const surroundings& around) {
  const auto began = around.clock.monotonic();
  std::unique_ptr<store_core> core(new store_core(options, around));
  if (auto folder = core->open_folder(path, around); !folder) return folder.error();
  core->index_provider_ = around.make_index_provider(core->folder_);
  auto opened = core->open_index();
  if (!opened && index_is_useless(opened.error())) opened = core->make_index_anew();
  if (!opened) return opened.error();
  if (auto kept = core->open_kept(); !kept) return kept.error();
  if (auto recovered = core->recover_log(); !recovered) return recovered.error();
  if (auto brought = core->bring_back_tail(); !brought) return brought.error();
  core->report_.duration = around.clock.monotonic() - began;
  return core;
}

result<void> store_core::open_folder(const std::string& path, const surroundings& around) {
  auto folder = open_store_folder(around.disk, path, options_.create_if_missing);
  if (!folder) return folder.error();
  folder_ = std::move(*folder);
  if (!options_.create_if_missing) {
    // Not even a lock file is left in a folder that is no store.
    if (auto found = log::read_manifest(*folder_, false);
        !found && found.error() == errc::store_not_found) {
      return found.error();
    }
  }
  auto locked = folder_->lock(lock_name);
  if (!locked) return locked.error();
  writer_lock_ = std::move(*locked);

  auto identity = open_identity();
  if (!identity) return identity.error();
  log_.emplace(*identity);
  auto log_folder = folder_->open_directory(log::log_folder_name, true);
  if (!log_folder) return log_folder.error();
  if (auto synced = folder_->sync(); !synced) return synced;
  files_.emplace(std::move(*log_folder), *identity, file_options(options_), clock_);
  auto control = log::control_writer::open(*folder_, *identity);
  if (!control) return control.error();
  control_ = std::move(*control);
  return {};
}

result<format::store_identity> store_core::open_identity() {
  auto found = log::read_manifest(*folder_, true);
  if (found) return found->store;
  if (!(found.error() == errc::store_not_found) || !options_.create_if_missing)
    return found.error();

  const auto draw_id = [this] {
    uuid::bytes_type bytes;
    random_.fill(bytes);
    return uuid(bytes);
  };
  format::manifest made;
  made.store.store_id = draw_id();
  made.store.lineage_id = draw_id();
  random_.fill(std::as_writable_bytes(std::span(&made.store.secret, 1)));
  made.created = clock_.unix_nanoseconds();
  made.minimum_reader = 1;  // 0.1
  made.writer_version = header_version;
  if (auto created = log::create_manifest(*folder_, made); !created) return created.error();
  return made.store;
}

result<void> store_core::open_index() {
  auto environment = index_provider_->open(index_name);
  if (!environment) return environment.error();
  auto opened = index::stream_index::open(std::move(*environment), identity().store_id,
                                          {.secret = identity().secret});
  if (!opened) return opened.error();
  index_ = std::move(*opened);
  log_->set_index(index_);
  return {};
}

result<void> store_core::make_index_anew() {
  report_.index_rebuilt = true;
  log_->set_index(nullptr);
  index_.reset();
  if (auto discarded = index_provider_->discard(index_name); !discarded) return discarded;
  return open_index();
}

// Consumers may be asked where to go on when it is damaged: no reason not to open the store. It is
// one that it cannot be read for now: the checkpoints are evidence of what had been durable.
result<void> store_core::open_kept() {
  auto environment = index_provider_->open(state_name);
  if (environment) {
    kept_ = index::kept_state::open(std::move(*environment), identity().store_id);
  } else {
    kept_ = environment.error();
  }
  if (kept_) return {};
  kept_ = as_state_error(kept_.error(), path());
  if (kept_.error() == errc::corrupt_state) return {};
  return kept_.error();
}

result<index::kept_state*> store_core::kept() const {
  if (!kept_) return kept_.error();
  return kept_->get();
}

result<void> store_core::recover_log() {
  auto snapshot = index_->snapshot();
  if (!snapshot) return snapshot.error();
  const format::log_point from = snapshot->flushed();
  snapshot = error(errc::store_closed);  // Ends its transaction: the index may have to go.
  position evidence = std::max(from.last, control_->evidence());
  if (kept_) evidence = std::max(evidence, (*kept_)->highest_checkpoint());
  if (MAINSTEM_MUTANT(evidence_ignored)) evidence = position{};
  if (auto recovered = recover_log_from(from, evidence); !recovered) return recovered;
  if (recovered_->from_found) return {};
  if (recovered_->damage && !options_.accept_loss) {
    log_->distrust_index();  // It stays as it is: it is evidence.
    return {};
  }
  // What the index says may well have been true of another copy of this log. How far it had come
  // stays evidence.
  if (auto made = make_index_anew(); !made) return made;
  return recover_log_from({}, evidence);
}

result<void> store_core::recover_log_from(const format::log_point& from, position evidence) {
  log::recovery_request request;
  request.from = from;
  request.evidence = evidence;
  request.accept_loss = options_.accept_loss;
  const auto stage = request.from.last == position{} ? progress::stage::rebuilding_index
                                                     : progress::stage::recovering_log;
  request.on_progress = [this, stage](std::uint64_t done, std::uint64_t total) {
    if (options_.on_progress) options_.on_progress({stage, done, total});
  };
  auto recovered = log::recover(*files_, request);
  if (!recovered && recovered.error() == errc::disk_full) {
    // Recovery has to write before anything may be appended. Reading what is proven needs no space.
    no_space_ = recovered.error();
    request.change_nothing = true;
    recovered = log::recover(*files_, request);
    if (recovered && recovered->segments.empty()) return *no_space_;
  }
  if (!recovered) return recovered.error();
  // With nothing to read there is no store to open for reading.
  if (recovered->damage && recovered->segments.empty()) return *recovered->damage;
  recovered_ = std::move(*recovered);

  log_->set_segments(recovered_->segments);
  report_.clean = recovered_->clean;
  report_.last_position = recovered_->end.last;
  report_.events_rewritten = recovered_->events_rewritten;
  report_.bytes_cut = recovered_->bytes_cut;
  if (recovered_->damage) report_.damage = recovered_->damage;
  return {};
}

result<void> store_core::bring_back_tail() {
  auto snapshot = index_->snapshot();
  if (!snapshot) return snapshot.error();
  const format::log_point from = snapshot->flushed();
  snapshot = error(errc::store_closed);  // Ends its transaction: the index is about to be written.

  const bool is_damaged = recovered_->damage.has_value() && !options_.accept_loss;
  const bool read_only = is_damaged || no_space_;
  const bool has_gaps = recovered_->damage.has_value() || ever_accepted_loss(recovered_->segments);
  tail_replay replay(*log_, {.generation_events = options_.index_flush_events,
                             .may_write_index = !read_only,
                             .has_gaps = has_gaps});
  if (auto replayed = replay.run(from); !replayed) return replayed;
  const auto& end = *recovered_->segments.back();
  if (!has_gaps && replay.last() < recovered_->end.last) {
    return error(
        errc::corrupt_data,
        error_info{.detail = "the end of the log could be read before, and cannot now: the "
                             "disk or the memory is failing; try again",
                   .path = end.file().path(),
                   .offset = end.end_offset()});
  }
  report_.events_replayed = replay.events();
  // Closing brings the index up to date, and so does writing much: then an empty one is one that
  // was lost.
  const bool was_filled = report_.clean || replay.events() > options_.index_flush_events;
  report_.index_rebuilt =
      report_.index_rebuilt || (from.last == position{} && replay.events() > 0 && was_filled);
  log_->publish_written(recovered_->end.last);
  log_->publish_durable(recovered_->durable);

  commit_pipeline::options settings;
  settings.epoch = recovered_->epoch;
  settings.queue_bytes = options_.queue_bytes;
  settings.generation_events = options_.index_flush_events;
  settings.last_timestamp = recovered_->last_timestamp;
  settings.marked = recovered_->clean;
  const position index_has = replay.index_has();
  pipeline_ = std::make_unique<commit_pipeline>(*log_, *files_, settings, recovered_->end,
                                                recovered_->segments.back(),
                                                std::move(replay).take(), index_has);
  if (recovered_->spare) pipeline_->offer_spare(std::move(recovered_->spare));
  if (is_damaged) pipeline_->refuse(*recovered_->damage);
  if (no_space_) pipeline_->refuse(*no_space_);
  if (!read_only) control_->publish(settings.epoch, recovered_->end);
  recovered_.reset();
  return {};
}

result<void> store_core::spare_step(lock& held) {
  const std::uint32_t number = pipeline_->spare_number();
  held.unlock();
  auto made = attempt([&] { return files_->make_spare(number, options_.segment_size_bytes); });
  held.lock();
  if (!made) return made.error();
  pipeline_->offer_spare(std::move(*made));
  return {};
}

result<bool> store_core::seal_step(lock& held) {
  const auto ended = pipeline_->take_ended();
  if (!ended) return false;
  const std::uint32_t epoch = pipeline_->epoch();
  const position durable = log_->durable();
  held.unlock();
  // If this fails, the segment goes without a trailer until the store is opened again.
  const auto sealed = attempt([&] {
    return files_->seal(*ended->segment, ended->chain, epoch, durable, ended->totals.get());
  });
  held.lock();
  if (!sealed) return sealed.error();
  return true;
}

result<bool> store_core::flush_step(lock& held) {
  const auto flushable = pipeline_->oldest_flushable();
  if (!flushable) return false;
  held.unlock();
  const auto flushed = attempt([&]() -> result<void> {
    auto snapshot = index_->snapshot();
    if (!snapshot) return snapshot.error();
    const format::log_point from = snapshot->flushed();
    snapshot = error(errc::store_closed);  // Ends its transaction before the index is written.
    if (from.last >= flushable->to.last) return {};  // Only memory has not let go of it yet.
    const auto chunks = flushable->generation->to_chunks();
    return index_->flush(from, flushable->to, chunks.streams);
  });
  held.lock();
  if (!flushed && !MAINSTEM_MUTANT(failed_flush_taken_for_done)) {
    index_failure_ = flushed.error();
    return flushed.error();
  }
  auto dropped = attempt([&]() -> result<bool> {
    pipeline_->generation_flushed();
    return true;
  });
  if (!dropped) return dropped;
  index_failure_.reset();
  ++index_flushes_;
  return true;
}

result<bool> store_core::merge_step() {
  return attempt([this] { return index_->merge_step(merge_budget_events); });
}

std::vector<std::shared_ptr<commit_group>> store_core::write_step(lock& held) {
  std::vector<std::shared_ptr<commit_group>> finished;
  std::optional<write_plan> plan;
  const auto begun = attempt([&]() -> result<void> {
    finished.resize(1);
    plan = pipeline_->begin_write(clock_.unix_nanoseconds());
    return {};
  });
  if (!begun) {
    // Who waits for the group cannot be told that nothing has happened: others rely on it by now.
    pipeline_->fail(begun.error());
    return pipeline_->take_failed_groups();
  }
  held.unlock();
  const auto performed = attempt([&] { return perform(*plan); });
  held.lock();
  finish_write(*plan, performed);
  if (!performed) return pipeline_->take_failed_groups();
  finished.front() = std::move(plan->group);
  return finished;
}

void store_core::finish_write(const write_plan& plan, const result<void>& performed) noexcept {
  pipeline_->finish_write(plan, performed);
  const bool is_durable = plan.sync || MAINSTEM_MUTANT(published_before_sync);
  if (performed && is_durable) control_->publish(pipeline_->epoch(), pipeline_->durable_point());
}

store_info store_core::info(lock& /*held*/) const {
  store_info info = describe(*log_);
  info.indexed = pipeline_->indexed();
  info.index_flushes = index_flushes_;
  info.failure = pipeline_->failure();
  info.index_failure = index_failure_;
  return info;
}

result<append_outcome> append_alone(store_core& core, store_core::lock& held,
                                    commit_request& request) {
  using submitted = commit_pipeline::submitted;
  for (;;) {
    switch (core.pipeline().submit(request)) {
      case submitted::answered: return *request.answer;
      case submitted::needs_lookup:
        if (auto looked = look_up(core.log(), request); !looked) return looked.error();
        break;
      case submitted::needs_segment:
        if (auto made = core.spare_step(held); !made) return made.error();
        break;
      case submitted::must_wait:
      case submitted::queue_full: core.write_step(held); break;
      case submitted::queued:
        while (core.pipeline().can_write()) core.write_step(held);
        return *request.answer;
    }
  }
}

}  // namespace mainstem::engine
