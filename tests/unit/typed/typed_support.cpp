// SPDX-License-Identifier: Apache-2.0
#include "typed_support.h"

#include <capnp/any.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace mainstem::typed {

namespace {

store open_small(const std::filesystem::path& folder) {
  return store::open(folder,
                     {.segment_size_bytes = 1U << 20U, .preallocation = preallocation::reserve})
      .value();
}

}  // namespace

small_store::small_store()
    : folder_(std::filesystem::path(testing::TempDir()) /
              ("mainstem-typed-" + uuid::generate().to_string())),
      store_(open_small(folder_)) {}

void small_store::reopen(const std::function<void()>& meanwhile) {
  store_->close().value();
  store_.reset();
  if (meanwhile) meanwhile();
  store_.emplace(open_small(folder_));
}

small_store::~small_store() {
  store_.reset();
  std::filesystem::remove_all(folder_);
}

event small_store::round_trip(const event_data& given) {
  const stream_name stream("order-1");
  store_->append(stream, any, given).value();
  return *store_->read_last(stream).value();
}

void fill(schema::OrderOpened::Builder order) {
  order.setCustomer("Ada");
  order.setCents(1999);
  order.setUrgent(true);
  order.setPayment(schema::Payment::CARD);
  auto lines = order.initLines(2);
  lines[0].setItem("kettle");
  lines[0].setCount(1);
  lines[1].setItem("cup");
  lines[1].setCount(6);
  auto tags = order.initTags(2);
  tags.set(0, "spring");
  tags.set(1, "");
  const capnp::byte signature[] = {0, 255, 7};
  order.setSignature(kj::arrayPtr(signature, 3));
  order.getDiscount().setPercent(2.5F);
  order.getDiscount().setReason("loyal");
  order.initAddress().setStreet("Main Street 1");
  order.getDelivery().setOn(20261123);
  order.setHistory({schema::Payment::NONE, schema::Payment::CASH});
  auto matrix = order.initMatrix(2);
  matrix.set(0, {1, 2, 3});
  matrix.set(1, {-4});
  order.initExtra().setAs<capnp::Text>("anything");
  order.initNote().setContent("boxed");
  order.setRetries(5);
  order.setSums({1, -1});
}

aligned_bytes::aligned_bytes(std::span<const std::byte> bytes)
    : words_((bytes.size() + 7) / 8), size_(bytes.size()) {
  std::ranges::copy(bytes, reinterpret_cast<std::byte*>(words_.data()));
}

aligned_bytes full_order() {
  capnp::MallocMessageBuilder message;
  fill(message.initRoot<schema::OrderOpened>());
  return aligned_bytes(capnp_payload(message).bytes());
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace mainstem::typed
