// SPDX-License-Identifier: Apache-2.0
#include "base_store.h"

#include <mutex>

#include "engine/commit_request.h"
#include "log/manifest_file.h"
#include "parts.h"

namespace mainstem::fuzz {
namespace {

append_request request_for(std::uint8_t number) {
  const std::string stream = "order-" + std::to_string(number % 4);
  const event_options all{
      .id = event_id(uuid_of(number)), .tags = {"vip"}, .metadata = as_bytes(R"({"by":"web"})")};
  append_request request;
  request.write(stream_name(stream), any,
                {event_data("order-opened", json(std::string(number * 9U, 'x')), all),
                 event_data("order-paid", text("paid"),
                            {.id = event_id(uuid_of(static_cast<std::uint8_t>(number + 100)))})});
  if (number % 3 == 0)
    request.write(stream_name("customer-7"), any,
                  event_data("seen", binary({}), {.id = event_id(uuid_of(number))}));
  return request;
}

void write_all(engine::store_core& core, engine::store_core::lock& held) {
  while (core.pipeline().can_write()) core.write_step(held);
}

void flush_index(engine::store_core& core, engine::store_core::lock& held) {
  core.pipeline().rotate_generation();
  for (auto more = core.flush_step(held); more && *more;) more = core.flush_step(held);
}

}  // namespace

store_options small_options(bool mapped, bool create) {
  store_options options;
  options.segment_size_bytes = 4096;
  options.index_flush_events = 8;
  // Where the edits leave no manifest, a new store would begin.
  options.create_if_missing = create;
  options.read_mode = mapped ? read_mode::mapped : read_mode::copied;
  return options;
}

result<append_outcome> append_to(engine::store_core& core, const append_request& request) {
  auto prepared = engine::prepare(request, durability::synced, core.identity().secret,
                                  core.options().segment_size_bytes);
  if (!prepared) return prepared.error();
  std::mutex mutex;
  engine::store_core::lock held(mutex);
  return engine::append_alone(core, held, *prepared);
}

void close_store(engine::store_core& core) {
  std::mutex mutex;
  engine::store_core::lock held(mutex);
  // Null if the log ends with a mark, or takes nothing any more.
  (void)core.pipeline().queue_mark();
  write_all(core, held);
  if (core.pipeline().failure()) return;
  for (auto more = core.seal_step(held); more && *more;) more = core.seal_step(held);
  flush_index(core, held);
}

const base_store& base_store::get(ending how) {
  static const base_store closed(ending::closed);
  static const base_store killed(ending::killed);
  return how == ending::closed ? closed : killed;
}

base_store::base_store(ending how)
    : machine_(std::make_unique<test_support::simulated_machine>(7)) {
  const auto folder = machine_->disk().open_directory(store_folder, true).value();
  format::manifest made;
  made.store = the_store();
  made.minimum_reader = 1;
  made.writer_version = "0.1.0";
  require(log::create_manifest(*folder, made).has_value(), "the base store has a manifest");
  {
    auto core =
        engine::store_core::open(store_folder, small_options(false, true), machine_->around())
            .value();
    for (std::uint8_t number = 1; number <= 14; ++number) {
      require(append_to(*core, request_for(number)).has_value(), "the base store is written");
      if (number == 9) {
        require((*core->kept().value()).save_checkpoint("billing", position(9)).has_value(),
                "the base store has a checkpoint");
        close_store(*core);
      }
    }
    if (how == ending::closed) close_store(*core);
  }
  list_rows("index");
  list_rows("state");
}

void base_store::list_rows(const std::string& environment) {
  const auto opened = machine_->index().open_existing(environment).value();
  const auto reading = opened->begin_read().value();
  for (std::size_t i = 0; i < index::table_count; ++i) {
    const auto table = static_cast<index::table>(i);
    const auto cursor = reading->open_cursor(table).value();
    const std::byte lowest{};
    for (auto found = cursor->seek({&lowest, 1}).value(); found; found = cursor->next().value())
      rows_.push_back({environment,
                       table,
                       {found->key.begin(), found->key.end()},
                       {found->value.begin(), found->value.end()}});
  }
}

}  // namespace mainstem::fuzz
