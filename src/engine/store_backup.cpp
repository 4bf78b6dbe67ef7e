// SPDX-License-Identifier: Apache-2.0
#include "engine/store_backup.h"

#include <algorithm>

#include "engine/backup_marker.h"
#include "engine/cancellation.h"
#include "engine/copy_target.h"
#include "engine/kept_copy.h"
#include "engine/log_copier.h"
#include "engine/store_folder.h"
#include "log/control_look.h"
#include "log/log_verifier.h"
#include "log/manifest_file.h"
#include "log/segment_files.h"

namespace mainstem::engine {
namespace {

error of_another(const os::directory& folder, std::string_view what) {
  return {errc::foreign_file,
          error_info{.detail = "the folder holds a backup of another " + std::string(what) +
                               ": back up into another folder",
                     .path = folder.path()}};
}

class store_backup {
 public:
  store_backup(const backup_options& options, const surroundings& around,
               index::kept_state* open_state)
      : options_(options), around_(around), open_state_(open_state) {}

  result<backup_report> run(const std::string& from, const std::string& to);

 private:
  result<void> open_source(const std::string& from);
  result<void> look_at_target();
  result<void> read_state();
  result<position> find_durable();
  result<void> copy_log(position up_to);
  result<void> check_copy(position up_to);
  result<void> finish();
  [[nodiscard]] result<void> go_on(std::uint64_t done, std::uint64_t total) const;

