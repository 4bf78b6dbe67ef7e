// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <mainstem/export.h>

namespace mainstem {

/// What can go wrong. Values are stable: they are never renumbered and never reused. Behind each
/// stands the error_condition that it belongs to.
///
/// An append that cannot be carried out because the store's content forbids it (a version conflict,
/// a duplicate) is not an error: see append_outcome. Errors of the operating system keep their own
/// code in boost::system::system_category() and compare equal to the conditions below where one
/// applies. Many belong to none of them, so that branches on conditions need an else.
enum class errc {
  /// An argument breaks a rule that no other value names. Do not retry: correct the call. [invalid]
  invalid_argument = 1,
  /// A stream name is empty, longer than 255 bytes or not UTF-8. [invalid]
  invalid_stream_name = 2,
  /// An event type is empty, longer than 255 bytes or not UTF-8. [invalid]
  invalid_event_type = 3,
  /// A tag is empty, longer than 255 bytes, not UTF-8, or stands twice on one event. [invalid]
  invalid_tag = 4,
  /// A name begins with `$`, which belongs to the system. [invalid]
  reserved_name = 5,
  /// More than 64 tags on one event. [invalid]
  too_many_tags = 6,
  /// A payload of more than 16 MiB. [invalid]
  payload_too_large = 7,
  /// Metadata of more than 1 MiB on one event. [invalid]
  metadata_too_large = 8,
  /// A commit of more than 32 MiB, or of more than half a segment. [invalid]
  commit_too_large = 9,
  /// More than 1,024 streams in one commit, written and required ones together. [invalid]
  too_many_streams = 10,
  /// The same id twice in the events of one stream of a request. [invalid]
  duplicate_event_id = 11,
  /// The same stream twice in one request. [invalid]
  duplicate_stream = 12,
  /// A stream is to be written, but there are no events for it; or the request is empty. To check
  /// a version without writing, require() it. [invalid]
  no_events = 13,

  /// There is no store at this place, and creating one was not asked for. [invalid]
  store_not_found = 20,
  /// Another store object, here or in another process, has the store open. [conflict]
  store_locked = 21,
  /// A write or sync failed earlier. Nothing is written any more; reads go on. Close and reopen the
  /// store. [fatal]
  store_failed = 22,
  /// The store was closed, or the object was moved from. [fatal]
  store_closed = 23,
  /// Acknowledged events are damaged or missing. The store reads, but does not write unless it is
  /// opened with store_options::accept_loss. [corruption]
  store_damaged = 24,
  /// The object came into this process through fork(). Open the store anew after the parent has
  /// closed it. [fatal]
  forked_process = 25,
  /// The append may or may not be durable. Reopen the store and submit the same event objects
  /// again: they are appended once. [fatal]
  outcome_unknown = 26,
  /// More calls look into the index at the same moment than it has room for (4,096). Try again.
  /// [capacity]
  overloaded = 27,
  /// There is no space. An append has touched nothing. What a backup, restore or repair has begun
  /// is still there: backup() goes on with it, the others need it removed. Make room, and try
  /// again. A limit on the size of files (RLIMIT_FSIZE) is answered so as well, if the program
  /// ignores SIGXFSZ: or else that signal kills it. [capacity]
  disk_full = 28,
  /// The time that the caller was willing to wait is over. Try again, or give up. [capacity]
  timed_out = 29,
  /// The store was opened with open_read_only(): it reads and follows, and neither appends nor
  /// saves schemas.
  /// [invalid]
  store_read_only = 30,
  /// There was not enough memory for the call. A store has touched nothing; of what a backup,
  /// restore or repair had begun see disk_full. Make room and try again. [capacity]
  out_of_memory = 31,

  /// A frame, an event or a header does not carry the checksum that it should. [corruption]
  corrupt_data = 40,
  /// A segment file is missing, doubled, or in the wrong place. [corruption]
  missing_segment = 41,
  /// The manifest does not check out. [corruption]
  corrupt_manifest = 42,
  /// The index disagrees with the log. It is rebuilt when the store is opened again. [corruption]
  corrupt_index = 43,
  /// The store, or one of its segments, was written by a newer version of Mainstem: update this
  /// one. [invalid]
  unsupported_format = 44,
  /// A file belongs to another store. [corruption]
  foreign_file = 45,
  /// The checkpoints of named consumers, or saved schemas, are damaged. They cannot be made anew
  /// from the log: see the detail for what to do. [corruption]
  corrupt_state = 46,

