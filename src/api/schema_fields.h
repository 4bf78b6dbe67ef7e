// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <capnp/schema.h>

#include <cstdint>
#include <map>
#include <string>

namespace mainstem::detail {

/// A field as the bytes know it: groups and unions only say where it stands and when it counts.
struct placed_field {
  std::string path;  ///< With the groups that it is in: `discount.percent`.
  std::uint32_t offset = 0;
  capnp::Type type;
  capnp::schema::Value::Reader default_value;
  /// The unions that it is a member of: where the discriminant stands, and the member's number.
  std::map<std::uint32_t, std::uint16_t> unions;
};

/// The fields of a struct, those in its groups too, by their numbers (`@7` is 7).
/// Throws kj::Exception if groups contain themselves.
[[nodiscard]] std::map<std::uint16_t, placed_field> placed_fields(capnp::StructSchema schema);

/// As it is written in a schema: `List(OrderLine)`.
[[nodiscard]] std::string name_of(capnp::Type type);
/// Without the file.
[[nodiscard]] std::string name_of(capnp::Schema schema);

/// True if fields that are not set read the same, and so do those of numbers that are.
[[nodiscard]] bool same_default(capnp::schema::Value::Reader left,
                                capnp::schema::Value::Reader right);

}  // namespace mainstem::detail
