// SPDX-License-Identifier: Apache-2.0
#include <capnp/pretty-print.h>
#include <kj/exception.h>
#include <mainstem/schema_registry.h>

#include <string>
#include <vector>

#include "base/text.h"

namespace mainstem {
namespace {

/// What leads to the value that is looked at: Cap'n Proto says only what is wrong with it.
class field_path {
 public:
  void enter(kj::StringPtr field) { steps_.push_back({field, 0}); }
  void enter(capnp::uint element) { steps_.push_back({nullptr, element}); }
  void leave() { steps_.pop_back(); }
  [[nodiscard]] std::string str() const {
    std::string text;
    for (const auto& [field, element] : steps_) {
      if (field.size() == 0) {
        text += "[" + std::to_string(element) + "]";
      } else {
        text += (text.empty() ? "" : ".") + std::string(field.cStr());
      }
    }
    return text.empty() ? "the root" : text;
  }

 private:
  struct step {
    kj::StringPtr field;  ///< The schema's; empty: an element of a list.
    capnp::uint element;
  };
  std::vector<step> steps_;
};

constexpr const char* no_capabilities = "there is a capability, which cannot be stored";

/// What is wrong with a value leaves the visit the way that Cap'n Proto's own complaints do.
[[noreturn]] void refuse(const std::string& flaw) {
  kj::throwFatalException(
      kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__, kj::heapString(flaw.c_str())));
}

void require(bool holds, const char* flaw) {
  if (!holds) refuse(flaw);
}

/// Any bytes are such an element.
bool elements_are_plain(capnp::Type type) {
  return !type.isText() && !type.isData() && !type.isEnum() && !type.isStruct() && !type.isList() &&
         !type.isAnyPointer() && !type.isInterface();
}

/// Visits all of a message. Throws kj::Exception at the first flaw; path() says where.
class validator {
 public:
  void visit(capnp::DynamicStruct::Reader value) {
    const auto schema = value.getSchema();
    for (const auto field : schema.getNonUnionFields()) visit_field(value, field);
    if (schema.getUnionFields().size() == 0) return;
    KJ_IF_MAYBE (member, value.which()) {
      visit_field(value, *member);
    } else {
      refuse("the union has a member that the schema does not have");
    }
  }
  [[nodiscard]] std::string path() const { return path_.str(); }

 private:
  void visit_field(capnp::DynamicStruct::Reader parent, capnp::StructSchema::Field field) {
    path_.enter(field.getProto().getName());
    // A pointer that is null reads as its default, which is the schema's and not the payload's.
    if (parent.has(field)) {
      require(!field.getType().isInterface(), no_capabilities);
      visit(parent.get(field));
    }
    path_.leave();
  }

  void visit(const capnp::DynamicValue::Reader& value) {
    using value_type = capnp::DynamicValue;
    switch (value.getType()) {
      case value_type::VOID:
      case value_type::BOOL:
      case value_type::INT:
      case value_type::UINT:
      case value_type::FLOAT:
      case value_type::DATA:
        // There is nothing that these bits could not mean. Data was checked on the way here.
        break;
      case value_type::TEXT: visit_text(value.as<capnp::Text>()); break;
      case value_type::ENUM: visit_enum(value.as<capnp::DynamicEnum>()); break;
      case value_type::STRUCT: visit(value.as<capnp::DynamicStruct>()); break;
      case value_type::LIST: visit_list(value.as<capnp::DynamicList>()); break;
      case value_type::ANY_POINTER:
        // Nothing says what it is: that it leads nowhere outside is all that can be checked.
        require(value.as<capnp::AnyPointer>().targetSize().capCount == 0, no_capabilities);
        break;
      case value_type::CAPABILITY: refuse(no_capabilities);
      case value_type::UNKNOWN: refuse("the schema has a type that is not known here");
    }
  }

  void visit_list(const capnp::DynamicList::Reader& list) {
    if (elements_are_plain(list.getSchema().getElementType())) return;
    require(!list.getSchema().getElementType().isInterface() || list.size() == 0, no_capabilities);
    for (capnp::uint i = 0; i < list.size(); ++i) {
      path_.enter(i);
      visit(list[i]);
      path_.leave();
    }
  }

  static void visit_text(capnp::Text::Reader text) {
    require(is_utf8({text.begin(), text.size()}), "a text is not UTF-8");
  }

  static void visit_enum(capnp::DynamicEnum value) {
    if (value.getEnumerant() == nullptr)
      refuse("the schema does not have the enumerant " + std::to_string(value.getRaw()));
  }

  field_path path_;
};

result<void> validate(capnp::StructSchema schema, const detail::payload_source& source) {
  return detail::read_dynamic(
      source, schema, [&source](capnp::DynamicStruct::Reader root) -> result<void> {
        validator checked;
        try {
          checked.visit(root);
        } catch (const kj::Exception& failure) {
          return detail::malformed_payload(
              source, kj::Exception(
                          failure.getType(), failure.getFile(), failure.getLine(),
                          kj::str("at ", checked.path().c_str(), ": ", failure.getDescription())));
        }
        return {};
      });
}

result<std::string> to_text(capnp::StructSchema schema, const detail::payload_source& source) {
  return detail::read_dynamic(source, schema, [](capnp::DynamicStruct::Reader root) {
    return std::string(capnp::prettyPrint(root).flatten().cStr());
  });
}

}  // namespace

result<void> validate_payload(capnp::StructSchema schema, const event_view& event) {
  return validate(schema, event);
}
result<void> validate_payload(capnp::StructSchema schema, payload_view payload) {
  return validate(schema, payload);
}
result<std::string> payload_to_text(capnp::StructSchema schema, const event_view& event) {
  return to_text(schema, event);
}
result<std::string> payload_to_text(capnp::StructSchema schema, payload_view payload) {
  return to_text(schema, payload);
}

}  // namespace mainstem
