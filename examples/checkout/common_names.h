// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace examples {}

/// What the examples share has its short names here.
namespace checkout {
using namespace examples;
}
