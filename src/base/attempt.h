// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <new>
#include <type_traits>
#include <utility>

#include <mainstem/error.h>

namespace mainstem {

/// Does `work`, which answers a result. If there is no memory for it, that is the answer: where
/// this stands, std::bad_alloc goes no further.
template <class Work>
[[nodiscard]] std::invoke_result_t<Work> attempt(Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (const std::bad_alloc&) {
    return error(errc::out_of_memory);
  }
}

}  // namespace mainstem
