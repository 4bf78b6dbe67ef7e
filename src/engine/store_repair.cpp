// SPDX-License-Identifier: Apache-2.0
#include "engine/store_repair.h"

#include <algorithm>
#include <map>

#include "engine/cancellation.h"
#include "engine/commit_split.h"
#include "engine/copy_target.h"
#include "engine/environment_look.h"
#include "engine/kept_copy.h"
#include "engine/log_rewriter.h"
#include "engine/store_folder.h"
#include "engine/store_verifier.h"
#include "index/canonical_digest.h"
#include "index/stream_index.h"
#include "log/log_listing.h"
#include "log/log_verifier.h"
#include "log/manifest_file.h"
#include "log/segment_files.h"

namespace mainstem::engine {
namespace {

class store_repair {
 public:
  store_repair(const repair_options& options, const surroundings& around)
      : options_(options), around_(around) {}

  result<repair_report> run(const std::string& from, const std::string& to);

 private:
  result<void> open_source(const std::string& from);
  result<void> choose_settings();
  result<void> rewrite(std::shared_ptr<os::directory> to_log);
  result<void> keep(log_rewriter& writer, const log::verified_commit& commit);
  result<void> keep_commit(log_rewriter& writer, const format::frame_prefix& prefix,
                           std::span<const std::byte> frame);
  void note_streams(const format::frame_prefix& prefix, std::span<const std::byte> frame);
  void note_lost(std::uint64_t next_position);
  result<void> ask_index();
  result<void> read_index_of(index::environment_provider& provider);
  result<void> check(os::directory& to_log);
  result<void> copy_state(const std::shared_ptr<os::directory>& to);
  [[nodiscard]] log::log_verifier_options watched() const;

