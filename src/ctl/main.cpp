// SPDX-License-Identifier: Apache-2.0
#include <new>
#include <variant>

#include "ctl/arguments.h"
#include "ctl/interruption.h"

int main(int count, char** values) {
  using namespace mainstem::ctl;
  try {
    const auto parsed = parse(count, values);
    if (const auto* status = std::get_if<exit_status>(&parsed)) return static_cast<int>(*status);
    begin_watching_signals();
    const auto& wanted = std::get<arguments>(parsed);
    return static_cast<int>(
        std::visit([&](const auto& verb) { return run(verb, wanted.as); }, wanted.verb));
  } catch (const std::bad_alloc&) {
    return static_cast<int>(fail(mainstem::errc::out_of_memory, output_of(count, values)));
  }
}
