// SPDX-License-Identifier: Apache-2.0
#include <mainstem/error.h>

#include <cerrno>
#include <ostream>

#include <boost/throw_exception.hpp>

#include "base/advice.h"

namespace mainstem {
namespace {

const char* message_of(errc code) noexcept {
  switch (code) {
    case errc::invalid_argument: return "an argument is not valid";
    case errc::invalid_stream_name: return "a stream name must be 1 to 255 bytes of UTF-8";
    case errc::invalid_event_type: return "an event type must be 1 to 255 bytes of UTF-8";
    case errc::invalid_tag:
      return "a tag must be 1 to 255 bytes of UTF-8, and stand once on an event";
    case errc::reserved_name: return "names that begin with $ belong to the system";
    case errc::too_many_tags: return "an event may have at most 64 tags";
    case errc::payload_too_large: return "a payload may have at most 16 MiB";
    case errc::metadata_too_large: return "metadata may have at most 1 MiB";
    case errc::commit_too_large:
      return "a commit may have at most 32 MiB, and at most half a segment";
    case errc::too_many_streams: return "a commit may name at most 1024 streams";
    case errc::duplicate_event_id:
      return "the same event id stands twice in one stream of the request";
    case errc::duplicate_stream: return "the same stream stands twice in the request";
    case errc::no_events: return "there are no events to append";
    case errc::store_not_found: return "there is no store in this folder";
    case errc::store_locked: return "another store object holds the lock";
    case errc::store_failed:
      return "an earlier write failed, so the store does not write any more: reopen it";
    case errc::store_closed: return "the store is closed: open it again";
    case errc::store_damaged:
      return "acknowledged events are damaged or missing, so the store does not write";
    case errc::forked_process:
      return "the store was opened before fork(): open it anew in this process";
    case errc::outcome_unknown:
      return "the append may or may not be durable: reopen, then append the same again";
    case errc::overloaded: return "too many calls at the same moment: try again";
    case errc::disk_full: return "no space is left: make room and try again";
    case errc::timed_out:
      return "it did not happen in the time given for it: try again, or give up";
    case errc::store_read_only:
      return "the store was opened for reading only: append where it is open for writing";
    case errc::out_of_memory: return "not enough memory: make room and try again";
    case errc::corrupt_data: return "stored data is damaged";
    case errc::missing_segment: return "a segment file is missing or in the wrong place";
    case errc::corrupt_manifest: return "the store's manifest is damaged";
    case errc::corrupt_index:
      return "the index is damaged: it is rebuilt when the store is opened again";
    case errc::unsupported_format: return "a newer version of Mainstem wrote this";
    case errc::foreign_file: return "a file belongs to another store";
    case errc::corrupt_state: return "the checkpoints of consumers, or saved schemas, are damaged";
    case errc::malformed_payload: return "a Cap'n Proto payload is not what its type says";
    case errc::unknown_event_type:
      return "no schema is registered for this event type: register one";
    case errc::unknown_schema_version:
      return "this schema version of the event type is not registered: register it, or update";
    case errc::wrong_codec: return "the payload is not Cap'n Proto: read it as what its codec says";
    case errc::foreign_metadata:
      return "the metadata was not written as event_metadata: read it as its writer meant it";
    case errc::malformed_metadata: return "the metadata cannot be read as event_metadata";
    case errc::invalid_metadata: return "a member of event_metadata breaks its rule";
    case errc::invalid_schema: return "the schema cannot be used for events";
    case errc::duplicate_schema:
      return "another schema is registered for this event type and schema version";
    case errc::incompatible_schema:
      return "a schema does not read what is stored any more: give the new one another version";
  }
  return "unknown error";
}

bool is_one_of(errc code, std::initializer_list<errc> set) noexcept {
  for (const errc member : set)
    if (code == member) return true;
  return false;
}

bool own_code_means(errc code, error_condition condition) noexcept {
  switch (condition) {
    case error_condition::conflict: return code == errc::store_locked;
    case error_condition::invalid:
      return (code >= errc::invalid_argument && code <= errc::no_events) ||
             (code >= errc::malformed_payload && code <= errc::incompatible_schema) ||
             is_one_of(code,
                       {errc::store_not_found, errc::unsupported_format, errc::store_read_only});
    case error_condition::capacity:
      return is_one_of(code,
                       {errc::overloaded, errc::disk_full, errc::timed_out, errc::out_of_memory});
    case error_condition::corruption:
      return is_one_of(code, {errc::corrupt_data, errc::missing_segment, errc::corrupt_manifest,
                              errc::corrupt_index, errc::foreign_file, errc::store_damaged,
                              errc::corrupt_state});
    case error_condition::fatal:
      return is_one_of(code, {errc::store_failed, errc::store_closed, errc::forked_process,
                              errc::outcome_unknown});
  }
  return false;
}

bool system_code_means(int code, error_condition condition) noexcept {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM: return condition == error_condition::capacity;
    case EIO: return condition == error_condition::fatal;
    default: return false;
  }
}

class own_category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "mainstem"; }
  std::string message(int value) const override { return message_of(static_cast<errc>(value)); }
};