  const repair_options& options_;
  const surroundings& around_;
  std::shared_ptr<os::directory> from_;
  std::shared_ptr<os::directory> from_log_;
  format::manifest manifest_;
  verify_report seen_;
  std::uint64_t taken_ = 0;  // The highest position that was durable at some time.
  log_rewriter::settings settings_;
  std::uint64_t last_position_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> versions_;
  repair_report report_;
};

result<repair_report> store_repair::run(const std::string& from, const std::string& to) {
  if (auto opened = open_source(from); !opened) return opened.error();
  auto target = open_target(around_.disk, from, to);
  if (!target) return target.error();
  if (auto empty = expect_empty(**target); !empty) return empty.error();

  verify_options how;
  how.stop = options_.stop;
  how.on_progress = [this](const verify_progress& progress) {
    if (options_.on_progress) options_.on_progress(progress.bytes_done, progress.bytes_total);
  };
  auto seen = verify_store(from, how, around_);
  if (!seen) return seen.error();
  seen_ = std::move(*seen);
  taken_ = std::max(seen_.durable, seen_.last_position).value();
  report_.findings = seen_.findings;
  if (auto chosen = choose_settings(); !chosen) return chosen.error();

  auto to_log = (*target)->open_directory(log::log_folder_name, true);
  if (!to_log) return log::with_disk_full(to_log.error());
  if (auto rewritten = rewrite(*to_log); !rewritten) return rewritten.error();
  if (!report_.lost.empty()) {
    if (auto asked = ask_index(); !asked) return asked.error();
  }
  if (auto checked = check(**to_log); !checked) return checked.error();
  if (auto copied = copy_state(*target); !copied) return log::with_disk_full(copied.error());
  if (auto created = log::create_manifest(**target, manifest_); !created) return created.error();
  report_.store_id = manifest_.store.store_id;
  report_.lineage_id = manifest_.store.lineage_id;
  report_.parent_lineage_id = manifest_.store.parent_lineage_id;
  return std::move(report_);
}

result<void> store_repair::open_source(const std::string& from) {
  auto folder = open_store_folder(around_.disk, from, false);
  if (!folder) return folder.error();
  from_ = std::move(*folder);
  if (auto locked = from_->is_locked(lock_name); locked && *locked) {
    return error(errc::store_locked,
                 error_info{.detail = "a process has the store open for writing: stop it first",
                            .path = from_->path()});
  }
  auto manifest = log::read_manifest(*from_, false);
  if (!manifest) return manifest.error();
  manifest_ = std::move(*manifest);
  auto log_folder = from_->open_directory(log::log_folder_name, false);
  if (!log_folder) return log_folder.error();
  from_log_ = std::move(*log_folder);
  return {};
}

/// Before anything is written: headers name the lineage, and a history that lacks something is
/// another one.
result<void> store_repair::choose_settings() {
  auto files = log::list_segments(*from_log_, manifest_.store);
  if (!files) return files.error();
  settings_ = {.segment_size_bytes = 64U << 10U, .epoch = 1};
  for (const log::listed_file& file : *files) {
    if (!file.header) continue;
    settings_.segment_size_bytes =
        std::max(settings_.segment_size_bytes, file.header->segment_size);
    settings_.epoch = std::max(settings_.epoch, file.header->epoch + 1);
  }
  if (seen_.lost_positions == 0) return {};
  uuid::bytes_type bytes;
  around_.random.fill(bytes);
  manifest_.store.parent_lineage_id = manifest_.store.lineage_id;
  manifest_.store.lineage_id = uuid(bytes);
  return {};
}

log::log_verifier_options store_repair::watched() const {
  log::log_verifier_options how;
  how.on_progress = [this](std::uint64_t done, std::uint64_t total) -> result<void> {
    if (auto checked = check_stop(options_.stop); !checked) return checked;
    if (options_.on_progress) options_.on_progress(done, total);
    return {};
  };
  return how;
}

result<void> store_repair::rewrite(std::shared_ptr<os::directory> to_log) {
  log_rewriter writer(std::move(to_log), manifest_.store, around_.clock, settings_);
  log::log_verifier_options how = watched();
  how.evidence = taken_;
  how.on_commit = [&](const log::verified_commit& commit, bool) { return keep(writer, commit); };
  auto read = log::verify_log(*from_log_, manifest_.store, how);
  if (!read) return read.error();
  note_lost(taken_ + 1);
  return writer.finish(position(taken_));
}

result<void> store_repair::keep(log_rewriter& writer, const log::verified_commit& commit) {
  // What stands behind a torn end was never acknowledged.
  if (commit.prefix.last_position() > taken_) return {};
  if (commit.whole) {
    ++report_.commits_kept;
    return keep_commit(writer, commit.prefix, commit.frame);
  }
  const auto parts = format::examine_commit(commit.prefix, commit.frame);
  const auto commits = split_commit(commit.prefix, commit.frame, parts);
  if (!commits.empty()) ++report_.commits_split;
  for (const partial_commit& each : commits) {
    if (auto kept = keep_commit(writer, each.prefix, each.frame); !kept) return kept;
  }
  return {};
}

result<void> store_repair::keep_commit(log_rewriter& writer, const format::frame_prefix& prefix,
                                       std::span<const std::byte> frame) {
  note_lost(prefix.first_position);
  note_streams(prefix, frame);
  report_.events_kept += prefix.event_count;
  last_position_ = prefix.last_position();
  report_.last_position = position(last_position_);
  return writer.append(prefix, frame);
}

void store_repair::note_lost(std::uint64_t next_position) {
  if (next_position <= last_position_ + 1) return;
  report_.lost.push_back({position(last_position_ + 1), position(next_position - 1)});
}

void store_repair::note_streams(const format::frame_prefix& prefix,
                                std::span<const std::byte> frame) {
  const auto body = frame.subspan(format::prefix_bytes(prefix.stream_count));
  std::vector<std::string_view> names;
  const std::size_t first_record = format::read_stream_names(body, prefix.stream_count, names);
  std::vector<std::uint64_t*> versions;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::uint64_t first = format::first_version_of(frame, i);
    auto found = versions_.find(names[i]);
    if (found == versions_.end()) found = versions_.emplace(names[i], 0).first;
    if (first > found->second + 1)
      report_.streams.push_back(
          {std::string(names[i]), version(found->second + 1), version(first - 1)});
    found->second = first - 1;
    versions.push_back(&found->second);
  }
  format::record_cursor records(body, first_record, prefix.body_digest);
  while (const auto record = records.next(false)) {
    if (record->stream_index < versions.size()) ++*versions[record->stream_index];
  }
}

/// Of events that were the last of their streams only the index can know. One that is damaged knows
/// nothing: the findings say so.
result<void> store_repair::ask_index() {
  const auto provider = around_.make_index_provider(from_);
  auto read = read_index_of(*provider);
  if (!read && !has_to_be_made_anew(read.error())) return read;
  return {};
}

result<void> store_repair::read_index_of(index::environment_provider& provider) {
  auto opened = look_into_index(provider, manifest_.store.store_id);
  if (!opened) return opened.error();
  if (*opened == nullptr) return {};
  auto snapshot = (*opened)->snapshot();
  if (!snapshot) return snapshot.error();
  return index::summarize(
      *snapshot, [this](std::string_view stream, const index::stream_summary& is) -> result<void> {
        const auto found = versions_.find(stream);
        const std::uint64_t kept = found == versions_.end() ? 0 : found->second;
        if (is.last_version > kept)
          report_.streams.push_back(
              {std::string(stream), version(kept + 1), version(is.last_version)});
        return {};
      });
}

/// What was written is read again before it counts.
result<void> store_repair::check(os::directory& to_log) {
  log::log_verifier_options how = watched();
  how.evidence = taken_;
  auto found = log::verify_log(to_log, manifest_.store, how);
  if (!found) return found.error();
  if (!found->findings.empty()) return found->findings.front().what;
  report_.log_digest = found->totals.digest;
  return {};
}

result<void> store_repair::copy_state(const std::shared_ptr<os::directory>& to) {
  auto kept = read_kept(around_, from_, manifest_.store.store_id);
  if (!kept && !os::is_damage(kept.error())) return kept.error();
  report_.has_state = kept && *kept;
  if (!report_.has_state) return {};  // The findings say so.
  return write_kept(around_, to, manifest_.store.store_id, **kept);
}

}  // namespace

result<repair_report> repair_store(const std::string& from, const std::string& to,
                                   const repair_options& options, const surroundings& around) {
  return store_repair(options, around).run(from, to);
}

}  // namespace mainstem::engine
