// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mainstem/schema_check.h>
#include <mainstem/schema_files.h>

#include <string>
#include <vector>

namespace mainstem::typed {

/// One file with this content.
[[nodiscard]] inline schema_files files_of(const std::string& body,
                                           const std::string& file_id = "@0xdb1c1b2e1e5d1a01") {
  schema_files files;
  files.add_text("order.capnp", file_id + ";\n" + body).value();
  return files;
}

/// Its struct `Order`, as version 1 of the event type `order`.
[[nodiscard]] inline std::vector<recorded_schema> recorded_of(const schema_files& files) {
  schema_registry registry;
  registry.add("order", 1, files.find("Order").value()).value();
  return registry.recorded();
}

/// All findings in a line: `a.b is missing; c was renamed`.
[[nodiscard]] inline std::string said(const schema_report& report) {
  std::string text;
  for (const schema_finding& finding : report.findings) {
    text += (text.empty() ? "" : "; ") + finding.where + (finding.where.empty() ? "" : " ") +
            std::string(to_string(finding.change));
  }
  return text;
}

}  // namespace mainstem::typed
