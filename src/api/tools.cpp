// SPDX-License-Identifier: Apache-2.0
#include <mainstem/backup.h>
#include <mainstem/inspect.h>
#include <mainstem/repair.h>
#include <mainstem/store.h>
#include <mainstem/verify.h>

#include "api/kept_access.h"
#include "api/real_surroundings.h"
#include "base/attempt.h"
#include "engine/store_backup.h"
#include "engine/store_dump.h"
#include "engine/store_inspector.h"
#include "engine/store_repair.h"
#include "engine/store_verifier.h"

namespace mainstem {

std::string_view to_string(finding_kind kind) noexcept {
  switch (kind) {
    case finding_kind::unreadable: return "unreadable";
    case finding_kind::manifest: return "manifest";
    case finding_kind::segment_header: return "segment_header";
    case finding_kind::missing_segment: return "missing_segment";
    case finding_kind::frames: return "frames";
    case finding_kind::event: return "event";
    case finding_kind::commit: return "commit";
    case finding_kind::version: return "version";
    case finding_kind::trailer: return "trailer";
    case finding_kind::lost_events: return "lost_events";
    case finding_kind::control_page: return "control_page";
    case finding_kind::index: return "index";
    case finding_kind::state: return "state";
  }
  return "unknown";
}

std::ostream& operator<<(std::ostream& out, finding_kind kind) { return out << to_string(kind); }

result<verify_report> verify(const std::filesystem::path& path, const verify_options& options) {
  return attempt(
      [&] { return engine::verify_store(path.string(), options, detail::real_surroundings()); });
}

result<store_description> describe_store(const std::filesystem::path& path) {
  return attempt(
      [&] { return engine::describe_store(path.string(), detail::real_surroundings()); });
}

result<dump_result> dump_segment(const std::filesystem::path& path, std::uint32_t number) {
  return attempt([&] {
    return engine::store_dump(path.string(), detail::real_surroundings().disk).segment(number);
  });
}

result<dump_result> dump_frame(const std::filesystem::path& path, std::uint32_t number,
                               std::uint64_t offset, const dump_options& options) {
  return attempt([&] {
    return engine::store_dump(path.string(), detail::real_surroundings().disk, options)
        .frame(number, offset);
  });
}

result<dump_result> dump_event(const std::filesystem::path& path, position at,
                               const dump_options& options) {
  return attempt([&] {
    return engine::store_dump(path.string(), detail::real_surroundings().disk, options).event(at);
  });
}

struct detail::backup_access {
  [[nodiscard]] static store_state* of(const store& from) noexcept { return from.state_.get(); }
};

result<backup_report> backup(const std::filesystem::path& from, const std::filesystem::path& to,
                             const backup_options& options) {
  return attempt([&] {
    return engine::backup_store(from.string(), to.string(), options, detail::real_surroundings());
  });
}

result<backup_report> backup(const store& from, const std::filesystem::path& to,
                             const backup_options& options) {
  detail::store_state* const state = detail::backup_access::of(from);
  return detail::with_kept<backup_report>(state, [&](index::kept_state& kept) {
    return engine::backup_store(state->path(), to.string(), options, detail::real_surroundings(),
                                &kept);
  });
}

result<restore_report> restore(const std::filesystem::path& from, const std::filesystem::path& to,
                               const restore_options& options) {
  return attempt([&] {
    return engine::restore_store(from.string(), to.string(), options, detail::real_surroundings());
  });
}

result<repair_report> repair(const std::filesystem::path& from, const std::filesystem::path& to,
                             const repair_options& options) {
  return attempt([&] {
    return engine::repair_store(from.string(), to.string(), options, detail::real_surroundings());
  });
}

}  // namespace mainstem
