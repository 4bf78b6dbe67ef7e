// SPDX-License-Identifier: Apache-2.0
#include "streams.h"

#include <charconv>
#include <string>

namespace checkout {
namespace {

namespace ms = mainstem;

ms::stream_name numbered(const char* category, std::uint64_t number) {
  return ms::stream_name(std::string(category) + '-' + std::to_string(number));
}

}  // namespace

ms::stream_name stream_of(order_number order) {
  return numbered("order", static_cast<std::uint64_t>(order));
}
ms::stream_name stream_of(item_number item) {
  return numbered("stock", static_cast<std::uint64_t>(item));
}
ms::stream_name stream_of(customer_number customer) {
  return numbered("customer", static_cast<std::uint64_t>(customer));
}

std::uint64_t number_in(std::string_view stream) noexcept {
  const std::size_t dash = stream.find('-');
  std::uint64_t number = 0;
  if (dash != std::string_view::npos)
    std::from_chars(stream.data() + dash + 1, stream.data() + stream.size(), number);
  return number;
}

ms::event_id id_of(const command& wanted) {
  // Drawn once, and never changed.
  static const ms::uuid commands = ms::uuid::parse("2f7c1b0a-5d5e-4a83-9a0e-7c54d1a3f6b2").value();
  return ms::uuid::from_name(commands, name_of(wanted));
}

}  // namespace checkout
