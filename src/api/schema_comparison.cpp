// SPDX-License-Identifier: Apache-2.0
#include "api/schema_comparison.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "api/schema_fields.h"

namespace mainstem::detail {
namespace {

using which = capnp::schema::Type;
using field_map = std::map<std::uint16_t, placed_field>;

/// What a type may become: the bytes of the one are bytes of the other.
bool widens(capnp::Type recorded, capnp::Type today) {
  if (today.isAnyPointer())
    return recorded.isText() || recorded.isData() || recorded.isList() || recorded.isStruct();
  if (!today.isData()) return false;
  if (recorded.isText()) return true;
  if (!recorded.isList()) return false;
  const auto element = recorded.asList().getElementType().which();
  return element == which::INT8 || element == which::UINT8;
}

std::string numbered(std::uint16_t number) { return "@" + std::to_string(number); }

std::string union_text(const std::map<std::uint32_t, std::uint16_t>& unions) {
  if (unions.empty()) return "in no union";
  std::string text;
  for (const auto& [offset, member] : unions) {
    text += (text.empty() ? "member " : ", member ") + std::to_string(member) +
            " of the union at " + std::to_string(offset);
  }
  return text;
}

class comparison {
 public:
  explicit comparison(const difference_sink& sink) : sink_(sink) {}

  void compare(capnp::StructSchema recorded, capnp::StructSchema today, const std::string& path) {
    if (!first_visit(recorded, today)) return;
    compare_ids(recorded, today, path);
    const field_map before = placed_fields(recorded);
    const field_map now = placed_fields(today);
    for (const auto& [number, field] : before) {
      const std::string place = path.empty() ? field.path : path + "." + field.path;
      const auto found = now.find(number);
      if (found == now.end()) {
        sink_(schema_change::field_missing, place, numbered(number) + " is not there any more");
      } else {
        compare_names(number, field, found->second, now, place);
        compare_fields(field, found->second, place);
      }
    }
  }

 private:
  /// A type may contain itself.
  bool first_visit(capnp::Schema recorded, capnp::Schema today) {
    const auto same = [&](const auto& pair) {
      return pair.first == recorded && pair.second == today;
    };
    if (std::ranges::any_of(visited_, same)) return false;
    visited_.emplace_back(recorded, today);
    return true;
  }

  void compare_ids(capnp::Schema recorded, capnp::Schema today, const std::string& path) {
    const auto before = recorded.getProto().getId();
    const auto now = today.getProto().getId();
    if (before == now) return;
    sink_(schema_change::id_changed, path,
          name_of(recorded) + " had the id " + kj::str("@0x", kj::hex(before)).cStr() + ", " +
              name_of(today) + " has " + kj::str("@0x", kj::hex(now)).cStr());
  }

  void compare_names(std::uint16_t number, const placed_field& recorded, const placed_field& today,
                     const field_map& now, const std::string& place) {
    if (recorded.path == today.path) return;
    const auto elsewhere = std::ranges::find_if(
        now, [&](const auto& entry) { return entry.second.path == recorded.path; });
    if (elsewhere == now.end()) {
      sink_(schema_change::field_renamed, place, "now " + today.path);
    } else {
      sink_(schema_change::field_renumbered, place,
            "it was " + numbered(number) + ", which is " + today.path + " now, and is " +
                numbered(elsewhere->first));
    }
  }

  void compare_fields(const placed_field& recorded, const placed_field& today,
                      const std::string& place) {
    // In order of what explains most: a field of another type has another default and place too.
    if (!compare_types(recorded.type, today.type, place)) {
      sink_(schema_change::field_type_changed, place,
            "it was " + name_of(recorded.type) + " and is " + name_of(today.type));
      return;
    }
    if (recorded.offset != today.offset) {
      sink_(schema_change::field_moved, place,
            "it stood at " + std::to_string(recorded.offset) + " and stands at " +
                std::to_string(today.offset) + ", in units of its size");
    }
    compare_defaults(recorded, today, place);
    compare_unions(recorded, today, place);
  }

  void compare_defaults(const placed_field& recorded, const placed_field& today,
                        const std::string& place) {
    const bool same_type = recorded.type.which() == today.type.which();
    if (!same_type || same_default(recorded.default_value, today.default_value)) return;
    sink_(schema_change::default_changed, place,
          std::string("it was ") + text_of(recorded.default_value) + " and is " +
              text_of(today.default_value));
  }

  static std::string text_of(capnp::schema::Value::Reader value) { return kj::str(value).cStr(); }

