// SPDX-License-Identifier: Apache-2.0
#include "engine/environment_look.h"

#include <string_view>
#include <utility>

#include "engine/store_folder.h"

namespace mainstem::engine {
namespace {

/// Null if there is no environment of that name.
result<std::unique_ptr<index::environment>> look_into(index::environment_provider& provider,
                                                      std::string_view name) {
  auto there = provider.inspect(name);
  if (!there) return there.error();
  if (!*there) return std::unique_ptr<index::environment>();
  return provider.open_read_only(name);
}

}  // namespace

result<std::unique_ptr<index::stream_index>> look_into_index(index::environment_provider& provider,
                                                             const uuid& store_id) {
  auto environment = look_into(provider, index_name);
  if (!environment) return environment.error();
  if (*environment == nullptr) return std::unique_ptr<index::stream_index>();
  return index::stream_index::follow(std::move(*environment), store_id);
}

result<std::unique_ptr<index::kept_state>> look_into_state(index::environment_provider& provider,
                                                           const uuid& store_id) {
  auto environment = look_into(provider, state_name);
  if (!environment) return environment.error();
  if (*environment == nullptr) return std::unique_ptr<index::kept_state>();
  return index::kept_state::open(std::move(*environment), store_id);
}

}  // namespace mainstem::engine
