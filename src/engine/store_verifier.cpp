// SPDX-License-Identifier: Apache-2.0
#include "engine/store_verifier.h"

#include <algorithm>
#include <optional>

#include "engine/backup_marker.h"
#include "engine/cancellation.h"
#include "engine/environment_look.h"
#include "engine/store_folder.h"
#include "engine/stream_ledger.h"
#include "index/canonical_digest.h"
#include "index/kept_state.h"
#include "index/stream_index.h"
#include "log/control_file.h"
#include "log/control_look.h"
#include "log/log_verifier.h"
#include "log/manifest_file.h"

namespace mainstem::engine {
namespace {

class store_verifier {
 public:
  store_verifier(const verify_options& options, const surroundings& around)
      : options_(options), around_(around) {}

  result<verify_report> run(const std::string& path);

 private:
  result<void> open(const std::string& path);
  result<void> check_manifests();
  result<void> read_index();
  result<void> read_index_of(index::environment_provider& provider);
  result<void> read_state();
  result<void> read_state_of(index::environment_provider& provider);
  result<void> look_at_control();
  result<void> read_log();
  void take_totals(log::log_verification& found);
  void compare();
  [[nodiscard]] result<void> tell(enum verify_progress::stage stage, std::uint64_t done,
                                  std::uint64_t total) const;
  void add(finding_kind kind, const error& what, const std::string& path,
           const std::string& advice);

