// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Events whose payloads are Cap'n Proto messages. Needs Cap'n Proto's headers and libcapnp, which
/// the target mainstem::capnp brings along; no other header of Mainstem does, save those that say
/// so.
///
///     capnp::MallocMessageBuilder message;
///     message.initRoot<OrderOpened>().setCustomer("Ada");
///     store.append(order, mainstem::any,
///                  mainstem::event_data("order-opened", mainstem::capnp_payload(message)));
///
///     const auto customer = mainstem::read_payload<OrderOpened>(
///         event, [](OrderOpened::Reader opened) -> std::string { return opened.getCustomer(); });

#include <capnp/message.h>
#include <kj/exception.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/event.h>
#include <mainstem/export.h>
#include <mainstem/metadata.h>

namespace mainstem {

/// A message on its way into an event: one segment, without a segment table. Converts to the
/// payload_view that event_data asks for.
///
/// Lifetime: points into the builder, which must live, and not be changed, until the event_data is
/// made. A message of several segments is copied into one and is independent of its builder.
/// Cost: none for a message of one segment. A MallocMessageBuilder begins with 8 KiB; give it the
/// size of larger messages in its constructor.
class MAINSTEM_API capnp_payload {
 public:
  /// Throws mainstem::exception with the error that make() would answer.
  explicit capnp_payload(capnp::MessageBuilder& message);

  /// Errors: payload_too_large (16 MiB); invalid_argument (no root was set, or it is not a struct).
  [[nodiscard]] static result<capnp_payload> make(capnp::MessageBuilder& message);

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }
  // Implicit, so that it can be given to event_data.
  operator payload_view() const noexcept { return {bytes_, codec::capnp}; }  // NOLINT

 private:
  capnp_payload() noexcept = default;
  std::unique_ptr<capnp::MessageBuilder> joined_;
  std::span<const std::byte> bytes_;
};

/// event_options, but with metadata that is encoded on the way.
struct capnp_event_options {
  std::optional<event_id> id = std::nullopt;
  std::vector<std::string> tags = {};
  /// Its schema_version says which version of the type's schema the message has; see
  /// schema_registry.
  event_metadata metadata = {};
};

/// An event of a message and encoded metadata.
/// Errors: those of capnp_payload::make(), event_metadata::encode() and event_data::make().
[[nodiscard]] MAINSTEM_API result<event_data> make_capnp_event(
    std::string_view type, capnp::MessageBuilder& message, const capnp_event_options& options = {});

namespace detail {

/// A payload, and where it is from if that is known.
struct payload_source {
  payload_view payload;
  const event_view* event = nullptr;

  payload_source(payload_view from) noexcept : payload(from) {}  // NOLINT
  payload_source(const event_view& from) noexcept                // NOLINT
      : payload{from.payload(), from.codec()}, event(&from) {}
};

/// What keeps a payload from being looked at as a message. Only for those of which looks_sound() is
/// false.
[[nodiscard]] MAINSTEM_API error payload_flaw(const payload_source& source);
/// malformed_payload, with what Cap'n Proto said.
[[nodiscard]] MAINSTEM_API error malformed_payload(const payload_source& source,
                                                   const kj::Exception& failure);

/// Codec, size and alignment are those of a message, and there is a root.
[[nodiscard]] inline bool looks_sound(const payload_source& source) noexcept {
  const auto bytes = source.payload.bytes;
  std::uint64_t root = 0;
  if (source.payload.codec != codec::capnp || bytes.size() < sizeof(root)) return false;
  std::memcpy(&root, bytes.data(), sizeof(root));
  return root != 0 && bytes.size() % sizeof(root) == 0 &&
         reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(std::uint64_t) == 0;
}

/// How many words may be visited while a message of so many words is read. Beyond that are pointers
/// that share what they point at, or a loop that asks for the same again and again.
constexpr std::uint64_t traversal_limit_words(std::size_t words) noexcept {
  return 8 * std::uint64_t{words} + (64U << 10U);
}

/// One segment, read in place.
class payload_message final : public capnp::MessageReader {
 public:
  /// @param bytes of a payload that looks_sound().
  explicit payload_message(std::span<const std::byte> bytes) noexcept
      : capnp::MessageReader(options_for(bytes.size() / sizeof(capnp::word))),
        words_(reinterpret_cast<const capnp::word*>(bytes.data()),
               bytes.size() / sizeof(capnp::word)) {}

  kj::ArrayPtr<const capnp::word> getSegment(capnp::uint id) override {
    return id == 0 ? words_ : nullptr;
  }

