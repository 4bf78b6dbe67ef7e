// SPDX-License-Identifier: Apache-2.0
#include "format/control_page.h"

#include "parts.h"
#include "reseal.h"

namespace mainstem::fuzz {
namespace {

using namespace format;

void run(byte_span bytes) {
  input from(bytes);
  const bool resealed = from.flag();
  // What is behind the slots is nobody's business, and would only make inputs long.
  byte_vector page(from.rest().begin(), from.rest().end());
  if (page.size() >= 256) page.resize(control_page_layout::size);
  if (resealed) reseal_control_page(page, the_store());
  if (!check_control_page(page, the_store())) return;

  const auto read = read_control_page(page, the_store());
  control_state next = read.value_or(control_state{});
  if (next.sequence == ~std::uint64_t{0}) return;
  ++next.sequence;
  next.durable.last = position(next.durable.last.value() / 2 + 1);
  update_control_page(next, the_store(), page);
  require(read_control_page(page, the_store()) == next, "what was said last is what is read");
  encode_control_page(next, the_store(), page);
  require(check_control_page(page, the_store()).has_value() &&
              read_control_page(page, the_store()) == next,
          "a new page says what it was made with");
}

std::vector<byte_vector> seeds() {
  control_state state;
  state.sequence = 6;
  state.epoch = 2;
  state.durable = {.last = position(9), .segment = 2, .offset_bytes = 512, .chain = 77};
  byte_vector page(control_page_layout::size);
  encode_control_page(state, the_store(), page);
  const auto used = byte_span(page).first(256);
  return {output().add(std::uint8_t{0}).add_bytes(used).take(),
          output().add(std::uint8_t{1}).add_bytes(used).take()};
}

}  // namespace

extern const target control_target;
const target control_target{"control", run, seeds};

}  // namespace mainstem::fuzz
