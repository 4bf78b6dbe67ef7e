// SPDX-License-Identifier: Apache-2.0
#include "api/schema_encoding.h"

#include <capnp/message.h>
#include <capnp/schema-loader.h>
#include <kj/debug.h>
#include <kj/exception.h>
#include <mainstem/schema_registry.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <string_view>

#include "format/recorded_schema.capnp.h"

namespace mainstem::detail {
namespace {

using node_map = std::map<std::uint64_t, capnp::schema::Node::Reader>;

void collect(capnp::StructSchema schema, node_map& into);

void collect(capnp::Type type, node_map& into) {
  while (type.isList()) type = type.asList().getElementType();
  if (type.isStruct()) collect(type.asStruct(), into);
  if (type.isEnum()) {
    const auto node = type.asEnum().getProto();
    into.emplace(node.getId(), node);
  }
  // A stored message has no capabilities, so that what an interface can do does not matter.
}

void collect_arguments(capnp::StructSchema schema, node_map& into) {
  for (const auto scope : {schema.getProto().getId(), schema.getProto().getScopeId()}) {
    for (const auto argument : schema.getBrandArgumentsAtScope(scope)) collect(argument, into);
  }
}

void collect(capnp::StructSchema schema, node_map& into) {
  const auto node = schema.getProto();
  const bool is_new = into.emplace(node.getId(), node).second;
  // What a parameter is bound to may be met nowhere else.
  if (schema.isBranded()) collect_arguments(schema, into);
  if (!is_new) return;
  for (const auto field : schema.getFields()) collect(field.getType(), into);
}

/// A copy of what matters of a node. Where the file lay, and what is said about it, does not.
void copy_node(capnp::schema::Node::Reader from, capnp::schema::Node::Builder to) {
  to.setId(from.getId());
  to.setScopeId(from.getScopeId());
  to.setIsGeneric(from.getIsGeneric());
  to.setParameters(from.getParameters());
  std::string_view name(from.getDisplayName().begin(), from.getDisplayName().size());
  std::size_t prefix = from.getDisplayNamePrefixLength();
  if (const auto colon = name.rfind(':'); colon != std::string_view::npos) {
    name.remove_prefix(colon + 1);
    prefix -= std::min(prefix, colon + 1);
  }
  to.setDisplayName(std::string(name).c_str());
  to.setDisplayNamePrefixLength(static_cast<capnp::uint>(std::min(prefix, name.size())));
  if (from.isEnum()) {
    auto copy = to.initEnum();
    copy.setEnumerants(from.getEnum().getEnumerants());
    for (auto enumerant : copy.getEnumerants()) enumerant.disownAnnotations();
  }
  if (!from.isStruct()) return;
  const auto given = from.getStruct();
  auto copy = to.initStruct();
  copy.setDataWordCount(given.getDataWordCount());
  copy.setPointerCount(given.getPointerCount());
  copy.setPreferredListEncoding(given.getPreferredListEncoding());
  copy.setIsGroup(given.getIsGroup());
  copy.setDiscriminantCount(given.getDiscriminantCount());
  copy.setDiscriminantOffset(given.getDiscriminantOffset());
  copy.setFields(given.getFields());
  for (auto field : copy.getFields()) field.disownAnnotations();
}

error invalid(std::string detail) { return {errc::invalid_schema, std::move(detail)}; }

std::vector<std::byte> encode(capnp::StructSchema schema, const node_map& nodes) {
  capnp::MallocMessageBuilder builder;
  auto root = builder.initRoot<format::schema::RecordedSchema>();
  root.setStructId(schema.getProto().getId());
  auto list = root.initNodes(static_cast<capnp::uint>(nodes.size()));
  capnp::uint index = 0;
  for (const auto& [id, node] : nodes) copy_node(node, list[index++]);
  const auto words = capnp::canonicalize(root.asReader());
  std::vector<std::byte> bytes(words.asBytes().size());
  std::memcpy(bytes.data(), words.begin(), bytes.size());
  return bytes;
}

decoded_schema load(kj::ArrayPtr<const capnp::word> words) {
  payload_message message(std::as_bytes(std::span(words.begin(), words.size())));
  const auto root = message.getRoot<format::schema::RecordedSchema>();

  auto loader = std::make_shared<capnp::SchemaLoader>();
  bool has_struct = false;
  for (const auto node : root.getNodes()) {
    loader->load(node);
    has_struct = has_struct || (node.getId() == root.getStructId() && node.isStruct());
  }
  KJ_REQUIRE(has_struct, "the event's own struct is not in it");
  return {loader->get(root.getStructId()).asStruct(), loader};
}

}  // namespace

result<std::vector<std::byte>> encode_schema(capnp::StructSchema schema) {
  try {
    const std::string name = schema.getProto().getDisplayName().cStr();
    if (schema.isBranded())
      return invalid(name +
                     " is generic and has its parameters bound: put it into a field of a "
                     "struct that is not");
    if (schema.getProto().getStruct().getIsGroup()) return invalid(name + " is a group");
    node_map nodes;
    collect(schema, nodes);
    return encode(schema, nodes);
  } catch (const kj::Exception& failure) {
    return invalid(failure.getDescription().cStr());
  }
}

result<decoded_schema> decode_schema(std::span<const std::byte> bytes) {
  if (bytes.empty() || bytes.size() % sizeof(capnp::word) != 0)
    return invalid("a recorded schema of " + std::to_string(bytes.size()) + " bytes");
  auto words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word));
  std::memcpy(words.begin(), bytes.data(), bytes.size());
  // SchemaLoader trusts the nodes more than their source deserves: in a name without its NUL it
  // recurses until the stack is used up.
  const payload_view message{{reinterpret_cast<const std::byte*>(words.begin()), bytes.size()},
                             codec::capnp};
  const auto checked =
      validate_payload(capnp::Schema::from<format::schema::RecordedSchema>(), message);
  if (!checked)
    return invalid("a recorded schema cannot be read: " + checked.error().info().detail);
  try {
    return load(words);
  } catch (const kj::Exception& failure) {
    return invalid(std::string("a recorded schema cannot be read: ") +
                   failure.getDescription().cStr());
  }
}

}  // namespace mainstem::detail
