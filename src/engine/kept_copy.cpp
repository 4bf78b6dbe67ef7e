// SPDX-License-Identifier: Apache-2.0
#include "engine/kept_copy.h"

#include "engine/store_folder.h"

namespace mainstem::engine {
namespace {

result<std::optional<kept_copy>> read_from(index::environment_provider& provider,
                                           const uuid& store_id) {
  auto there = provider.inspect(state_name);
  if (!there) return there.error();
  if (!*there) return std::optional<kept_copy>();
  auto environment = provider.open_read_only(state_name);
  if (!environment) return environment.error();
  auto kept = index::kept_state::open(std::move(*environment), store_id);
  if (!kept) return kept.error();
  return copy_of(**kept);
}

}  // namespace

result<std::optional<kept_copy>> copy_of(const index::kept_state& kept) {
  auto consumers = kept.checkpoints();
  if (!consumers) return consumers.error();
  auto schemas = kept.schemas();
  if (!schemas) return schemas.error();
  return std::optional(kept_copy{std::move(*consumers), std::move(*schemas)});
}

result<std::optional<kept_copy>> read_kept(const surroundings& around,
                                           std::shared_ptr<os::directory> folder,
                                           const uuid& store_id) {
  const auto provider = around.make_index_provider(folder);
  auto read = read_from(*provider, store_id);
  if (!read) return as_state_error(read.error(), folder->path());
  return read;
}

result<void> write_kept(const surroundings& around, std::shared_ptr<os::directory> folder,
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
