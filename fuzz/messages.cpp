// SPDX-License-Identifier: Apache-2.0
#include "messages.h"

#include <algorithm>
#include <cstring>

#include <mainstem/capnp.h>

#include "every_kind.capnp.h"

namespace mainstem::fuzz {
namespace {

void fill(schema::EveryKind::Builder to, int depth) {
  to.setName("Ada");
  to.setData(kj::StringPtr("bytes").asBytes());
  to.setFlag(false);
  to.setSmall(-3);
  to.setLarge(1'999);
  to.setRatio(2.5);
  to.setColour(schema::Colour::BLUE);
  to.getPart().setWeight(1.5F);
  to.getPart().setNote("heavy");
  to.initColours(2).set(1, schema::Colour::GREEN);
  to.initFlags(9).set(8, true);
  to.initMatrix(2).init(1, 3).set(2, 7);
  to.initBlobs(1).set(0, kj::StringPtr("blob").asBytes());
  to.getAnything().setAs<capnp::Text>("anything");
  to.initBox().setContent("boxed");
  to.initEmpties(3);
  if (depth == 0) {
    to.initTexts(2).set(0, "first");
    return;
  }
  fill(to.initChild(), depth - 1);
  fill(to.initChildren(2)[0], 0);
}

}  // namespace

aligned_payload::aligned_payload(byte_span bytes)
    : words_((bytes.size() + 7) / 8), size_(bytes.size()) {
  if (size_ != 0) std::memcpy(words_.data(), bytes.data(), size_);
}

byte_vector every_kind_message() {
  capnp::MallocMessageBuilder message;
  fill(message.initRoot<schema::EveryKind>(), 1);
  const capnp_payload payload(message);
  return {payload.bytes().begin(), payload.bytes().end()};
}

}  // namespace mainstem::fuzz
