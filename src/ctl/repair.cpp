// SPDX-License-Identifier: Apache-2.0
#include <mainstem/repair.h>

#include "ctl/arguments.h"
#include "ctl/interruption.h"
#include "ctl/json.h"
#include "ctl/report.h"
#include "ctl/text.h"

namespace mainstem::ctl {
namespace {

std::string range_text(std::uint64_t first, std::uint64_t last) {
  return first == last ? grouped(first) : grouped(first) + " to " + grouped(last);
}

std::string as_text(const repair_report& report, const std::string& target) {
  const bool is_new = !report.lost.empty();
  text_list list;
  list.add("repaired", printable(target));
  list.add("store", report.store_id.to_string());
  list.add("lineage", report.lineage_id.to_string() +
                          (is_new ? ", branched off from " + report.parent_lineage_id.to_string()
                                  : ", as it was: nothing is lost"));
  list.add("kept", counted(report.events_kept, "event", "events") + " in " +
                       counted(report.commits_kept, "whole commit", "whole commits") +
                       " and parts of " + grouped(report.commits_split) + ", up to position " +
                       grouped(report.last_position.value()));
  list.add("state", report.has_state ? "checkpoints and saved schemas are there"
                                     : "no checkpoints and no saved schemas: tell every consumer "
                                       "where to go on");
  list.add("log digest", in_hex(report.log_digest));
  std::string text = list.text();
  for (const lost_range& each : report.lost)
    text += "lost: position " + range_text(each.first.value(), each.last.value()) + "\n";
  for (const lost_versions& each : report.streams)
    text += "lost: version " + range_text(each.first.value(), each.last.value()) + " of stream " +
            printable(each.stream) + "\n";
  return text + findings_text(report.findings);
}

std::string as_json(const repair_report& report) {
  json_writer json;
  json.begin_object();
  json.member("status", report.lost.empty() && report.findings.empty() ? "good" : "findings");
  json.member("store_id", report.store_id.to_string());
  json.member("lineage_id", report.lineage_id.to_string());
  json.member("parent_lineage_id", report.parent_lineage_id.to_string());
  json.member("events_kept", report.events_kept);
  json.member("commits_kept", report.commits_kept);
  json.member("commits_split", report.commits_split);
  json.member("last_position", report.last_position.value());
  json.member("log_digest", in_hex(report.log_digest));
  json.member("has_state", report.has_state);
  json.key("lost").begin_array();
  for (const lost_range& each : report.lost) {
    json.begin_object().member("first_position", each.first.value());
    json.member("last_position", each.last.value()).end_object();
  }
  json.end_array().key("streams").begin_array();
  for (const lost_versions& each : report.streams) {
    json.begin_object().member("stream", each.stream);
    json.member("first_version", each.first.value());
    json.member("last_version", each.last.value()).end_object();
  }
  json.end_array().key("findings");
  write_findings(json, report.findings);
  json.end_object();
  return json.text() + "\n";
}

}  // namespace

exit_status run(const repair_arguments& what, output as) {
  progress_line line("repair");
  repair_options options;
  options.stop = line.token();
  options.on_progress = [&line](std::uint64_t done, std::uint64_t total) {
    line.show(done, total);
  };
  const auto report = repair(what.store, what.target, options);
  if (!report) return fail(report.error(), as, {product::kind::store, what.target});
  print(as == output::json ? as_json(*report) : as_text(*report, what.target));
  return report->lost.empty() && report->findings.empty() ? exit_status::good
                                                          : exit_status::findings;
}

}  // namespace mainstem::ctl
