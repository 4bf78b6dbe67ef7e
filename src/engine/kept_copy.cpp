// SPDX-License-Identifier: Apache-2.0
#include "engine/kept_copy.h"

#include "engine/environment_look.h"
#include "engine/store_folder.h"

namespace mainstem::engine {

result<std::optional<kept_copy>> copy_of(const index::kept_state& kept) {
  auto consumers = kept.checkpoints();
  if (!consumers) return consumers.error();
  auto schemas = kept.schemas();
  if (!schemas) return schemas.error();
  return std::optional(kept_copy{std::move(*consumers), std::move(*schemas)});
}

result<std::optional<kept_copy>> read_kept(const surroundings& around,
                                           const std::shared_ptr<os::directory>& folder,
                                           const uuid& store_id) {
  const auto provider = around.make_index_provider(folder);
  const auto kept = look_into_state(*provider, store_id);
  if (kept && *kept == nullptr) return std::optional<kept_copy>();
  auto read = kept ? copy_of(**kept) : kept.error();
  if (!read) return as_state_error(read.error(), folder->path());
  return read;
}

result<void> write_kept(const surroundings& around, const std::shared_ptr<os::directory>& folder,
                        const uuid& store_id, const kept_copy& kept) {
  const auto provider = around.make_index_provider(folder);
  auto environment = provider->open(state_name);
  if (!environment) return as_state_error(environment.error(), folder->path());
  auto opened = index::kept_state::open(std::move(*environment), store_id);
  if (!opened) return as_state_error(opened.error(), folder->path());
  auto written = (*opened)->replace_all(kept.consumers, kept.schemas);
  if (!written) return as_state_error(written.error(), folder->path());
  return {};
}

}  // namespace mainstem::engine
