// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace checkout {

/// Several lambdas as one callable, for std::visit.
template <class... Cases>
struct overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
overloaded(Cases...) -> overloaded<Cases...>;

}  // namespace checkout
