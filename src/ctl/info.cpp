// SPDX-License-Identifier: Apache-2.0
#include <mainstem/inspect.h>

#include <algorithm>

#include "ctl/arguments.h"
#include "ctl/json.h"
#include "ctl/report.h"
#include "ctl/text.h"

namespace mainstem::ctl {
namespace {

std::string state_of(const segment_description& segment) {
  if (segment.failure) return "DAMAGED: " + printable(segment.failure->message());
  if (segment.blank) return "made ahead of use";
  std::string state = segment.last_position ? "sealed" : "open";
  return segment.loss_accepted ? state + ", begins behind an accepted loss" : state;
}

std::string index_text(const store_description& store) {
  if (store.indexed)
    return "up to position " + grouped(store.indexed->value()) + ", " + in_bytes(store.index_bytes);
  return store.index_failure ? "cannot be read: " + printable(store.index_failure->message())
                             : "none; the next opening for writing makes it from the log";
}

std::string as_text(const store_description& store, const std::string& path) {
  text_list list;
  list.add("store", store.store_id.to_string() + " in " + printable(path));
  list.add("lineage", store.lineage_id.to_string() +
                          (store.parent_lineage_id == uuid{}
                               ? ""
                               : ", branched off from " + store.parent_lineage_id.to_string()));
  list.add("made", in_time(store.created) + " by Mainstem " + printable(store.writer_version));
  list.add("log", counted(store.segments.size(), "segment", "segments") + ", " +
                      in_bytes(store.log_bytes));
  list.add("durable", store.durable ? "position " + grouped(store.durable->value())
                                    : "not known without a control page");
  list.add("index", index_text(store));
  list.add("writer", (store.is_locked ? "has it open: " : "none; the last one was: ") +
                         printable(store.lock_holder));
  text_table table({"segment", "bytes", "positions from", "to", "events", "epoch", "state"});
  for (const segment_description& each : store.segments) {
    const bool has_header = !each.failure && !each.blank;
    table.add({std::to_string(each.number), grouped(each.size_bytes),
               has_header ? grouped(each.first_position.value()) : "",
               each.last_position ? grouped(each.last_position->value()) : "",
               each.last_position ? grouped(each.events) : "",
               has_header ? std::to_string(each.epoch) : "", state_of(each)});
  }
  return list.text() + (table.empty() ? "" : "\n" + table.text());
}

void write_segment(json_writer& json, const segment_description& segment) {
  json.begin_object();
  json.member("number", segment.number).member("size_bytes", segment.size_bytes);
  json.member("blank", segment.blank);
  if (segment.failure) {
    json.key("failure");
    write_error(json, *segment.failure);
  } else if (!segment.blank) {
    json.member("first_position", segment.first_position.value());
    json.member("epoch", segment.epoch);
    json.member("created", in_time(segment.created));
    json.member("loss_accepted", segment.loss_accepted);
    json.member("sealed", segment.last_position.has_value());
  }
  if (segment.last_position) {
    json.member("last_position", segment.last_position->value());
    json.member("events", segment.events);
  }
  json.end_object();
}

std::string as_json(const store_description& store, bool is_good) {
  json_writer json;
  json.begin_object();
  json.member("status", is_good ? "good" : "findings");
  json.member("store_id", store.store_id.to_string());
  json.member("lineage_id", store.lineage_id.to_string());
  json.member("parent_lineage_id", store.parent_lineage_id.to_string());
  json.member("created", in_time(store.created));
  json.member("writer_version", store.writer_version);
  json.member("log_bytes", store.log_bytes);
  if (store.durable) json.member("durable", store.durable->value());
  if (store.indexed) json.member("indexed", store.indexed->value());
  json.member("index_bytes", store.index_bytes);
  if (store.index_failure) {
    json.key("index_failure");
    write_error(json, *store.index_failure);
  }
  json.member("is_locked", store.is_locked);
  json.member("lock_holder", store.lock_holder);
  json.key("segments").begin_array();
  for (const segment_description& each : store.segments) write_segment(json, each);
  json.end_array().end_object();
  return json.text() + "\n";
}

}  // namespace

exit_status run(const info_arguments& what, output as) {
  const auto store = describe_store(what.store);
  if (!store) return fail(store.error(), as);
  const bool is_good =
      !store->index_failure && std::ranges::none_of(store->segments, [](const auto& each) {
        return each.failure.has_value();
      });
  print(as == output::json ? as_json(*store, is_good) : as_text(*store, what.store));
  return is_good ? exit_status::good : exit_status::findings;
}

}  // namespace mainstem::ctl
