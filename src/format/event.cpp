// SPDX-License-Identifier: Apache-2.0
#include <mainstem/event.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/bytes.h"
#include "base/text.h"
#include "format/event_access.h"

namespace mainstem {
namespace {

result<void> check_tags(const std::vector<std::string>& tags) {
  if (tags.size() > limits::tags_per_event) {
    return error(errc::too_many_tags, "this one has " + std::to_string(tags.size()));
  }
  for (auto tag = tags.begin(); tag != tags.end(); ++tag) {
    if (auto flaw = name_flaw(*tag); !flaw.empty())
      return error(errc::invalid_tag, std::move(flaw));
    if (tag->front() == '$') return error(errc::reserved_name, "the tag " + *tag);
    if (std::find(tags.begin(), tag, *tag) != tag)
      return error(errc::invalid_tag, "twice on one event: " + *tag);
  }
  return {};
}

result<void> check_event(std::string_view type, payload_view payload,
                         const event_options& options) {
  if (auto flaw = name_flaw(type); !flaw.empty())
    return error(errc::invalid_event_type, std::move(flaw));
  if (type.front() == '$') return error(errc::reserved_name, "the event type " + std::string(type));
  if (payload.bytes.size() > limits::payload_bytes) {
    return error(errc::payload_too_large,
                 "this one has " + std::to_string(payload.bytes.size()) + " bytes");
  }
  if (options.metadata.size() > limits::metadata_bytes) {
    return error(errc::metadata_too_large,
                 "this one has " + std::to_string(options.metadata.size()) + " bytes");
  }
  // Two messages without an id would be one event.
  if (options.id && options.id->is_nil()) {
    return error(errc::invalid_argument,
                 "the event's id is nil (all zero): give the message's own id, or leave the id "
                 "unset for a new one");
  }
  return check_tags(options.tags);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, codec value) {
  switch (value) {
    case codec::binary: return out << "binary";
    case codec::json: return out << "json";
    case codec::text: return out << "text";
    case codec::capnp: return out << "capnp";
  }
  return out << "codec " << static_cast<unsigned>(value);
}

payload_view json(std::string_view text) noexcept { return {as_bytes(text), codec::json}; }
payload_view text(std::string_view text) noexcept { return {as_bytes(text), codec::text}; }
payload_view binary(std::span<const std::byte> bytes) noexcept { return {bytes, codec::binary}; }

event_data::event_data(std::string_view type, payload_view payload, const event_options& options)
    : event_data(make(type, payload, options).value()) {}

result<event_data> event_data::make(std::string_view type, payload_view payload,
                                    const event_options& options) {
  if (auto checked = check_event(type, payload, options); !checked) return checked.error();
  void* const memory = ::operator new(sizeof(content) + type.size() + options.metadata.size() +
                                      payload.bytes.size());
  boost::intrusive_ptr<content> made(new (memory) content, false);
  made->id = options.id ? *options.id : uuid::generate();
  made->codec = payload.codec;
  made->submissions.store(options.id ? 1 : 0, std::memory_order_relaxed);
  made->tags = options.tags;
  made->type_size = static_cast<std::uint8_t>(type.size());
  made->metadata_size = static_cast<std::uint32_t>(options.metadata.size());
  made->payload_size = static_cast<std::uint32_t>(payload.bytes.size());
  std::byte* to = std::ranges::copy(as_bytes(type), made->bytes()).out;
  to = std::ranges::copy(options.metadata, to).out;
  std::ranges::copy(payload.bytes, to);
  return event_data(std::move(made));
}

void intrusive_ptr_add_ref(const event_data::content* shared) noexcept {
  shared->references.fetch_add(1, std::memory_order_relaxed);
}

void intrusive_ptr_release(const event_data::content* shared) noexcept {
  // Who has the only reference needs no locked instruction to know it.
  if (shared->references.load(std::memory_order_acquire) != 1 &&
      shared->references.fetch_sub(1, std::memory_order_acq_rel) != 1)
    return;
  shared->~content();
  ::operator delete(const_cast<event_data::content*>(shared));
}

const event_id& event_data::id() const noexcept { return content_->id; }
std::string_view event_data::type() const noexcept {
  return as_text({content_->bytes(), content_->type_size});
}
codec event_data::codec() const noexcept { return content_->codec; }
std::span<const std::byte> event_data::metadata() const noexcept {
  return {content_->bytes() + content_->type_size, content_->metadata_size};
}
std::span<const std::byte> event_data::payload() const noexcept {
  return {content_->bytes() + content_->type_size + content_->metadata_size,
          content_->payload_size};
}
const std::vector<std::string>& event_data::tags() const noexcept { return content_->tags; }

event_id event_view::id() const noexcept {
  uuid::bytes_type bytes;
  std::memcpy(bytes.data(), id_, bytes.size());
  return event_id(bytes);
}

std::span<const event_view> event_batch::events() const& noexcept {
  return content_ ? std::span<const event_view>(content_->views) : std::span<const event_view>();
}

event to_owned(const event_view& source) { return detail::event_access::copy_of(source); }

namespace detail {

void event_access::release_writes(append_request& request) noexcept {
  const auto belongs_here_alone = [](const event_data& event) {
    return is_fresh(event) && event.content_->references.load(std::memory_order_acquire) == 1;
  };
  const auto all_belong_here = [&](const append_request::stream_write& write) {
    return std::ranges::all_of(write.events, belongs_here_alone);
  };
  if (!std::ranges::all_of(request.writes_, all_belong_here)) return;
  std::vector<append_request::stream_write>().swap(request.writes_);
}

event_view event_access::make_view(position at, version in_stream, std::uint64_t timestamp,
                                   std::string_view stream,
                                   const format::event_record& record) noexcept {
  event_view view;
  view.position_ = at;
  view.version_ = in_stream;
  view.unix_nanoseconds_ = static_cast<std::int64_t>(timestamp);
  view.stream_ = stream;
  view.type_ = record.type;
  view.payload_ = record.payload;
  view.metadata_ = record.metadata;
  view.tags_.encoded_ = record.encoded_tags;
  view.tags_.count_ = record.tag_count;
  view.id_ = record.bytes.data() + format::event_record_layout::id.offset;
  view.codec_ = record.codec;
  return view;
}

event_batch event_access::make_batch(std::vector<event_view> views,
                                     std::vector<std::shared_ptr<const void>> owners) {
  event_batch batch;
  if (views.empty()) return batch;
  auto made = std::make_shared<event_batch::content>();
  made->views = std::move(views);
  made->owners = std::move(owners);
  batch.content_ = std::move(made);
  return batch;
}

event event_access::first_of(const event_batch& batch) noexcept {
  event one;
  one.view_ = &batch.content_->views.front();
  one.owner_ = batch.content_;
  return one;
}

event event_access::copy_of(const event_view& source) {
  struct owned {
    event_view view;
    // Payload first: the vector's start is aligned as the payload has to be.
    std::vector<std::byte> bytes;
  };
  const std::size_t payload_space = align_up(source.payload_.size(), format::alignment_bytes);
  auto copy = std::make_shared<owned>(owned{source, {}});
  copy->bytes.resize(payload_space + source.metadata_.size() + source.stream_.size() +
                     source.type_.size() + source.tags_.encoded_.size() + sizeof(uuid::bytes_type));
  std::byte* to = copy->bytes.data();
  const auto put = [&to](const void* from, std::size_t size) {
    if (size != 0) std::memcpy(to, from, size);
    return std::exchange(to, to + size);
  };
  const auto put_text = [&put](std::string_view from) {
    return std::string_view(reinterpret_cast<const char*>(put(from.data(), from.size())),
                            from.size());
  };
  event_view& view = copy->view;
  view.payload_ = {put(source.payload_.data(), source.payload_.size()), source.payload_.size()};
  to = copy->bytes.data() + payload_space;
  view.metadata_ = {put(source.metadata_.data(), source.metadata_.size()), source.metadata_.size()};
  view.id_ = put(source.id_, sizeof(uuid::bytes_type));
  view.stream_ = put_text(source.stream_);
  view.type_ = put_text(source.type_);
  view.tags_.encoded_ = put_text(source.tags_.encoded_);

  event one;
  one.view_ = &copy->view;
  one.owner_ = std::move(copy);
  return one;
}

}  // namespace detail
}  // namespace mainstem
