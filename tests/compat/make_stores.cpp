// SPDX-License-Identifier: Apache-2.0
// make_compat_stores FOLDER: writes the stores of the format version that this code has, and what
// is in them, into FOLDER. For a new format version, or while none has been released: see
// docs/COMPATIBILITY.md. Everything it draws on is simulated, so that the same code writes the same
// bytes.
#include <capnp/message.h>

#include <cstdio>
#include <fstream>
#include <mutex>

#include <mainstem/capnp.h>
#include <mainstem/schema_registry.h>

#include "compat.capnp.h"
#include "engine/commit_request.h"
#include "engine/log_cursor.h"
#include "engine/store_core.h"
#include "fixture.h"
#include "listing.h"
#include "support/simulated_machine.h"

namespace mainstem::compat {
namespace {

constexpr const char* folder = "store";
constexpr std::uint64_t segment_bytes = 64U << 10U;

event_id id_of(std::uint8_t number) {
  uuid::bytes_type bytes{};
  bytes[0] = std::byte{0xc0};
  bytes[15] = std::byte{number};
  return event_id(bytes);
}

/// A store that is driven by hand.
class story {
 public:
  story() { open(false); }

  void open(bool accept_loss) {
    store_options options;
    options.segment_size_bytes = segment_bytes;
    options.accept_loss = accept_loss;
    core_ = engine::store_core::open(folder, options, machine_->around()).value();
    held_ = engine::store_core::lock(mutex_);
  }

