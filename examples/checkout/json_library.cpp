// SPDX-License-Identifier: Apache-2.0
// Boost.JSON is used without its library: this is its one translation unit.
#include <boost/json/src.hpp>
