// SPDX-License-Identifier: Apache-2.0
#include "ctl/report.h"

#include <cstdio>

#include "ctl/text.h"

namespace mainstem::ctl {

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

exit_status fail(const error& why, output as, const product& of) {
  const std::string advice = advice_on(why, of);
  if (as == output::json) {
    json_writer json;
    json.begin_object().member("status", "could_not_run").key("error");
    write_error(json, why);
    json.member("next", advice).end_object();
    print(json.text() + "\n");
  }
  static_cast<void>(std::fprintf(stderr, "mainstemctl: %s\n  next: %s\n",
                                 printable(why.description()).c_str(), advice.c_str()));
  return exit_status::could_not_run;
}

std::string place_of(const error& what) {
  const error_info& info = what.info();
  std::string place = printable(info.path);
  if (info.offset) place += " at " + std::to_string(*info.offset);
  if (info.first_position) {
    const std::uint64_t last = info.last_position.value_or(*info.first_position);
    place += place.empty() ? "" : ", ";
    place += *info.first_position == last ? "position " + std::to_string(last)
                                          : "positions " + std::to_string(*info.first_position) +
                                                " to " + std::to_string(last);
  }
  return place;
}

void write_error(json_writer& json, const error& what) {
  const error_info& info = what.info();
  json.begin_object();
  json.member("message", what.message());
  json.member("category", what.code().category().name());
  json.member("code", static_cast<unsigned>(what.code().value()));
  if (!info.path.empty()) json.member("path", info.path);
  if (info.offset) json.member("offset", *info.offset);
  if (info.first_position) json.member("first_position", *info.first_position);
  if (info.last_position) json.member("last_position", *info.last_position);
  if (!info.detail.empty()) json.member("detail", info.detail);
  json.end_object();
}

void write_findings(json_writer& json, const std::vector<finding>& findings) {
  json.begin_array();
  for (const finding& each : findings) {
    json.begin_object().member("kind", to_string(each.kind)).key("what");
    write_error(json, each.what);
    json.end_object();
  }
  json.end_array();
}

std::string findings_text(const std::vector<finding>& findings) {
  std::string text;
  for (const finding& each : findings) {
    text.append(to_string(each.kind)).append(": ").append(place_of(each.what)).append("\n  ");
    const std::string& detail = each.what.info().detail;
    text.append(printable(detail.empty() ? each.what.code().message() : detail)).append("\n");
  }
  return text;
}

}  // namespace mainstem::ctl