class own_condition_category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "mainstem condition"; }
  std::string message(int value) const override {
    switch (static_cast<error_condition>(value)) {
      case error_condition::conflict: return "someone else was there";
      case error_condition::invalid: return "the call is wrong, or the program too old";
      case error_condition::capacity: return "something is full";
      case error_condition::corruption: return "stored data is damaged";
      case error_condition::fatal: return "the store object is of no more use";
    }
    return "unknown condition";
  }
  bool equivalent(const boost::system::error_code& code, int value) const noexcept override {
    const auto condition = static_cast<error_condition>(value);
    if (code.category() == mainstem::error_category())
      return own_code_means(static_cast<errc>(code.value()), condition);
    if (code.category() == boost::system::system_category() ||
        code.category() == boost::system::generic_category()) {
      return system_code_means(code.value(), condition);
    }
    return false;
  }
};

}  // namespace

const boost::system::error_category& error_category() noexcept {
  static const own_category category;
  return category;
}

std::ostream& operator<<(std::ostream& out, errc code) { return out << message_of(code); }

const boost::system::error_category& condition_category() noexcept {
  static const own_condition_category category;
  return category;
}

boost::system::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}

boost::system::error_condition make_error_condition(error_condition condition) noexcept {
  return {static_cast<int>(condition), condition_category()};
}

error::error(boost::system::error_code code, error_info info)
    : code_(code), info_(std::make_shared<const error_info>(std::move(info))) {}

const error_info& error::info() const noexcept {
  static const error_info nothing;
  return info_ ? *info_ : nothing;
}

namespace {

std::string in_words(const error& failure, std::string_view advice) {
  std::string text = failure.code().message();
  const error_info& more = failure.info();
  if (!more.detail.empty()) text += ": " + more.detail;
  if (!advice.empty()) text.append(": ").append(advice);
  if (!more.path.empty())
    text += " [" + more.path + (more.offset ? " at " + std::to_string(*more.offset) : "") + "]";
  if (more.first_position) {
    text += " (positions " + std::to_string(*more.first_position);
    text += more.last_position ? " to " + std::to_string(*more.last_position) + ")" : " and above)";
  }
  return text;
}

}  // namespace

std::string error::message() const { return in_words(*this, advice_on(code_)); }

std::string error::description() const { return in_words(*this, {}); }

std::ostream& operator<<(std::ostream& out, const error& value) { return out << value.message(); }

exception::exception(mainstem::error failure)
    : boost::system::system_error(failure.code()),
      message_(failure.message()),
      error_(std::move(failure)) {}

void throw_exception_from_error(const error& failure, const boost::source_location& where) {
  boost::throw_exception(exception(failure), where);
}

}  // namespace mainstem