 private:
  static capnp::ReaderOptions options_for(std::size_t words) noexcept {
    capnp::ReaderOptions options;
    options.traversalLimitInWords = traversal_limit_words(words);
    return options;
  }
  kj::ArrayPtr<const capnp::word> words_;
};

/// While an exception is on its way, kj logs what it would throw and goes on with defaults. Where
/// this stands on the stack it throws all the same: what is thrown does not leave our call.
class throwing_callback final : public kj::ExceptionCallback {
 public:
  void onRecoverableException(kj::Exception&& failure) override {
    onFatalException(kj::mv(failure));
  }
};

template <class T>
struct is_result : std::false_type {};
template <class T>
struct is_result<result<T>> : std::true_type {};

/// What a function's answer becomes: a result, if it is none by itself.
template <class Answer>
using as_result = std::conditional_t<is_result<Answer>::value, Answer, result<Answer>>;

template <class Answer>
concept points_into_reader = requires {
  typename std::remove_cvref_t<Answer>::Reads;
};

/// Calls `read`, and turns what Cap'n Proto throws into an error.
template <class Function>
auto guarded(const payload_source& source, Function&& read)
    -> as_result<std::invoke_result_t<Function>> {
  using answer = as_result<std::invoke_result_t<Function>>;
  const auto call = [&]() -> answer {
    if constexpr (std::is_void_v<std::invoke_result_t<Function>>) {
      std::invoke(std::forward<Function>(read));
      return {};
    } else {
      return std::invoke(std::forward<Function>(read));
    }
  };
  try {
    if (std::uncaught_exceptions() == 0) return call();
    throwing_callback callback;
    return call();
  } catch (const kj::Exception& failure) {
    return malformed_payload(source, failure);
  }
}

template <class T, class Function>
auto read_payload(const payload_source& source, Function&& read)
    -> as_result<std::invoke_result_t<Function, typename T::Reader>> {
  static_assert(!points_into_reader<std::invoke_result_t<Function, typename T::Reader>>,
                "A Cap'n Proto reader does not outlive the call: return values, or use "
                "typed_payload.");
  if (!looks_sound(source)) return payload_flaw(source);
  payload_message message(source.payload.bytes);
  return guarded(source, [&]() -> decltype(auto) {
    return std::invoke(std::forward<Function>(read), message.getRoot<T>());
  });
}

}  // namespace detail

/// Calls `read` with the payload of `event` as a T::Reader, in place, and answers what it returns.
///
/// Every call looks at the payload anew. Nothing is checked ahead: what is wrong with a field is
/// found when `read` asks for the field, and ends it. So that a small payload cannot take long to
/// read, what getters visit is counted: together they may visit eight times what the payload has,
/// and 512 KiB more; beyond that is malformed_payload. A getter of a list counts the whole list:
/// call it once, before the loop, and not in it.
///
/// A payload of T is recognised by its shape alone. One of another struct that has a T's shape is
/// read as a T: the event's type and schema version decide, see schema_registry.
///
/// @param read `U (T::Reader)`; if U is a result itself, the answer is that result. What it throws
/// besides kj::Exception goes through to the caller.
/// Errors: malformed_payload (the detail has the event's type and what Cap'n Proto said, the info
/// its position), also if it has no bytes or no root; wrong_codec.
/// Lifetime: readers end with the call. Text and Data point into the event, like event_view.
/// Cost: about 45 ns beyond what `read` does; no allocation.
/// Thread safety: that of event_view.
template <class T, class Function>
[[nodiscard]] auto read_payload(const event_view& event, Function&& read) {
  return detail::read_payload<T>(event, std::forward<Function>(read));
}
/// The same of bytes from elsewhere.
/// Errors: invalid_argument as well, if the bytes do not begin on an 8-byte boundary.
template <class T, class Function>
[[nodiscard]] auto read_payload(payload_view payload, Function&& read) {
  return detail::read_payload<T>(payload, std::forward<Function>(read));
}

/// A payload that stays open for reading as a T: for those who keep a T::Reader for longer than a
/// call of read_payload().
///
/// Lifetime: readers point into this object and into the event's batch, and must not outlive
/// either. Text and Data point into the batch alone.
/// Cost: about 250 bytes, no allocation.
/// Thread safety: distinct objects, safe. One object, safe once root() has returned.
template <class T>
class typed_payload {
 public:
  /// Lifetime: `event` is copied; what it points at is not.
  explicit typed_payload(const event_view& event) noexcept
      : event_(event), source_(*event_), message_(sound_bytes()) {}
  explicit typed_payload(payload_view payload) noexcept
      : source_(payload), message_(sound_bytes()) {}
  typed_payload(const typed_payload&) = delete;
  typed_payload& operator=(const typed_payload&) = delete;

  /// The root, for getters that the caller calls. Those throw kj::Exception where the payload is
  /// not what its type says, or when all calls on this object together have visited eight times
  /// what the payload has; read() catches that.
  /// Errors: as read_payload().
  [[nodiscard]] result<typename T::Reader> root() {
    if (!detail::looks_sound(source_)) return detail::payload_flaw(source_);
    return detail::guarded(source_, [&] { return message_.template getRoot<T>(); });
  }

  /// Calls `read` and answers what it returns; for parts of the payload that root() led to.
  /// Errors: malformed_payload, for what Cap'n Proto throws inside `read`.
  template <class Function>
  [[nodiscard]] auto read(Function&& read) {
    return detail::guarded(source_, std::forward<Function>(read));
  }

 private:
  [[nodiscard]] std::span<const std::byte> sound_bytes() const noexcept {
    return detail::looks_sound(source_) ? source_.payload.bytes : std::span<const std::byte>();
  }
  std::optional<event_view> event_;
  detail::payload_source source_;
  detail::payload_message message_;
};

}  // namespace mainstem