  void compare_unions(const placed_field& recorded, const placed_field& today,
                      const std::string& place) {
    bool same = std::ranges::all_of(recorded.unions, [&](const auto& entry) {
      const auto found = today.unions.find(entry.first);
      return found != today.unions.end() && found->second == entry.second;
    });
    // Old data has zeros where a union that came later has its discriminant.
    same = same && std::ranges::all_of(today.unions, [&](const auto& entry) {
             return entry.second == 0 || recorded.unions.contains(entry.first);
           });
    if (same) return;
    sink_(schema_change::union_changed, place,
          "it was " + union_text(recorded.unions) + " and is " + union_text(today.unions));
  }

  /// False if the type was changed. What changed within it is reported here.
  bool compare_types(capnp::Type recorded, capnp::Type today, const std::string& place) {
    if (recorded.which() != today.which()) return widens(recorded, today);
    if (recorded.isStruct()) compare(recorded.asStruct(), today.asStruct(), place);
    if (recorded.isEnum()) compare_enums(recorded.asEnum(), today.asEnum(), place);
    if (!recorded.isList()) return true;
    return compare_elements(recorded.asList().getElementType(), today.asList().getElementType(),
                            place + "[]");
  }

  /// Elements may become structs, of which they are then the first field.
  bool compare_elements(capnp::Type recorded, capnp::Type today, const std::string& place) {
    if (recorded.isStruct() || !today.isStruct()) return compare_types(recorded, today, place);
    if (recorded.isBool()) return false;  // Such lists are packed by the bit.
    if (recorded.isVoid()) return true;
    for (const auto& [number, field] : placed_fields(today.asStruct())) {
      if (number != 0) continue;
      const auto first_in_unions = [](const auto& entry) { return entry.second == 0; };
      return field.offset == 0 && std::ranges::all_of(field.unions, first_in_unions) &&
             recorded.which() == field.type.which() && has_zero_default(field) &&
             compare_types(recorded, field.type, place + "." + field.path);
    }
    return false;
  }

  /// Elements of a list have no default, so that theirs is zero.
  static bool has_zero_default(const placed_field& field) {
    const auto value = field.default_value;
    capnp::MallocMessageBuilder message;
    auto zero = message.initRoot<capnp::schema::Value>();
    switch (value.which()) {
      case capnp::schema::Value::INT8: zero.setInt8(0); break;
      case capnp::schema::Value::INT16: zero.setInt16(0); break;
      case capnp::schema::Value::INT32: zero.setInt32(0); break;
      case capnp::schema::Value::INT64: zero.setInt64(0); break;
      case capnp::schema::Value::UINT8: zero.setUint8(0); break;
      case capnp::schema::Value::UINT16: zero.setUint16(0); break;
      case capnp::schema::Value::UINT32: zero.setUint32(0); break;
      case capnp::schema::Value::UINT64: zero.setUint64(0); break;
      case capnp::schema::Value::FLOAT32: zero.setFloat32(0); break;
      case capnp::schema::Value::FLOAT64: zero.setFloat64(0); break;
      case capnp::schema::Value::ENUM: zero.setEnum(0); break;
      default: return true;  // A pointer that is set does not read as its default.
    }
    return same_default(value, zero.asReader());
  }

  void compare_enums(capnp::EnumSchema recorded, capnp::EnumSchema today, const std::string& path) {
    if (!first_visit(recorded, today)) return;
    compare_ids(recorded, today, path);
    const auto now = today.getEnumerants();
    for (const auto enumerant : recorded.getEnumerants()) {
      const auto name = enumerant.getProto().getName();
      const std::string place = path + "." + name.cStr();
      const auto number = enumerant.getOrdinal();
      if (number >= now.size()) {
        sink_(schema_change::enumerant_missing, place, numbered(number) + " is not there any more");
      } else if (const auto new_name = now[number].getProto().getName(); new_name != name) {
        compare_enumerant_names(number, name, new_name, today, place);
      }
    }
  }

  void compare_enumerant_names(std::uint16_t number, kj::StringPtr name, kj::StringPtr new_name,
                               capnp::EnumSchema today, const std::string& place) {
    KJ_IF_MAYBE (elsewhere, today.findEnumerantByName(name)) {
      sink_(schema_change::enumerant_renumbered, place,
            "it was " + numbered(number) + ", which is " + new_name.cStr() + " now, and is " +
                numbered(elsewhere->getOrdinal()));
    } else {
      sink_(schema_change::enumerant_renamed, place, std::string("now ") + new_name.cStr());
    }
  }

  const difference_sink& sink_;
  std::vector<std::pair<capnp::Schema, capnp::Schema>> visited_;
};

}  // namespace

void compare_structs(capnp::StructSchema recorded, capnp::StructSchema today,
                     const difference_sink& sink) {
  comparison(sink).compare(recorded, today, "");
}

}  // namespace mainstem::detail