  const backup_options& options_;
  const surroundings& around_;
  index::kept_state* open_state_;
  std::shared_ptr<os::directory> from_;
  std::shared_ptr<os::directory> from_log_;
  std::shared_ptr<os::directory> to_;
  std::shared_ptr<os::directory> to_log_;
  format::manifest manifest_;
  std::optional<backup_marker> earlier_;
  std::uint32_t earlier_end_ = 1;  // The segment in which it ends.
  std::optional<kept_copy> kept_;
  log_copy_report copied_;
  backup_report report_;
};

result<backup_report> store_backup::run(const std::string& from, const std::string& to) {
  if (auto opened = open_source(from); !opened) return opened.error();
  auto target = open_target(around_.disk, from, to);
  if (!target) return target.error();
  to_ = std::move(*target);
  if (auto looked = look_at_target(); !looked) return looked.error();
  // Before the position is taken: so no checkpoint is ahead of the copy.
  if (auto read = read_state(); !read) return read.error();
  auto up_to = find_durable();
  if (!up_to) return up_to.error();
  if (earlier_ && earlier_->up_to > *up_to) {
    return error(errc::invalid_argument,
                 error_info{.detail = "the backup goes up to position " +
                                      std::to_string(earlier_->up_to.value()) +
                                      ", the store only to " + std::to_string(up_to->value()) +
                                      ": the store has lost events, or was restored; keep this "
                                      "backup, and back up into another folder",
                            .path = to_->path()});
  }
  if (auto copied = copy_log(*up_to); !copied) return copied.error();
  if (auto checked = check_copy(*up_to); !checked) return checked.error();
  if (auto finished = finish(); !finished) return log::with_disk_full(finished.error());
  return report_;
}

result<void> store_backup::open_source(const std::string& from) {
  auto folder = open_store_folder(around_.disk, from, false);
  if (!folder) return folder.error();
  from_ = std::move(*folder);
  auto manifest = log::read_manifest(*from_, false);
  if (!manifest) return manifest.error();
  manifest_ = std::move(*manifest);
  auto log_folder = from_->open_directory(log::log_folder_name, false);
  if (!log_folder) return log_folder.error();
  from_log_ = std::move(*log_folder);
  report_.store_id = manifest_.store.store_id;
  report_.lineage_id = manifest_.store.lineage_id;
  return {};
}

result<void> store_backup::read_state() {
  auto kept = open_state_ != nullptr ? copy_of(*open_state_)
                                     : read_kept(around_, from_, manifest_.store.store_id);
  if (!kept) return as_state_error(kept.error(), from_->path());
  kept_ = std::move(*kept);
  return {};
}

/// Whether it is new, an earlier backup of this store, or one that was not finished.
result<void> store_backup::look_at_target() {
  auto marker = read_backup_marker(*to_);
  if (!marker) return marker.error();
  auto begun = to_->open_file(backup_begun_name, os::open_mode::read_only);
  if (!begun && !os::is_missing(begun.error())) return begun.error();
  if (*marker) {
    if ((*marker)->store_id != manifest_.store.store_id) return of_another(*to_, "store");
    if ((*marker)->lineage_id != manifest_.store.lineage_id)
      return of_another(*to_, "lineage of this store");
    earlier_ = **marker;
  } else if (begun) {
    std::byte text[64];
    auto got = (*begun)->read_at(0, text);
    if (!got) return got.error();
    const auto id = as_text(std::span<const std::byte>(text).first(*got));
    if (!id.starts_with(manifest_.store.store_id.to_string())) return of_another(*to_, "store");
  } else {
    // What is left of this file itself, if it was interrupted.
    const std::string aside = std::string(backup_begun_name) + std::string(log::aside_suffix);
    if (auto removed = to_->remove(aside); !removed && !os::is_missing(removed.error()))
      return removed;
    if (auto empty = expect_empty(*to_); !empty) return empty;
    auto written =
        write_small_file(*to_, backup_begun_name, manifest_.store.store_id.to_string() + "\n");
    if (!written) return log::with_disk_full(written.error());
  }
  auto log_folder = to_->open_directory(log::log_folder_name, true);
  if (!log_folder) return log::with_disk_full(log_folder.error());
  to_log_ = std::move(*log_folder);
  if (auto synced = to_->sync(); !synced) return synced;
  return {};
}

/// What the writer says is durable. Without one, the control page may be older than the log: then
/// all that opening would keep, proven or not; the copy makes it durable.
result<position> store_backup::find_durable() {
  auto control = log::look_at_control(*from_, manifest_.store);
  const bool has_control = control && *control;
  auto is_written = from_->is_locked(lock_name);
  if (has_control && is_written && *is_written) return (*control)->durable.last;
  log::log_verifier_options how;
  if (has_control) {
    how.first_segment = std::max(1U, (*control)->durable.segment);
    how.evidence = (*control)->durable.last.value();
  }
  if (kept_) {
    for (const auto& row : kept_->consumers) how.evidence = std::max(how.evidence, row.at.value());
  }
  how.on_progress = [this](std::uint64_t, std::uint64_t) { return check_stop(options_.stop); };
  auto found = log::verify_log(*from_log_, manifest_.store, how);
  if (!found) return found.error();
  if (!found->findings.empty()) return found->findings.front().what;
  // Behind the evidence there may be no event in the segments that were looked at.
  return position(std::max(found->totals.last_position, how.evidence));
}

result<void> store_backup::go_on(std::uint64_t done, std::uint64_t total) const {
  if (auto checked = check_stop(options_.stop); !checked) return checked;
  if (options_.on_progress) options_.on_progress({done, total});
  return {};
}

result<void> store_backup::copy_log(position up_to) {
  log_copy_options how;
  how.hard_links = options_.hard_links;
  how.on_progress = [this](std::uint64_t done, std::uint64_t total) { return go_on(done, total); };
  log_copier copier(*from_log_, to_log_, manifest_.store, around_.clock, how);
  if (earlier_ && earlier_->up_to != position{}) {
    auto agreed = copier.check_agreement(earlier_->up_to);
    if (!agreed) return agreed.error();
    earlier_end_ = *agreed;
  }
  auto copied = copier.run(up_to);
  if (!copied) return copied.error();
  copied_ = *copied;
  report_.up_to = up_to;
  report_.segments = copied->segments;
  report_.segments_kept = copied->segments_kept;
  report_.segments_linked = copied->segments_linked;
  report_.bytes_copied = copied->bytes_copied;
  return {};
}

/// Reads what was copied; of an earlier backup only what is new.
result<void> store_backup::check_copy(position up_to) {
  log::log_verifier_options how;
  how.evidence = up_to.value();
  if (earlier_) {
    // Segments behind the earlier end may be there from an attempt that was interrupted.
    how.first_segment = std::min(copied_.first_changed, earlier_end_);
    how.digest_behind = earlier_->up_to.value();
    how.digest = earlier_->log_digest;
  }
  how.on_progress = [this](std::uint64_t, std::uint64_t) { return check_stop(options_.stop); };
  auto found = log::verify_log(*to_log_, manifest_.store, how);
  if (!found) return found.error();
  if (!found->findings.empty()) {
    const error& what = found->findings.front().what;
    error_info info = what.info();
    info.detail = "what was copied is damaged, in the store or on the way (" + info.detail +
                  "): verify the store";
    return error(errc::store_damaged, std::move(info));
  }
  report_.log_digest = found->totals.digest;
  return {};
}

result<void> store_backup::finish() {
  if (kept_) {
    std::erase_if(kept_->consumers, [this](const auto& row) { return row.at > report_.up_to; });
    report_.checkpoints = kept_->consumers.size();
    auto written = write_kept(around_, to_, manifest_.store.store_id, *kept_);
    if (!written) return written;
  }
  const backup_marker marker{report_.store_id, report_.lineage_id, report_.up_to,
                             report_.log_digest};
  if (!earlier_) {
    if (auto created = log::create_manifest(*to_, manifest_); !created) return created;
  }
  if (auto written = write_backup_marker(*to_, marker); !written) return written;
  if (auto removed = to_->remove(backup_begun_name); !removed && !os::is_missing(removed.error()))
    return removed;
  return to_->sync();
}

}  // namespace

result<backup_report> backup_store(const std::string& from, const std::string& to,
                                   const backup_options& options, const surroundings& around,
                                   index::kept_state* kept) {
  return store_backup(options, around, kept).run(from, to);
}

}  // namespace mainstem::engine
