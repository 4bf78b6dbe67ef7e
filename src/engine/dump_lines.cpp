// SPDX-License-Identifier: Apache-2.0
#include "engine/dump_lines.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "base/bytes.h"
#include "format/commit_examination.h"
#include "format/uuid_field.h"

namespace mainstem::engine {
namespace {

constexpr std::size_t bytes_per_line = 16;

std::string in_time(std::uint64_t unix_nanoseconds) {
  constexpr std::uint64_t nanoseconds = 1'000'000'000;
  const auto seconds = static_cast<std::time_t>(unix_nanoseconds / nanoseconds);
  std::tm parts{};
  if (::gmtime_r(&seconds, &parts) == nullptr) return "no time";
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 16> fraction{};
  static_cast<void>(std::snprintf(fraction.data(), fraction.size(), ".%09lluZ",
                                  static_cast<unsigned long long>(unix_nanoseconds % nanoseconds)));
  return std::string(text.data(), length) + fraction.data();
}

std::string as_shown(std::span<const std::byte> bytes) {
  std::string text(as_text(bytes));
  for (char& each : text)
    if (static_cast<unsigned char>(each) < 0x20 || static_cast<unsigned char>(each) > 0x7e)
      each = '.';
  return text;
}

std::string codec_name(codec value) {
  switch (value) {
    case codec::binary: return "binary";
    case codec::json: return "json";
    case codec::text: return "text";
    case codec::capnp: return "capnp";
  }
  return "codec " + std::to_string(static_cast<unsigned>(value));
}

}  // namespace

std::string hex_of(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::byte each : bytes) {
    const auto value = std::to_integer<std::size_t>(each);
    if (!text.empty()) text += ' ';
    text += digits[value >> 4U];
    text += digits[value & 0xfU];
  }
  return text;
}

std::string kind_of(format::frame_kind kind) {
  switch (kind) {
    case format::frame_kind::commit: return "commit";
    case format::frame_kind::mark: return "mark";
    case format::frame_kind::trailer: return "trailer";
  }
  return "kind " + std::to_string(static_cast<unsigned>(kind));
}

std::uint64_t dump_lines::value(format::field which) const noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = which.size; i-- > 0;)
    value = value << 8U | std::to_integer<std::uint64_t>(bytes_[which.offset + i]);
  return value;
}

void dump_lines::field(const char* name, format::field which, std::string words, bool good) {
  into_.lines.push_back({offset_ + which.offset, name,
                         hex_of(bytes_.subspan(which.offset, which.size)), std::move(words), good});
}

void dump_lines::number(const char* name, format::field which, bool good) {
  field(name, which, std::to_string(value(which)), good);
}

void dump_lines::time(const char* name, format::field which) {
  field(name, which, in_time(value(which)));
}

void dump_lines::id(const char* name, format::field which) {
  field(name, which, format::get_uuid(bytes_.data() + which.offset).to_string());
}

void dump_lines::block(const char* name, std::size_t at, std::size_t size, bool good) {
  size = std::min(size, bytes_.size() - std::min(at, bytes_.size()));
  const std::size_t shown = std::min(size, most_bytes_);
  for (std::size_t done = 0; done < shown; done += bytes_per_line) {
    const auto piece = bytes_.subspan(at + done, std::min(bytes_per_line, shown - done));
    into_.lines.push_back({offset_ + at + done, done == 0 ? name : "", hex_of(piece),
                           "\"" + as_shown(piece) + "\"", good});
  }
  if (shown < size)
    into_.lines.push_back({offset_ + at + shown, "", "",
                           "and " + std::to_string(size - shown) + " bytes more", good});
}

void dump_prefix(const format::frame_prefix& prefix, std::span<const std::byte> frame,
                 std::uint64_t offset, dump_result& into) {
  namespace at = format::frame_prefix_layout;
  dump_lines lines(frame, offset, frame.size(), into);
  lines.field("checksum", at::checksum, "of the 72 bytes behind it, for this place");
  lines.field("magic", at::magic, "MSF and 0xa5");
  lines.field("kind", at::kind, kind_of(prefix.kind));
  lines.number("flags", at::flags);
  lines.number("stream_count", at::stream_count);
  lines.number("length", at::length);
  lines.number("event_count", at::event_count);
  lines.number("epoch", at::epoch);
  lines.number("segment", at::segment);
  lines.number("first_position", at::first_position);
  lines.number("durable_position", at::durable_position);
  lines.time("timestamp", at::timestamp);
  lines.field("previous_checksum", at::previous_checksum, "of the commit or mark before");
  const bool versions_hold = format::verify_versions(prefix, frame);
  lines.field("versions_digest", at::versions_digest,
              versions_hold ? "of the first versions" : "NOT that of the first versions",
              versions_hold);
  lines.field("body_digest", at::body_digest, "of the checksums in the body");
  for (std::size_t i = 0; i < prefix.stream_count; ++i)
    lines.number("first version", {at::size + at::first_version_size * i, at::first_version_size},
                 versions_hold);
}

