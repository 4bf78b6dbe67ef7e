// SPDX-License-Identifier: Apache-2.0
#include "engine/environment_look.h"

#include <string_view>
#include <utility>

#include "engine/store_folder.h"

namespace mainstem::engine {
namespace {

/// Null if there is no environment of that name.
template <class Opened>
result<std::unique_ptr<Opened>> look_into(
    index::environment_provider& provider, std::string_view name, const uuid& store_id,
    result<std::unique_ptr<Opened>> (*open)(std::unique_ptr<index::environment>, const uuid&)) {
  auto there = provider.inspect(name);
  if (!there) return there.error();
  if (!*there) return std::unique_ptr<Opened>();
  auto environment = provider.open_read_only(name);
  if (!environment) return environment.error();
  return open(std::move(*environment), store_id);
}

}  // namespace

result<std::unique_ptr<index::stream_index>> look_into_index(index::environment_provider& provider,
                                                             const uuid& store_id) {
  return look_into(provider, index_name, store_id, &index::stream_index::follow);
}

result<std::unique_ptr<index::kept_state>> look_into_state(index::environment_provider& provider,
                                                           const uuid& store_id) {
  return look_into(provider, state_name, store_id, &index::kept_state::open);
}

}  // namespace mainstem::engine
