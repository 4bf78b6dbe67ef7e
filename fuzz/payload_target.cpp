// SPDX-License-Identifier: Apache-2.0
#include <capnp/schema.h>

#include <string>

#include <mainstem/capnp.h>
#include <mainstem/schema_registry.h>

#include "every_kind.capnp.h"
#include "input.h"
#include "messages.h"

namespace mainstem::fuzz {
namespace {

/// Asks for every field, as deep as the message says.
std::size_t visit(schema::EveryKind::Reader from, int depth) {
  std::size_t seen =
      from.getName().size() + from.getData().size() + from.getPart().getNote().size();
  seen += from.getFlag() + static_cast<std::size_t>(from.getLarge() & 1U);
  seen += static_cast<std::size_t>(from.getSmall() == 0) +
          static_cast<std::size_t>(from.getRatio() < from.getPart().getWeight());
  for (const auto colour : from.getColours()) seen += static_cast<std::size_t>(colour);
  for (const bool flag : from.getFlags()) seen += static_cast<std::size_t>(flag);
  for (const auto row : from.getMatrix()) {
    for (const auto number : row) seen += static_cast<std::size_t>(number == 0);
  }
  for (const auto blob : from.getBlobs()) seen += blob.size();
  seen += from.getAnything().targetSize().wordCount;
  seen += from.getBox().getContent().size() + from.getEmpties().size();
  if (from.isTexts()) {
    for (const auto text : from.getTexts()) seen += text.size();
  }
  if (from.isNumber()) seen += from.getNumber();
  if (depth == 0) return seen;
  for (const auto child : from.getChildren()) seen += visit(child, depth - 1);
  return from.isChild() ? seen + visit(from.getChild(), depth - 1) : seen;
}

void expect_malformed(const error& why) {
  require(why == errc::malformed_payload, "what is wrong with a payload is called malformed");
}

void run(byte_span bytes) {
  const aligned_payload payload(bytes);
  const capnp::StructSchema schema = capnp::Schema::from<schema::EveryKind>();
  const auto valid = validate_payload(schema, payload.view());
  if (!valid) expect_malformed(valid.error());
  const auto text = payload_to_text(schema, payload.view());
  if (!text) expect_malformed(text.error());
  const auto read = read_payload<schema::EveryKind>(
      payload.view(), [](schema::EveryKind::Reader root) { return visit(root, 2); });
  if (!read) expect_malformed(read.error());
  require(!valid || text, "a valid payload has a text");
  typed_payload<schema::EveryKind> open(payload.view());
  const auto root = open.root();
  if (!root) return expect_malformed(root.error());
  const auto again = open.read([&] { return visit(*root, 1); });
  if (!again) expect_malformed(again.error());
}

std::vector<byte_vector> seeds() {
  const auto whole = every_kind_message();
  return {whole, byte_vector(whole.begin(),
                             whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 16 * 8))};
}

}  // namespace

extern const target payload_target;
const target payload_target{"payload", run, seeds};

}  // namespace mainstem::fuzz
