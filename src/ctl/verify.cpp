// SPDX-License-Identifier: Apache-2.0
#include <mainstem/verify.h>

#include <array>
#include <cstdio>

#include "ctl/arguments.h"
#include "ctl/interruption.h"
#include "ctl/json.h"
#include "ctl/report.h"
#include "ctl/text.h"

namespace mainstem::ctl {
namespace {

double in_seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::string rate_of(std::uint64_t bytes, std::chrono::nanoseconds time) {
  const double seconds = in_seconds(time);
  std::array<char, 64> text{};
  static_cast<void>(std::snprintf(text.data(), text.size(), "%.2f s, %.2f GB/s", seconds,
                                  seconds > 0 ? static_cast<double>(bytes) / seconds / 1e9 : 0.0));
  return text.data();
}

std::string index_text(const verify_report& report) {
  if (!report.has_index) return "not compared";
  return "up to position " + grouped(report.indexed.value()) + ", digest " +
         in_hex(report.index_digest) +
         (report.index_digest == report.expected_digest
              ? ", equal to one made from the log"
              : ", one made from the log has " + in_hex(report.expected_digest));
}

std::string as_text(const verify_report& report) {
  text_list list;
  list.add("store", report.store_id.to_string());
  list.add("log", counted(report.events, "event", "events") + " in " +
                      counted(report.commits, "commit", "commits") + " of " +
                      counted(report.streams, "stream", "streams") + "; " +
                      counted(report.segments, "segment", "segments") + ", " +
                      in_bytes(report.log_bytes) + ", read in " +
                      rate_of(report.log_bytes, report.log_duration));
  list.add("positions", grouped(report.first_position.value()) + " to " +
                            grouped(report.last_position.value()) + ", durable up to " +
                            grouped(report.durable.value()));
  if (report.lost_positions != 0)
    list.add("lost", counted(report.lost_positions, "position has", "positions have") +
                         " no event any more");
  if (report.torn_bytes != 0)
    list.add("torn",
             in_bytes(report.torn_bytes) + " at the end were never acknowledged; no damage");
  list.add("log digest",
           in_hex(report.log_digest) + " up to position " + grouped(report.digest_up_to.value()));
  list.add("index", index_text(report));
  list.add("checkpoints", grouped(report.checkpoints));
  list.add("findings", report.clean() ? "none" : grouped(report.findings.size()));
  return list.text() + findings_text(report.findings);
}

std::string as_json(const verify_report& report) {
  json_writer json;
  json.begin_object();
  json.member("status", report.clean() ? "good" : "findings");
  json.member("store_id", report.store_id.to_string());
  json.member("lineage_id", report.lineage_id.to_string());
  json.member("parent_lineage_id", report.parent_lineage_id.to_string());
  json.member("segments", report.segments);
  json.member("log_bytes", report.log_bytes);
  json.member("commits", report.commits);
  json.member("events", report.events);
  json.member("streams", report.streams);
  json.member("first_position", report.first_position.value());
  json.member("last_position", report.last_position.value());
  json.member("durable", report.durable.value());
  json.member("lost_positions", report.lost_positions);
  json.member("torn_bytes", report.torn_bytes);
  json.member("log_digest", in_hex(report.log_digest));
  json.member("digest_up_to", report.digest_up_to.value());
  json.member("has_index", report.has_index);
  json.member("indexed", report.indexed.value());
  json.member("index_digest", in_hex(report.index_digest));
  json.member("expected_digest", in_hex(report.expected_digest));
  json.member("checkpoints", report.checkpoints);
  json.member("log_seconds", in_seconds(report.log_duration));
  json.member("seconds", in_seconds(report.duration));
  json.key("findings");
  write_findings(json, report.findings);
  json.end_object();
  return json.text() + "\n";
}

}  // namespace

exit_status run(const verify_arguments& what, output as) {
  progress_line line("verify");
  verify_options options;
  options.derived = !what.log_only;
  if (what.to) options.digest_up_to = position(*what.to);
  options.stop = line.token();
  options.on_progress = [&line](const verify_progress& progress) {
    line.show(progress.bytes_done, progress.bytes_total);
  };
  const auto report = verify(what.store, options);
  if (!report) return fail(report.error(), as);
  print(as == output::json ? as_json(*report) : as_text(*report));
  return report->clean() ? exit_status::good : exit_status::findings;
}

}  // namespace mainstem::ctl
