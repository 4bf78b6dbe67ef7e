// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <capnp/schema.h>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <mainstem/error.h>

namespace mainstem::detail {

/// A schema as recorded_schema::bytes has it: the struct and all that it depends on.
/// Errors: invalid_schema (the struct is generic and its parameters are bound).
[[nodiscard]] result<std::vector<std::byte>> encode_schema(capnp::StructSchema schema);

struct decoded_schema {
  capnp::StructSchema schema;
  std::shared_ptr<const void> owner;  ///< The schema lives as long as this.
};

/// Errors: invalid_schema.
[[nodiscard]] result<decoded_schema> decode_schema(std::span<const std::byte> bytes);

}  // namespace mainstem::detail