  const verify_options& options_;
  const surroundings& around_;
  std::shared_ptr<os::directory> folder_;
  std::shared_ptr<os::directory> log_folder_;
  format::store_identity store_;
  std::optional<stream_ledger> ledger_;
  std::optional<format::control_state> control_;
  std::vector<index::kept_state::consumer_row> checkpoints_;
  std::uint64_t evidence_ = 0;
  bool has_losses_ = false;
  bool was_written_ = false;
  verify_report report_;
  std::vector<finding> derived_;  // Found before the log is read, told behind what it has.
};

result<verify_report> store_verifier::run(const std::string& path) {
  const auto began = around_.clock.monotonic();
  if (auto opened = open(path); !opened) return opened.error();
  if (options_.derived) {
    // Before the control page, which is never behind either.
    if (auto read = read_index(); !read) return read.error();
    if (auto read = read_state(); !read) return read.error();
  }
  if (auto looked = look_at_control(); !looked) return looked.error();
  if (auto read = read_log(); !read) return read.error();
  compare();
  std::ranges::move(derived_, std::back_inserter(report_.findings));
  report_.duration = around_.clock.monotonic() - began;
  return std::move(report_);
}

result<void> store_verifier::open(const std::string& path) {
  auto folder = open_store_folder(around_.disk, path, false);
  if (!folder) return folder.error();
  folder_ = std::move(*folder);
  auto manifest = log::read_manifest(*folder_, false);
  if (!manifest) return manifest.error();
  store_ = manifest->store;
  report_.store_id = store_.store_id;
  report_.lineage_id = store_.lineage_id;
  report_.parent_lineage_id = store_.parent_lineage_id;
  if (auto checked = check_manifests(); !checked) return checked;
  auto log_folder = folder_->open_directory(log::log_folder_name, false);
  if (!log_folder) return log_folder.error();
  log_folder_ = std::move(*log_folder);
  ledger_.emplace(log_folder_->path());
  return {};
}

result<void> store_verifier::check_manifests() {
  const std::string advice =
      ": open the store for writing, which writes it again from the other one";
  std::optional<std::vector<std::byte>> first;
  for (const char* name : {log::manifest_name, log::manifest_copy_name}) {
    auto found = log::read_manifest_file(*folder_, name);
    const std::string path = folder_->path() + "/" + name;
    if (!found && !os::is_damage(found.error())) return found.error();
    if (!found) {
      add(finding_kind::manifest, found.error(), path, advice);
    } else if (!*found) {
      add(finding_kind::manifest, error(errc::corrupt_manifest, "the file is missing"), path,
          advice);
    } else if (auto bytes = format::encode_manifest(**found); !first) {
      first = std::move(bytes);
    } else if (*first != bytes) {
      add(finding_kind::manifest,
          error(errc::corrupt_manifest, "the two manifests say different things"), path,
          ": one of them was put here from another store; find out which of them the segments "
          "belong to");
    }
  }
  return {};
}

void store_verifier::add(finding_kind kind, const error& what, const std::string& path,
                         const std::string& advice) {
  error_info info = what.info();
  if (info.path.empty()) info.path = path;
  if (info.detail.empty()) info.detail = what.code().message();
  info.detail += advice;
  derived_.push_back({kind, error(what.code(), std::move(info))});
}

result<void> store_verifier::tell(enum verify_progress::stage stage, std::uint64_t done,
                                  std::uint64_t total) const {
  if (auto go_on = check_stop(options_.stop); !go_on) return go_on;
  if (options_.on_progress) options_.on_progress({stage, done, total});
  return {};
}

result<void> store_verifier::read_index() {
  const auto provider = around_.make_index_provider(folder_);
  auto read = read_index_of(*provider);
  if (read || !has_to_be_made_anew(read.error())) return read;
  report_.has_index = false;
  add(finding_kind::index, read.error(), folder_->path() + "/" + std::string(index_name),
      ". Nothing is lost: remove the folder `index`, and the next opening for writing makes it "
      "from the log");
  return {};
}

result<void> store_verifier::read_index_of(index::environment_provider& provider) {
  auto opened = look_into_index(provider, store_.store_id);
  if (!opened) return opened.error();
  if (*opened == nullptr) return {};
  auto snapshot = (*opened)->snapshot();
  if (!snapshot) return snapshot.error();
  auto size = (*opened)->size_bytes();
  const std::uint64_t total = size ? *size : 0;
  ledger_->set_indexed(snapshot->flushed().last);
  report_.indexed = snapshot->flushed().last;
  index::index_digest digest;
  std::uint64_t streams = 0;
  auto read = index::summarize(
      *snapshot,
      [&](std::string_view stream, const index::stream_summary& summary) -> result<void> {
        digest.add(stream, summary);
        ledger_->note_index(stream, summary);
        constexpr std::uint64_t told_every = 1024;
        if (++streams % told_every != 1) return {};
        return tell(verify_progress::stage::index, total * streams / (snapshot->streams() + 1),
                    total);
      });
  if (!read) return read;
  report_.index_digest = digest.value();
  report_.has_index = true;
  evidence_ = std::max(evidence_, report_.indexed.value());
  return {};
}

result<void> store_verifier::read_state() {
  const auto provider = around_.make_index_provider(folder_);
  auto read = read_state_of(*provider);
  if (read || !os::is_damage(read.error())) return read;
  const error failure = as_state_error(read.error(), folder_->path());
  // The state's own errors say what to do, the system's do not.
  add(finding_kind::state, failure, folder_->path() + "/" + std::string(state_name),
      failure == errc::corrupt_state
          ? ""
          : ": find out what is wrong with the disk, and put the folder `state` back from a copy");
  return {};
}

result<void> store_verifier::read_state_of(index::environment_provider& provider) {
  auto kept = look_into_state(provider, store_.store_id);
  if (!kept) return kept.error();
  if (*kept == nullptr) return error(errc::corrupt_index, "the folder is missing");
  evidence_ = std::max(evidence_, (*kept)->highest_checkpoint().value());
  auto rows = (*kept)->checkpoints();
  if (!rows) return rows.error();
  checkpoints_ = std::move(*rows);
  report_.checkpoints = checkpoints_.size();
  auto schemas = (*kept)->schemas();
  if (!schemas) return schemas.error();
  return {};
}

result<void> store_verifier::look_at_control() {
  auto seen = log::look_at_control(*folder_, store_);
  if (!seen) {
    if (!has_to_be_made_anew(seen.error())) return seen.error();
    add(finding_kind::control_page, seen.error(), folder_->path() + "/" + log::control_name,
        ". Nothing is lost: the next opening for writing makes it anew");
    return {};
  }
  control_ = *seen;
  if (control_) evidence_ = std::max(evidence_, control_->durable.last.value());
  return {};
}

result<void> store_verifier::read_log() {
  const auto began = around_.clock.monotonic();
  log::log_verifier_options how;
  how.evidence = evidence_;
  how.durable = control_ ? control_->durable.last.value() : 0;
  how.digest_up_to = options_.digest_up_to.value();
  // So ends an earlier backup while it is brought up to date.
  const auto backup = read_backup_marker(*folder_);
  if (!backup && !os::is_damage(backup.error())) return backup.error();
  how.may_end_sealed = backup && *backup;
  const auto note = [this](finding found) { report_.findings.push_back(std::move(found)); };
  how.on_commit = [this, note](const log::verified_commit& commit,
                               bool after_loss) -> result<void> {
    ledger_->add(commit, after_loss, note);
    return {};
  };
  how.on_progress = [this](std::uint64_t done, std::uint64_t total) {
    return tell(verify_progress::stage::log, done, total);
  };
  auto found = log::verify_log(*log_folder_, store_, how);
  if (!found) return found.error();
  // Whoever writes meanwhile says so: then only what was durable at the beginning counts.
  auto now = log::look_at_control(*folder_, store_);
  if (!now && !has_to_be_made_anew(now.error())) return now.error();
  was_written_ = control_ && now && *now && !(**now == *control_);
  take_totals(*found);
  report_.log_duration = around_.clock.monotonic() - began;
  return {};
}

void store_verifier::take_totals(log::log_verification& found) {
  if (was_written_ && found.at_durable) {
    found.totals = found.at_durable->totals;
    found.findings = std::move(found.at_durable->findings);
    found.has_losses = found.at_durable->has_losses;
    found.torn_bytes = 0;
    found.evidence = control_->durable.last.value();
  }
  const log::log_totals& totals = found.totals;
  has_losses_ = found.has_losses;
  report_.segments = totals.segments;
  report_.log_bytes = totals.bytes;
  report_.commits = totals.commits;
  report_.events = totals.events;
  report_.streams = ledger_->streams();
  report_.first_position = position(totals.first_position);
  report_.last_position = position(totals.last_position);
  report_.durable = position(found.evidence);
  report_.lost_positions = totals.lost_positions;
  report_.torn_bytes = found.torn_bytes;
  report_.log_digest = totals.digest;
  report_.digest_up_to = position(totals.digest_up_to);
  // Before what the ledger has found on the way.
  std::ranges::move(report_.findings, std::back_inserter(found.findings));
  report_.findings = std::move(found.findings);
}

void store_verifier::compare() {
  const std::uint64_t last =
      std::max(report_.last_position.value(), was_written_ ? report_.durable.value() : 0);
  const bool is_ahead = report_.has_index && report_.indexed.value() > last;
  const bool comparable = report_.has_index && !is_ahead;
  report_.expected_digest = ledger_->compare(
      comparable, has_losses_, [this](finding found) { derived_.push_back(std::move(found)); });
  const std::string advice =
      ": events that had been durable are missing from the log. Put the missing segments back, or "
      "restore a backup";
  if (is_ahead) {
    error_info info{.detail = "the index goes on to position " +
                              std::to_string(report_.indexed.value()) + ", the log ends at " +
                              std::to_string(last) + advice,
                    .path = folder_->path() + "/" + std::string(index_name)};
    derived_.push_back({finding_kind::index, error(errc::store_damaged, std::move(info))});
  } else if (comparable && report_.indexed != position{} && !ledger_->index_end_found() &&
             !has_losses_) {
    add(finding_kind::index,
        error(errc::corrupt_index, "the index ends in the middle of a commit, or of another log"),
        folder_->path() + "/" + std::string(index_name),
        ". Nothing is lost: remove the folder `index`, and the next opening for writing makes it "
        "from the log");
  }
  for (const auto& row : checkpoints_) {
    if (row.at.value() <= last) continue;
    error_info info{.detail = "consumer " + row.consumer + " has come to position " +
                              std::to_string(row.at.value()) + ", the log ends at " +
                              std::to_string(last) + advice,
                    .path = folder_->path() + "/" + std::string(state_name)};
    derived_.push_back({finding_kind::state, error(errc::store_damaged, std::move(info))});
  }
}

}  // namespace

result<verify_report> verify_store(const std::string& path, const verify_options& options,
                                   const surroundings& around) {
  return store_verifier(options, around).run(path);
}

}  // namespace mainstem::engine
