// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/backup_marker.h"
#include "engine/cancellation.h"
#include "engine/copy_target.h"
#include "engine/kept_copy.h"
#include "engine/log_copier.h"
#include "engine/store_backup.h"
#include "engine/store_folder.h"
#include "log/log_verifier.h"
#include "log/manifest_file.h"
#include "log/segment_files.h"

namespace mainstem::engine {
namespace {

class store_restore {
 public:
  store_restore(const restore_options& options, const surroundings& around)
      : options_(options), around_(around) {}

  result<restore_report> run(const std::string& from, const std::string& to);

 private:
  result<void> open_backup(const std::string& from);
  result<void> copy_log(os::directory& from_log, std::shared_ptr<os::directory> to_log);
  result<void> check_copy(os::directory& to_log);
  void choose_lineage();

  const restore_options& options_;
  const surroundings& around_;
  std::shared_ptr<os::directory> from_;
  format::manifest manifest_;
  backup_marker marker_;
  restore_report report_;
};

result<void> store_restore::open_backup(const std::string& from) {
  auto folder = open_store_folder(around_.disk, from, false);
  if (!folder) return folder.error();
  from_ = std::move(*folder);
  auto begun = from_->open_file(backup_begun_name, os::open_mode::read_only);
  auto marker = read_backup_marker(*from_);
  if (!marker) return marker.error();
  if (!*marker) {
    return error(
        errc::invalid_argument,
        error_info{.detail = begun ? "the backup was never finished: take an earlier one, or "
                                     "run the same backup again"
                                   : "this is no backup (it has no file `backup`)",
                   .path = from});
  }
  marker_ = **marker;
  auto manifest = log::read_manifest(*from_, false);
  if (!manifest) return manifest.error();
  manifest_ = std::move(*manifest);
  if (manifest_.store.store_id != marker_.store_id)
    return error(errc::foreign_file,
                 error_info{.detail = "the manifest is of another store", .path = from_->path()});
  return {};
}

result<restore_report> store_restore::run(const std::string& from, const std::string& to) {
  if (auto opened = open_backup(from); !opened) return opened.error();
  auto target = open_target(around_.disk, from, to);
  if (!target) return target.error();
  if (auto empty = expect_empty(**target); !empty) return empty.error();
  auto kept = read_kept(around_, from_, manifest_.store.store_id);
  if (!kept) return kept.error();
  auto from_log = from_->open_directory(log::log_folder_name, false);
  if (!from_log) return from_log.error();
  auto to_log = (*target)->open_directory(log::log_folder_name, true);
  if (!to_log) return log::with_disk_full(to_log.error());
  if (auto copied = copy_log(**from_log, *to_log); !copied) return copied.error();
  if (auto checked = check_copy(**to_log); !checked) return checked.error();
  if (*kept) {
    report_.checkpoints = (*kept)->consumers.size();
    auto written = write_kept(around_, *target, manifest_.store.store_id, **kept);
    if (!written) return log::with_disk_full(written.error());
  }
  choose_lineage();
  if (auto created = log::create_manifest(**target, manifest_); !created) return created.error();
  return report_;
}

result<void> store_restore::copy_log(os::directory& from_log,
                                     std::shared_ptr<os::directory> to_log) {
  log_copy_options how;
  how.on_progress = [this](std::uint64_t done, std::uint64_t total) -> result<void> {
    if (auto checked = check_stop(options_.stop); !checked) return checked;
    if (options_.on_progress) options_.on_progress({done, total});
    return {};
  };
  auto copied = log_copier(from_log, std::move(to_log), manifest_.store, around_.clock, how)
                    .run(marker_.up_to);
  if (!copied) return copied.error();
  report_.segments = copied->segments;
  report_.bytes_copied = copied->bytes_copied;
  return {};
}

/// Reads what was copied: it must be what the backup says that it holds.
result<void> store_restore::check_copy(os::directory& to_log) {
  log::log_verifier_options how;
  how.evidence = marker_.up_to.value();
  how.on_progress = [this](std::uint64_t, std::uint64_t) { return check_stop(options_.stop); };
  auto found = log::verify_log(to_log, manifest_.store, how);
  if (!found) return found.error();
  report_.up_to = marker_.up_to;
  report_.log_digest = found->totals.digest;
  if (found->findings.empty() && found->totals.digest == marker_.log_digest) return {};
  error_info info;
  info.path = from_->path();
  if (!found->findings.empty()) info = found->findings.front().what.info();
  info.detail = "the backup is damaged" + (info.detail.empty() ? "" : " (" + info.detail + ")") +
                ": take another one, or let repair make a store of all that is good in this one";
  return error(errc::store_damaged, std::move(info));
}

/// A history that lacks something that anybody may have seen is another one.
void store_restore::choose_lineage() {
  const bool has_all = options_.highest_known && *options_.highest_known <= marker_.up_to;
  format::store_identity& store = manifest_.store;
  if (!has_all) {
    uuid::bytes_type bytes;
    around_.random.fill(bytes);
    store.parent_lineage_id = store.lineage_id;
    store.lineage_id = uuid(bytes);
  }
  report_.store_id = store.store_id;
  report_.lineage_id = store.lineage_id;
  report_.parent_lineage_id = store.parent_lineage_id;
}

}  // namespace

result<restore_report> restore_store(const std::string& from, const std::string& to,
                                     const restore_options& options, const surroundings& around) {
  return store_restore(options, around).run(from, to);
}

}  // namespace mainstem::engine
