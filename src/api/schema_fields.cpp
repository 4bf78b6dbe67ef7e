// SPDX-License-Identifier: Apache-2.0
#include "api/schema_fields.h"

#include <capnp/any.h>
#include <kj/debug.h>

#include <bit>
#include <string_view>
#include <utility>

namespace mainstem::detail {
namespace {

constexpr int deepest_group = 64;

using field_map = std::map<std::uint16_t, placed_field>;
using union_map = std::map<std::uint32_t, std::uint16_t>;

void add_fields(capnp::StructSchema schema, const std::string& prefix, const union_map& around,
                int depth, field_map& into) {
  KJ_REQUIRE(depth < deepest_group, "groups stand in each other without end");
  const auto discriminant_offset = schema.getProto().getStruct().getDiscriminantOffset();
  for (const auto field : schema.getFields()) {
    const auto proto = field.getProto();
    union_map unions = around;
    if (proto.getDiscriminantValue() != capnp::schema::Field::NO_DISCRIMINANT)
      unions[discriminant_offset] = proto.getDiscriminantValue();
    const std::string path = prefix + proto.getName().cStr();
    if (proto.isGroup()) {
      add_fields(field.getType().asStruct(), path + ".", unions, depth + 1, into);
      continue;
    }
    const auto slot = proto.getSlot();
    into.emplace(proto.getOrdinal().isExplicit() ? proto.getOrdinal().getExplicit()
                                                 : static_cast<std::uint16_t>(field.getIndex()),
                 placed_field{path, slot.getOffset(), field.getType(), slot.getDefaultValue(),
                              std::move(unions)});
  }
}

}  // namespace

field_map placed_fields(capnp::StructSchema schema) {
  field_map fields;
  add_fields(schema, "", {}, 0, fields);
  return fields;
}

std::string name_of(capnp::Schema schema) {
  const std::string_view name = schema.getProto().getDisplayName().cStr();
  return std::string(name.substr(name.rfind(':') + 1));
}

std::string name_of(capnp::Type type) {
  using which = capnp::schema::Type;
  switch (type.which()) {
    case which::VOID: return "Void";
    case which::BOOL: return "Bool";
    case which::INT8: return "Int8";
    case which::INT16: return "Int16";
    case which::INT32: return "Int32";
    case which::INT64: return "Int64";
    case which::UINT8: return "UInt8";
    case which::UINT16: return "UInt16";
    case which::UINT32: return "UInt32";
    case which::UINT64: return "UInt64";
    case which::FLOAT32: return "Float32";
    case which::FLOAT64: return "Float64";
    case which::TEXT: return "Text";
    case which::DATA: return "Data";
    case which::LIST: return "List(" + name_of(type.asList().getElementType()) + ")";
    case which::ENUM: return name_of(type.asEnum());
    case which::STRUCT: return name_of(type.asStruct());
    case which::INTERFACE: return name_of(type.asInterface());
    case which::ANY_POINTER: return "AnyPointer";
  }
  return "a type that is not known here";
}

bool same_default(capnp::schema::Value::Reader left, capnp::schema::Value::Reader right) {
  using which = capnp::schema::Value;
  if (left.which() != right.which()) return false;
  switch (left.which()) {
    case which::VOID:
    case which::INTERFACE: return true;
    case which::BOOL: return left.getBool() == right.getBool();
    case which::INT8: return left.getInt8() == right.getInt8();
    case which::INT16: return left.getInt16() == right.getInt16();
    case which::INT32: return left.getInt32() == right.getInt32();
    case which::INT64: return left.getInt64() == right.getInt64();
    case which::UINT8: return left.getUint8() == right.getUint8();
    case which::UINT16: return left.getUint16() == right.getUint16();
    case which::UINT32: return left.getUint32() == right.getUint32();
    case which::UINT64: return left.getUint64() == right.getUint64();
    // Bit by bit: what is stored is the default XOR the value.
    case which::FLOAT32:
      return std::bit_cast<std::uint32_t>(left.getFloat32()) ==
             std::bit_cast<std::uint32_t>(right.getFloat32());
    case which::FLOAT64:
      return std::bit_cast<std::uint64_t>(left.getFloat64()) ==
             std::bit_cast<std::uint64_t>(right.getFloat64());
    case which::ENUM: return left.getEnum() == right.getEnum();
    case which::TEXT: return left.getText() == right.getText();
    case which::DATA: return left.getData() == right.getData();
    case which::LIST: return left.getList() == right.getList();
    case which::STRUCT: return left.getStruct() == right.getStruct();
    case which::ANY_POINTER: return left.getAnyPointer() == right.getAnyPointer();
  }
  return true;
}

}  // namespace mainstem::detail
