// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mainstem/event.h>

#include "common/problem.h"
#include "common_names.h"
#include "domain/events.h"

namespace checkout {

// Between the domain's events and what the store keeps: the type's name and a JSON payload.

[[nodiscard]] mainstem::event_data to_stored(const order_event& event,
                                             const mainstem::event_id& id);
[[nodiscard]] mainstem::event_data to_stored(const stock_event& event,
                                             const mainstem::event_id& id);
[[nodiscard]] mainstem::event_data to_stored(const customer_event& event,
                                             const mainstem::event_id& id);

/// Reads a stored event back: `Event` is order_event, stock_event or customer_event.
/// Errors: failure, with the position: a type that is not among them, or a payload that has not
/// exactly the members it should.
template <class Event>
[[nodiscard]] outcome<Event> from_stored(const mainstem::event_view& stored);
template <>
outcome<order_event> from_stored(const mainstem::event_view& stored);
template <>
outcome<stock_event> from_stored(const mainstem::event_view& stored);
template <>
outcome<customer_event> from_stored(const mainstem::event_view& stored);

}  // namespace checkout