  /// A Cap'n Proto payload is not what its type says. The bytes are those that were appended: the
  /// program that wrote them, or the type that they are read as, is wrong. [invalid]
  malformed_payload = 50,
  /// No schema was registered for an event's type: register one. [invalid]
  unknown_event_type = 51,
  /// Schemas were registered for the event's type, but not for the schema version that it says it
  /// has: register that one too, or update the program. [invalid]
  unknown_schema_version = 52,
  /// A payload was to be read as Cap'n Proto, but its codec is another one. [invalid]
  wrong_codec = 53,
  /// An event's metadata was not written by event_metadata::encode(): whoever wrote it knows how to
  /// read it. [invalid]
  foreign_metadata = 54,
  /// An event's metadata begins like that of event_metadata, but cannot be read as such. [invalid]
  malformed_metadata = 55,
  /// A member of event_metadata breaks its rule: correct it. [invalid]
  invalid_metadata = 56,
  /// A schema cannot be used: a .capnp file that does not parse, a recorded schema that is none, or
  /// a schema of a kind that events cannot have. [invalid]
  invalid_schema = 57,
  /// Another schema was registered for this event type and schema version. [invalid]
  duplicate_schema = 58,
  /// A schema does not read what was stored with the one before it: give it a schema version of its
  /// own. The detail names the first difference. [invalid]
  incompatible_schema = 59,
};
/// The code's message.
MAINSTEM_API std::ostream& operator<<(std::ostream& out, errc code);

/// What a caller does about an error, in five words. Compare an error or an error_code with these
/// to branch. Every errc belongs to exactly one; an error of the operating system may belong to
/// none, so keep an else.
enum class error_condition {
  /// Someone else was there: look again and retry.
  conflict = 1,
  /// The call is wrong, or this program is too old for the store: it fails every time.
  invalid = 2,
  /// Something is full: make room or wait, then retry.
  capacity = 3,
  /// What is stored is damaged: verify, restore or repair.
  corruption = 4,
  /// This store object is of no more use: close it and open anew.
  fatal = 5,
};

}  // namespace mainstem

template <>
struct boost::system::is_error_code_enum<mainstem::errc> : std::true_type {};
template <>
struct boost::system::is_error_condition_enum<mainstem::error_condition> : std::true_type {};

namespace mainstem {

[[nodiscard]] MAINSTEM_API const boost::system::error_category& error_category() noexcept;
[[nodiscard]] MAINSTEM_API const boost::system::error_category& condition_category() noexcept;
[[nodiscard]] MAINSTEM_API boost::system::error_code make_error_code(errc code) noexcept;
[[nodiscard]] MAINSTEM_API boost::system::error_condition make_error_condition(
    error_condition condition) noexcept;

/// What a code cannot say. Every member is optional.
struct error_info {
  std::string detail{};                           ///< In words: what happened and what to do.
  std::string path{};                             ///< The file or folder concerned.
  std::optional<std::uint64_t> offset{};          ///< Bytes from the start of that file.
  std::optional<std::uint64_t> first_position{};  ///< First position concerned.
  std::optional<std::uint64_t> last_position{};   ///< Last position concerned.
};

/// An error_code together with what it cannot say.
///
/// Cost: two words beyond the code; copying is cheap.
/// Thread safety: distinct objects, safe. One object, safe for const calls.
class [[nodiscard]] error {
 public:
  error() noexcept = default;
  // Implicit, so that a function can `return errc::store_failed;`.
  error(errc code) noexcept : code_(make_error_code(code)) {}      // NOLINT
  error(boost::system::error_code code) noexcept : code_(code) {}  // NOLINT
  MAINSTEM_API error(boost::system::error_code code, error_info info);
  error(errc code, error_info info) : error(make_error_code(code), std::move(info)) {}
  error(errc code, std::string detail) : error(code, error_info{.detail = std::move(detail)}) {}

  [[nodiscard]] const boost::system::error_code& code() const noexcept { return code_; }
  /// Never null.
  [[nodiscard]] MAINSTEM_API const error_info& info() const noexcept;
  /// The code's message, the details, what to do about it, and the place: fit to be shown to a
  /// person.
  [[nodiscard]] MAINSTEM_API std::string message() const;
  /// The same without what is to be done about every error of this code: for programs whose users
  /// need advice of their own.
  [[nodiscard]] MAINSTEM_API std::string description() const;

  friend bool operator==(const error& left, errc right) noexcept {
    return left.code_ == make_error_code(right);
  }
  friend bool operator==(const error& left, const boost::system::error_code& right) noexcept {
    return left.code_ == right;
  }
  friend bool operator==(const error& left, error_condition right) noexcept {
    return left.code_ == make_error_condition(right);
  }
  friend MAINSTEM_API std::ostream& operator<<(std::ostream& out, const error& value);

 private:
  boost::system::error_code code_;
  std::shared_ptr<const error_info> info_;
};

/// What result<T>::value() throws. what() is error::message().
class MAINSTEM_API exception : public boost::system::system_error {
 public:
  explicit exception(mainstem::error failure);
  [[nodiscard]] const mainstem::error& error() const noexcept { return error_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
  mainstem::error error_;
};

/// Called by result<T>::value(). Not for direct use.
[[noreturn]] MAINSTEM_API void throw_exception_from_error(const error& failure,
                                                          const boost::source_location& where);

/// A T or an error. `if (result)`, `*result`, `result.error()`; value() throws mainstem::exception
/// instead of answering an error.
template <class T>
using result = boost::system::result<T, error>;

}  // namespace mainstem
