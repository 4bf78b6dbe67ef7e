// SPDX-License-Identifier: Apache-2.0
#include "index/kept_state.h"

#include <algorithm>

#include "base/checksum.h"
#include "index/memory_environment.h"
#include "parts.h"

namespace mainstem::fuzz {
namespace {

using namespace index;

constexpr std::size_t most_rows = 24;

/// Changes rows behind the back of whoever wrote them, some so that their checksums hold.
void tamper(memory_provider& with, input& from) {
  for (std::size_t i = 0; i < most_rows && !from.empty(); ++i) {
    constexpr table tables[] = {table::meta, table::checkpoints, table::schemas,
                                table::checkpoints};
    const table into = tables[from.below(std::size(tables))];
    const bool resealed = from.flag();
    const auto key = from.take_short();
    const auto given = from.take_short();
    if (key.empty()) continue;
    byte_vector value(given.begin(), given.end());
    if (resealed && value.size() >= 8)
      store_at(value.data(), checksum64(byte_span(value).subspan(8), checksum64(key)));
    with.tamper("state", into, key, value);
  }
}

void expect_error(const error& why) {
  require(why == errc::corrupt_state, "what is wrong with a row is called corrupt_state");
}

void check_checkpoints(kept_state& kept) {
  const position highest = kept.highest_checkpoint();
  const auto all = kept.checkpoints();
  if (!all) {
    expect_error(all.error());
  } else {
    position seen;
    for (const auto& row : *all) {
      seen = std::max(seen, row.at);
      const auto alone = kept.checkpoint(row.consumer);
      require(alone && *alone == row.at, "a checkpoint alone is what it is among all of them");
    }
    require(seen == highest, "the highest checkpoint is the highest of all of them");
  }
  const position at(12);
  require(kept.save_checkpoint("a consumer", at).has_value(), "a checkpoint can be saved");
  const auto saved = kept.checkpoint("a consumer");
  require(saved && *saved == at, "a checkpoint is read as it was saved");
  require(kept.highest_checkpoint() >= at, "a checkpoint that was saved is evidence");
  require(kept.forget_checkpoint("a consumer").has_value(), "a checkpoint can be forgotten");
  const auto forgotten = kept.checkpoint("a consumer");
  // Where any row is damaged, nobody can say that there was none.
  if (!forgotten && !all) return expect_error(forgotten.error());
  require(forgotten && !*forgotten, "a checkpoint that was forgotten is gone");
}

void check_schemas(kept_state& kept) {
  const auto before = kept.schemas();
  if (!before) expect_error(before.error());
  const std::vector<kept_state::schema_row> added = {
      {.type = "order-opened", .version = 0x01020304, .bytes = byte_vector(16)}};
  const auto saved = kept.save_schemas(
      added, [&](const std::vector<kept_state::schema_row>& judged) -> result<void> {
        require(before && judged == *before, "the judge is told what is there");
        return {};
      });
  // A row that is written anew may have been the damaged one.
  if (!saved) return expect_error(saved.error());
  const auto after = kept.schemas();
  require(after && std::ranges::find(*after, added.front()) != after->end(),
          "a schema is read as it was saved");
}

void run(byte_span bytes) {
  input from(bytes);
  memory_provider provider;
  {
    const auto begun = kept_state::open(provider.open("state").value(), the_store().store_id);
    require(begun.has_value(), "an empty environment can be begun");
  }
  tamper(provider, from);
  auto opened = provider.open("state");
  if (!opened) return;
  const auto kept = kept_state::open(std::move(*opened), the_store().store_id);
  if (!kept) return expect_error(kept.error());
  check_checkpoints(**kept);
  check_schemas(**kept);
}

std::vector<byte_vector> seeds() {
  const auto value = [](byte_span content) {
    return output().add(std::uint64_t{0}).add_bytes(content).take();
  };
  const auto checkpoint = value(output().add(std::uint64_t{9}).take());
  const auto schema = value(output().add(std::uint64_t{1}).add(std::uint64_t{2}).take());
  output to;
  const auto row = [&to](std::uint16_t which, byte_span key, byte_span content) {
    to.add(which).add(std::uint8_t{1}).add_short(key).add_short(content);
  };
  row(1, as_bytes("billing"), checkpoint);
  row(3, as_bytes("search"), checkpoint);
  row(2, output().add(std::uint32_t{0x01000000}).add_bytes(as_bytes("order-paid")).take(), schema);
  auto rows = to.take();
  const auto owner = value(
      output().add(std::uint32_t{1}).add_bytes(byte_span(the_store().store_id.bytes())).take());
  output with_owner;
  with_owner.add_bytes(rows)
      .add(std::uint16_t{0})
      .add(std::uint8_t{1})
      .add_text("owner")
      .add_short(owner);
  return {rows, with_owner.take()};
}

}  // namespace

extern const target kept_state_target;
const target kept_state_target{"kept_state", run, seeds};

}  // namespace mainstem::fuzz
