// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <capnp/schema.h>
#include <mainstem/schema_check.h>

#include <functional>
#include <string>

namespace mainstem::detail {

/// Gets change, place and detail of each difference.
using difference_sink = std::function<void(schema_change, std::string, std::string)>;

/// Compares two versions of a struct, and of all that it depends on.
/// @param recorded what data was written with; @param today what it is to be read with.
/// Throws kj::Exception on a schema that is inconsistent in itself.
void compare_structs(capnp::StructSchema recorded, capnp::StructSchema today,
                     const difference_sink& sink);

}  // namespace mainstem::detail
