// SPDX-License-Identifier: Apache-2.0
#include <mainstem/backup.h>

#include "ctl/arguments.h"
#include "ctl/interruption.h"
#include "ctl/json.h"
#include "ctl/report.h"
#include "ctl/text.h"

namespace mainstem::ctl {
namespace {

std::string as_text(const backup_report& report, const std::string& target) {
  text_list list;
  list.add("backup", printable(target));
  list.add("store", report.store_id.to_string() + ", lineage " + report.lineage_id.to_string());
  list.add("holds", "everything up to position " + grouped(report.up_to.value()) + "; " +
                        counted(report.checkpoints, "checkpoint", "checkpoints"));
  list.add("segments", grouped(report.segments) + ", of which " + grouped(report.segments_kept) +
                           " were there already and " + grouped(report.segments_linked) +
                           " are hard links");
  list.add("copied", in_bytes(report.bytes_copied));
  list.add("log digest", in_hex(report.log_digest));
  return list.text();
}

std::string as_json(const backup_report& report) {
  json_writer json;
  json.begin_object();
  json.member("status", "good");
  json.member("store_id", report.store_id.to_string());
  json.member("lineage_id", report.lineage_id.to_string());
  json.member("up_to", report.up_to.value());
  json.member("log_digest", in_hex(report.log_digest));
  json.member("segments", report.segments);
  json.member("segments_kept", report.segments_kept);
  json.member("segments_linked", report.segments_linked);
  json.member("bytes_copied", report.bytes_copied);
  json.member("checkpoints", report.checkpoints);
  json.end_object();
  return json.text() + "\n";
}

std::string as_text(const restore_report& report, const std::string& target) {
  const bool is_new = report.parent_lineage_id != uuid{};
  text_list list;
  list.add("restored", printable(target));
  list.add("store", report.store_id.to_string());
  list.add("lineage", report.lineage_id.to_string() +
                          (is_new ? ", branched off from " + report.parent_lineage_id.to_string()
                                  : ", as it was"));
  list.add("holds", "everything up to position " + grouped(report.up_to.value()) + "; " +
                        counted(report.checkpoints, "checkpoint", "checkpoints"));
  list.add("copied",
           counted(report.segments, "segment", "segments") + ", " + in_bytes(report.bytes_copied));
  list.add("log digest", in_hex(report.log_digest) + ", as the backup says");
  list.add("next", "open it: the first opening for writing makes the index");
  return list.text();
}

std::string as_json(const restore_report& report) {
  json_writer json;
  json.begin_object();
  json.member("status", "good");
  json.member("store_id", report.store_id.to_string());
  json.member("lineage_id", report.lineage_id.to_string());
  json.member("parent_lineage_id", report.parent_lineage_id.to_string());
  json.member("up_to", report.up_to.value());
  json.member("log_digest", in_hex(report.log_digest));
  json.member("segments", report.segments);
  json.member("bytes_copied", report.bytes_copied);
  json.member("checkpoints", report.checkpoints);
  json.end_object();
  return json.text() + "\n";
}

}  // namespace

exit_status run(const backup_arguments& what, output as) {
  progress_line line("backup");
  backup_options options;
  options.hard_links = what.hard_links;
  options.stop = line.token();
  options.on_progress = [&line](const copy_progress& progress) {
    line.show(progress.bytes_done, progress.bytes_total);
  };
  const auto report = backup(what.store, what.target, options);
  if (!report) return fail(report.error(), as, {product::kind::backup, what.target});
  print(as == output::json ? as_json(*report) : as_text(*report, what.target));
  return exit_status::good;
}

exit_status run(const restore_arguments& what, output as) {
  progress_line line("restore");
  restore_options options;
  if (what.highest_known) options.highest_known = position(*what.highest_known);
  options.stop = line.token();
  options.on_progress = [&line](const copy_progress& progress) {
    line.show(progress.bytes_done, progress.bytes_total);
  };
  const auto report = restore(what.backup, what.target, options);
  if (!report) return fail(report.error(), as, {product::kind::store, what.target});
  print(as == output::json ? as_json(*report) : as_text(*report, what.target));
  return exit_status::good;
}

}  // namespace mainstem::ctl
