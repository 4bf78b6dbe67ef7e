// SPDX-License-Identifier: Apache-2.0
#include <capnp/any.h>
#include <mainstem/capnp.h>
#include <mainstem/types.h>

#include <sstream>

#include "base/bytes.h"

namespace mainstem {
namespace {

using segment_list = kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>>;

std::size_t bytes_in(segment_list segments) noexcept {
  std::size_t bytes = 0;
  for (const auto& segment : segments) bytes += segment.size() * sizeof(capnp::word);
  return bytes;
}

error too_large(std::size_t bytes) {
  return {errc::payload_too_large, "this one has " + std::to_string(bytes) + " bytes"};
}

/// All of the message in one segment.
result<std::unique_ptr<capnp::MessageBuilder>> join(capnp::MessageBuilder& message,
                                                    segment_list segments) {
  // What leads from segment to segment is left out, so one of them all together is large enough.
  const auto words = static_cast<capnp::uint>(bytes_in(segments) / sizeof(capnp::word));
  try {
    auto joined = std::make_unique<capnp::MallocMessageBuilder>(words);
    joined->setRoot(message.getRoot<capnp::AnyPointer>().asReader());
    return std::unique_ptr<capnp::MessageBuilder>(std::move(joined));
  } catch (const kj::Exception& failure) {
    return error(errc::invalid_argument,
                 std::string("the message: ") + failure.getDescription().cStr());
  }
}

std::span<const std::byte> as_span(kj::ArrayPtr<const capnp::word> words) noexcept {
  return {reinterpret_cast<const std::byte*>(words.begin()), words.size() * sizeof(capnp::word)};
}

/// The two lowest bits of a pointer say what it points at.
bool is_struct_pointer(std::span<const std::byte> bytes) noexcept {
  return (load<std::uint64_t>(bytes.data()) & 3U) == 0;
}

std::string name_of(const detail::payload_source& source) {
  return source.event ? "of the event type " + std::string(source.event->type())
                      : std::string("given here");
}

error about(errc code, const detail::payload_source& source, const std::string& flaw) {
  error_info info{.detail = "the payload " + name_of(source) + " " + flaw};
  if (source.event) info.first_position = info.last_position = source.event->position().value();
  return {code, std::move(info)};
}

}  // namespace

capnp_payload::capnp_payload(capnp::MessageBuilder& message)
    : capnp_payload(make(message).value()) {}

result<capnp_payload> capnp_payload::make(capnp::MessageBuilder& message) {
  capnp_payload made;
  auto segments = message.getSegmentsForOutput();
  if (segments.size() > 1) {
    // Joining may make it smaller by what led from one segment to the other, but not by much.
    if (const auto bytes = bytes_in(segments); bytes > 2 * limits::payload_bytes)
      return too_large(bytes);
    auto joined = join(message, segments);
    if (!joined) return joined.error();
    made.joined_ = std::move(*joined);
    segments = made.joined_->getSegmentsForOutput();
  }
  if (segments.size() == 1) made.bytes_ = as_span(segments[0]);
  if (made.bytes_.empty() || load<std::uint64_t>(made.bytes_.data()) == 0) {
    return error(errc::invalid_argument,
                 "the message has no root: call initRoot() or setRoot() on its builder");
  }
  if (!is_struct_pointer(made.bytes_)) {
    return error(errc::invalid_argument,
                 "the message's root is not a struct: put it into a field of one");
  }
  if (made.bytes_.size() > limits::payload_bytes) return too_large(made.bytes_.size());
  return made;
}

result<event_data> make_capnp_event(std::string_view type, capnp::MessageBuilder& message,
                                    const capnp_event_options& options) {
  const auto payload = capnp_payload::make(message);
  if (!payload) return payload.error();
  const auto metadata = options.metadata.encode();
  if (!metadata) return metadata.error();
  return event_data::make(type, *payload,
                          {.id = options.id, .tags = options.tags, .metadata = *metadata});
}

namespace detail {

error payload_flaw(const payload_source& source) {
  const auto bytes = source.payload.bytes;
  if (source.payload.codec != codec::capnp) {
    std::ostringstream flaw;
    flaw << "has the codec " << source.payload.codec;
    return about(errc::wrong_codec, source, flaw.str());
  }
  if (bytes.empty()) return about(errc::malformed_payload, source, "has no bytes");
  if (bytes.size() % sizeof(capnp::word) != 0) {
    return about(errc::malformed_payload, source,
                 "has " + std::to_string(bytes.size()) + " bytes, which is no multiple of 8");
  }
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(std::uint64_t) != 0) {
    return about(errc::invalid_argument, source,
                 "does not begin on an 8-byte boundary: copy it to one");
  }
  return about(errc::malformed_payload, source, "has no root");
}

error malformed_payload(const payload_source& source, const kj::Exception& failure) {
  return about(errc::malformed_payload, source,
               std::string("cannot be read: ") + failure.getDescription().cStr());
}

}  // namespace detail
}  // namespace mainstem