  void append(const append_request& request, durability wanted = durability::synced) {
    machine_->clock().advance(std::chrono::nanoseconds(1'000'000'007));
    auto prepared =
        engine::prepare(request, wanted, core_->identity().secret, segment_bytes).value();
    const auto outcome = engine::append_alone(*core_, held_, prepared).value();
    if (!outcome.committed()) throw std::runtime_error(outcome.message());
    while (core_->seal_step(held_).value()) {
    }
  }
  void append(const std::string& stream, const event_data& event,
              durability wanted = durability::synced) {
    append(append_request().write(stream_name(stream), any, event), wanted);
  }

  void mark() {
    (void)core_->pipeline().queue_mark();
    while (core_->pipeline().can_write()) core_->write_step(held_);
  }
  void close() {
    mark();
    while (core_->seal_step(held_).value()) {
    }
    list();
    kill();
  }
  void kill() {
    held_ = {};
    core_.reset();
  }

  /// What is expected of the store from now on is what it holds now. `durable` is what a reader
  /// beside the writer may see.
  void list() {
    listing_ = "durable " + std::to_string(core_->log().durable().value()) + "\n";
    read_all_options options;
    options.visibility = visibility::written;
    engine::log_cursor cursor(core_->log(), options);
    for (;;) {
      const auto batch = cursor.next();
      if (!batch) continue;  // A gap.
      if (batch->empty()) return;
      for (const auto& event : batch->events()) listing_ += line_of(event) + "\n";
    }
  }

  [[nodiscard]] engine::store_core& core() { return *core_; }
  [[nodiscard]] os::simulated_disk& disk() { return machine_->disk(); }

  /// As it is now, into FOLDER/NAME.store.txt and NAME.events.txt.
  void save(const std::string& into, const std::string& name, const char* about) {
    fixture made;
    const std::string root = std::string(folder) + "/";
    for (const auto& [path, bytes] : disk().files()) {
      // That says who held it last.
      if (path != root + "lock") made.files[path.substr(root.size())] = bytes;
    }
    list_state(made);
    write(into + "/" + name + ".store.txt", about, made.to_text());
    write(into + "/" + name + ".events.txt", about, listing_);
  }

 private:
  static void write(const std::string& path, const char* about, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << "# " << about << '\n' << text;
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
  }

  void list_state(fixture& into) {
    const auto environment = machine_->index().open_existing("state").value();
    const auto reading = environment->begin_read().value();
    for (std::size_t i = 0; i < index::table_count; ++i) {
      const auto table = static_cast<index::table>(i);
      const auto rows = reading->open_cursor(table).value();
      const std::byte lowest{};
      for (auto row = rows->seek({&lowest, 1}).value(); row; row = rows->next().value())
        into.state.push_back(
            {table, {row->key.begin(), row->key.end()}, {row->value.begin(), row->value.end()}});
    }
  }

  std::unique_ptr<test_support::simulated_machine> machine_ =
      std::make_unique<test_support::simulated_machine>(20261128);
  std::mutex mutex_;
  std::unique_ptr<engine::store_core> core_;
  engine::store_core::lock held_;
  std::string listing_;
};

event_data plain(std::uint8_t number) {
  return {"counted", text("number " + std::to_string(number)), {.id = id_of(number)}};
}

event_data typed(std::uint8_t number) {
  capnp::MallocMessageBuilder message;
  auto order = message.initRoot<schema::Order>();
  order.setCustomer("Ada");
  order.setCents(1000U + number);
  order.initItems(1).set(0, "tea");
  event_metadata metadata{.schema_version = 1};
  metadata.content_type = "application/x-order";
  metadata.headers = {{"from", "web"}};
  return make_capnp_event("order-opened", message, {.id = id_of(number), .metadata = metadata})
      .value();
}

/// Commits of one and of several streams with all that an event can carry.
void append_all_kinds(story& to) {
  const std::string metadata = R"({"by":"web"})";
  const event_options full{
      .id = id_of(1), .tags = {"vip", "größer"}, .metadata = text(metadata).bytes};
  to.append("order-1", event_data("order-opened", json(R"({"cents":1999})"), full));
  to.append(
      append_request()
          .write(stream_name("order-2"), any, {typed(2), plain(3)})
          .write(stream_name("customer-7"), any, event_data("seen", binary({}), {.id = id_of(3)}))
          .write(stream_name("with-a-longer-name-größer"), any, plain(4)));
  to.append("order-1", plain(5));
  to.append("order-2",
            event_data("strange", payload_view{text("new").bytes, codec{200}}, {.id = id_of(6)}));
  to.append("order-1", typed(7));
}

void save_state(story& of) {
  schema_registry registry;
  registry.add<schema::Order>("order-opened").value();
  std::vector<index::kept_state::schema_row> rows;
  for (const auto& recorded : registry.recorded())
    rows.push_back({recorded.type, recorded.schema_version, recorded.bytes});
  auto& kept = *of.core().kept().value();
  kept.save_schemas(rows, [](const auto&) { return result<void>(); }).value();
  kept.save_checkpoint("billing", position(3)).value();
  kept.save_checkpoint("search/größer", position(6)).value();
}

void make_closed(const std::string& into) {
  story told;
  append_all_kinds(told);
  save_state(told);
  told.close();
  told.save(into, "closed",
            "Closed as it should be. All that an event can carry; checkpoints, a schema.");
}

void make_killed(const std::string& into) {
  story told;
  append_all_kinds(told);
  told.append("order-1", plain(8), durability::buffered);
  told.append(append_request()
                  .write(stream_name("order-1"), any, {plain(9), plain(10)})
                  .write(stream_name("order-3"), any, plain(11)),
              durability::buffered);
  told.list();
  told.kill();
  told.save(into, "killed",
            "Its process was killed. The last commits were buffered, and nothing proves them.");
}

void make_torn(const std::string& into) {
  story told;
  append_all_kinds(told);
  told.mark();
  told.append("order-3", plain(12), durability::buffered);
  told.list();
  told.append("order-3", plain(13), durability::buffered);
  const std::string path = std::string(folder) + "/log/0000000001.log";
  auto torn = told.disk().files().at(path);
  // The first half of the last frame reached the disk.
  std::size_t end = torn.size();
  while (torn[end - 1] == std::byte{}) --end;
  std::fill(torn.begin() + static_cast<std::ptrdiff_t>(end - 60), torn.end(), std::byte{});
  told.kill();
  told.disk().put(path, torn);
  told.save(into, "torn", "It lost power while it wrote a buffered commit: half of that is there.");
}

void make_segments(const std::string& into) {
  story told;
  // Zeros take no room in a fixture.
  const byte_vector zeros(20'000);
  for (std::uint8_t number = 1; number <= 10; ++number)
    told.append("large-" + std::to_string(number % 3),
                event_data("grew", binary(zeros), {.id = id_of(number)}));
  told.close();
  told.open(false);
  told.append("large-1", plain(20));
  told.close();
  told.save(into, "segments", "Several segments, all but the last one sealed, and two openings.");
}

void make_gap(const std::string& into) {
  story told;
  for (std::uint8_t number = 1; number <= 6; ++number) told.append("order-1", plain(number));
  told.close();
  const std::string path = std::string(folder) + "/log/0000000001.log";
  const auto bytes = told.disk().files().at(path);
  const std::string lost = "number 3";
  const auto found = std::ranges::search(bytes, std::as_bytes(std::span(lost)));
  told.disk().flip_bit(path, 8 * static_cast<std::uint64_t>(found.begin() - bytes.begin()));
  told.open(true);
  told.append("order-1", plain(7));
  told.append("order-2", plain(8));
  told.close();
  told.save(into, "gap", "One event was damaged, and its loss accepted: its position stays a gap.");
}

}  // namespace
}  // namespace mainstem::compat

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: make_compat_stores FOLDER\n", stderr);
    return 2;
  }
  try {
    mainstem::compat::make_closed(arguments[1]);
    mainstem::compat::make_killed(arguments[1]);
    mainstem::compat::make_torn(arguments[1]);
    mainstem::compat::make_segments(arguments[1]);
    mainstem::compat::make_gap(arguments[1]);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "make_compat_stores: %s\n", failure.what());
    return 1;
  }
}
