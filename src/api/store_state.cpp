// SPDX-License-Identifier: Apache-2.0
#include "api/store_state.h"

namespace mainstem::detail {

result<usage_gate::pass> store_state::enter() const {
  if (was_forked()) return errc::forked_process;
  auto pass = gate_.enter();
  if (!pass) return errc::store_closed;
  return std::move(*pass);
}

result<void> store_state::close() {
  if (was_forked()) return errc::forked_process;
  if (!gate_.close()) return errc::store_closed;
  watch_.end();
  gate_.wait_until_empty();
  return end();
}

result<void> store_state::wait_durable(position wanted, const wait_limit& limit) const {
  using added = engine::position_watch::added;
  for (;;) {
    thread_waiter waiter;
    switch (watch_.add(waiter, wanted, log())) {
      case added::reached: return {};
      case added::ended: return errc::store_closed;
      case added::waiting: break;
    }
    // Looked at after adding: who fails first tells those who are added.
    const auto failed = failure();
    if (!failed && waiter.sleep(limit)) continue;
    if (!watch_.remove(waiter)) waiter.sleep({});  // It is about to be woken.
    if (log().durable() >= wanted) return {};
    if (failed) return *failed;
    if (auto exceeded = limit.exceeded()) return *exceeded;
  }
}

}  // namespace mainstem::detail