void dump_record(const format::frame_prefix& prefix, std::span<const std::byte> frame,
                 const format::event_record& record, std::string_view stream, std::uint64_t offset,
                 std::size_t most_bytes, dump_result& into) {
  namespace at = format::event_record_layout;
  dump_lines lines(record.bytes, offset, most_bytes, into);
  const std::uint64_t version =
      format::first_version_of(frame, record.stream_index) + record.stream_ordinal;
  into.lines.push_back({offset, "event", "",
                        "position " + std::to_string(prefix.first_position + record.ordinal) +
                            ", version " + std::to_string(version) + " of stream " +
                            std::string(stream)});
  lines.field("checksum", at::checksum, "of the rest of the record, XOR body_digest");
  lines.id("id", at::id);
  lines.field("place", at::place,
              "offset " + std::to_string(record.body_offset_bytes) + " in the body, event " +
                  std::to_string(record.ordinal) + " of the commit, " +
                  std::to_string(record.stream_ordinal) + " of its stream");
  lines.number("payload_size", at::payload_size);
  lines.number("metadata_size", at::metadata_size);
  lines.number("stream_index", at::stream_index);
  lines.number("tags_size", at::tags_size);
  lines.number("type_size", at::type_size);
  lines.number("tag_count", at::tag_count);
  lines.field("codec", at::codec, codec_name(record.codec));
  lines.number("flags", at::flags);
  const auto* const begin = record.bytes.data();
  const auto place_of = [begin](const void* what) {
    return static_cast<std::size_t>(static_cast<const std::byte*>(what) - begin);
  };
  lines.block("type", place_of(record.type.data()), record.type.size());
  lines.block("tags", place_of(record.encoded_tags.data()), record.encoded_tags.size());
  lines.block("metadata", place_of(record.metadata.data()), record.metadata.size());
  lines.block("payload", place_of(record.payload.data()), record.payload.size());
}

void dump_commit(const format::frame_prefix& prefix, std::span<const std::byte> frame,
                 std::uint64_t offset, std::size_t most_bytes, dump_result& into) {
  namespace at = format::commit_body_layout;
  const std::size_t prefix_size = format::prefix_bytes(prefix.stream_count);
  const auto parts = format::examine_commit(prefix, frame);
  const auto body = frame.first(prefix.length).subspan(prefix_size);
  dump_lines lines(body, offset + prefix_size, most_bytes, into);
  lines.field("table_checksum", at::table_checksum,
              parts.names_hold ? "of the names, XOR body_digest" : "NOT that of the names",
              parts.names_hold);
  lines.number("table_size", at::table_size, parts.names_hold);
  lines.number("stream_count", at::stream_count, parts.names_hold);
  lines.number("reserved", at::reserved, parts.names_hold);
  if (parts.names_hold) {
    for (const auto name : parts.names)
      lines.block(
          "stream",
          static_cast<std::size_t>(reinterpret_cast<const std::byte*>(name.data()) - body.data()),
          name.size());
  }
  std::size_t next_run = 0;
  const auto add_runs = [&](std::uint32_t below) {
    for (; next_run < parts.damaged.size() && parts.damaged[next_run].first_ordinal < below;
         ++next_run) {
      const auto& run = parts.damaged[next_run];
      into.lines.push_back({offset + run.frame_offset_bytes, "event", "",
                            "DAMAGED: positions " +
                                std::to_string(prefix.first_position + run.first_ordinal) + " to " +
                                std::to_string(prefix.first_position + run.last_ordinal),
                            false});
    }
  };
  for (const auto& record : parts.records) {
    add_runs(record.ordinal);
    const std::string_view stream =
        parts.names_hold ? parts.names[record.stream_index] : std::string_view("?");
    dump_record(prefix, frame, record, stream, offset + prefix_size + record.body_offset_bytes,
                most_bytes, into);
  }
  add_runs(prefix.event_count);
}

void dump_trailer(std::span<const std::byte> frame, std::uint64_t offset, dump_result& into) {
  namespace at = format::trailer_body_layout;
  const std::size_t prefix_size = format::prefix_bytes(0);
  if (frame.size() < prefix_size + at::size) return;
  dump_lines lines(frame.subspan(prefix_size), offset + prefix_size, frame.size(), into);
  lines.number("first_position", at::first_position);
  lines.number("last_position", at::last_position);
  lines.number("frame_count", at::frame_count);
  lines.number("event_count", at::event_count);
  lines.time("first_timestamp", at::first_timestamp);
  lines.time("last_timestamp", at::last_timestamp);
  lines.number("entry_count", at::entry_count);
  const std::uint64_t room = frame.size() - prefix_size - at::size;
  const std::uint64_t entries = std::min(lines.value(at::entry_count), room / at::entry_size);
  for (std::uint64_t i = 0; i < entries; ++i) {
    const std::size_t place = at::size + at::entry_size * i;
    const format::field position{place, 8};
    const format::field file_offset{place + 8, 8};
    lines.field("entry", {place, at::entry_size},
                "position " + std::to_string(lines.value(position)) + " at " +
                    std::to_string(lines.value(file_offset)));
  }
}

}  // namespace mainstem::engine
