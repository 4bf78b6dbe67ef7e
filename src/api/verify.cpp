// SPDX-License-Identifier: Apache-2.0
#include <mainstem/verify.h>

#include "api/real_surroundings.h"
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
  return engine::verify_store(path.string(), options, detail::real_surroundings());
}

}  // namespace mainstem
