// SPDX-License-Identifier: Apache-2.0
#include <mainstem/inspect.h>

#include "ctl/arguments.h"
#include "ctl/json.h"
#include "ctl/report.h"
#include "ctl/text.h"

namespace mainstem::ctl {
namespace {

std::string as_text(const dump_result& dump) {
  text_table table({"offset", "field", "meaning", "bytes"});
  for (const dump_line& each : dump.lines)
    table.add({std::to_string(each.offset), each.name,
               (each.good ? "" : "! ") + printable(each.words), each.hex});
  return dump.path + "\n" + table.text();
}

std::string as_json(const dump_result& dump) {
  json_writer json;
  json.begin_object();
  json.member("status", dump.good() ? "good" : "findings");
  json.member("path", dump.path);
  json.key("lines").begin_array();
  for (const dump_line& each : dump.lines) {
    json.begin_object().member("offset", each.offset).member("field", each.name);
    json.member("hex", each.hex).member("words", each.words).member("good", each.good);
    json.end_object();
  }
  json.end_array().end_object();
  return json.text() + "\n";
}

}  // namespace

exit_status run(const dump_arguments& what, output as) {
  const dump_options options{.most_bytes = what.most_bytes};
  const auto dump = what.event   ? dump_event(what.store, position(*what.event), options)
                    : what.frame ? dump_frame(what.store, *what.segment, *what.frame, options)
                                 : dump_segment(what.store, *what.segment);
  if (!dump) return fail(dump.error(), as);
  print(as == output::json ? as_json(*dump) : as_text(*dump));
  return dump->good() ? exit_status::good : exit_status::findings;
}

}  // namespace mainstem::ctl
