// SPDX-License-Identifier: Apache-2.0
#include "format/manifest.h"

#include <string>

#include "parts.h"
#include "reseal.h"

namespace mainstem::fuzz {
namespace {

using namespace format;

bool is_same(const manifest& left, const manifest& right) {
  return left.store.store_id == right.store.store_id &&
         left.store.lineage_id == right.store.lineage_id &&
         left.store.parent_lineage_id == right.store.parent_lineage_id &&
         left.store.secret == right.store.secret && left.created == right.created &&
         left.compatible_features == right.compatible_features &&
         left.incompatible_features == right.incompatible_features &&
         left.minimum_reader == right.minimum_reader;
}

void run(byte_span bytes) {
  input from(bytes);
  const bool resealed = from.flag();
  byte_vector file(from.rest().begin(), from.rest().end());
  if (resealed) reseal_manifest(file);
  const auto read = decode_manifest(file);
  if (!read) {
    require(!read.error().message().empty(), "an error says something");
    return;
  }
  require(read->writer_version.size() <= 255, "the version in words is short");
  // What the library writes has no NUL in it.
  if (read->writer_version.find('\0') != std::string::npos) return;
  const auto again = encode_manifest(*read);
  const auto reread = decode_manifest(again);
  require(reread && is_same(*reread, *read) && reread->writer_version == read->writer_version,
          "a manifest is read as it was written");
}

std::vector<byte_vector> seeds() {
  manifest fields;
  fields.store = the_store();
  fields.created = 1'767'225'600'000'000'000U;
  fields.minimum_reader = 1;
  fields.writer_version = "0.1.0";
  const auto file = encode_manifest(fields);
  return {output().add(std::uint8_t{0}).add_bytes(file).take(),
          output().add(std::uint8_t{1}).add_bytes(file).take()};
}

}  // namespace

extern const target manifest_target;
const target manifest_target{"manifest", run, seeds};

}  // namespace mainstem::fuzz
