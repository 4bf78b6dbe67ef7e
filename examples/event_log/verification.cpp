// SPDX-License-Identifier: Apache-2.0
#include "verification.h"

#include <xxhash.h>

#include <mainstem/store.h>

#include "acknowledgements.h"
#include "common/interruption.h"
#include "row_table.h"
#include "store_access.h"

namespace event_log {
namespace {

namespace ms = mainstem;

/// A digest of one event, chained to that of the events before it in its stream.
std::uint64_t chain(std::uint64_t before, std::uint64_t version, const ms::event_id& id,
                    std::string_view type, std::string_view payload) {
  const std::uint64_t parts[] = {before, version, XXH3_64bits(id.bytes().data(), id.bytes().size()),
                                 XXH3_64bits(type.data(), type.size()),
                                 XXH3_64bits(payload.data(), payload.size())};
  return XXH3_64bits(parts, sizeof(parts));
}

/// One digest per stream, and one of them all.
class stream_digests {
 public:
  explicit stream_digests(std::size_t streams) : digests_(streams) {}
  void add(std::uint32_t stream, std::uint64_t version, const ms::event_id& id,
           std::string_view type, std::string_view payload) {
    digests_[stream] = chain(digests_[stream], version, id, type, payload);
  }
  [[nodiscard]] std::uint64_t whole() const {
    return XXH3_64bits(digests_.data(), digests_.size() * sizeof(std::uint64_t));
  }
  friend bool operator==(const stream_digests&, const stream_digests&) = default;

 private:
  std::vector<std::uint64_t> digests_;
};

class verifier {
 public:
  verifier(const workload_view& workload, ms::store& store)
      : workload_(workload),
        store_(store),
        table_(workload),
        by_position_(workload.streams.size()),
        by_stream_(workload.streams.size()),
        positions_(workload.rows.size()) {}

  outcome<verification_figures> run(const std::vector<acknowledgement>& acknowledged) {
    if (auto r = read_by_position(); !r) return r.error();
    if (auto r = read_by_stream(); !r) return r.error();
    compare_digests();
    for (std::size_t i = 0; i < positions_.size(); ++i)
      if (positions_[i] == 0) {
        ++found_.missing;
        remark("line " + std::to_string(workload_.rows[i].line) + " is not in the store");
      }
    check(acknowledged);
    return std::move(found_);
  }

 private:
  void remark(std::string text) {
    constexpr std::size_t most = 10;
    if (found_.remarks.size() < most) found_.remarks.push_back(std::move(text));
  }

  void differs(const ms::event_view& event, const std::string& how) {
    ++found_.different;
    remark("position " + std::to_string(event.position().value()) + ", version " +
           std::to_string(event.version().value()) + " of " + std::string(event.stream()) + ": " +
           how);
  }

  outcome<void> read_by_position() {
    auto reader = store_.read_all();
    while (true) {
      const auto batch = reader.next();
      if (interrupted()) return problem{"interrupted", exit_interrupted};
      if (!batch) return failure("reading by position: " + batch.error().message());
      if (batch->empty()) return {};
      for (const ms::event_view& event : batch->events()) take_by_position(event);
    }
  }

  void take_by_position(const ms::event_view& event) {
    if (event.position().value() != ++found_.events)
      differs(event, "expected position " + std::to_string(found_.events));
    const auto stream = table_.find_stream(event.stream());
    const auto index = stream ? table_.find(*stream, event.version().value()) : std::nullopt;
    if (!index) return differs(event, "no such row was written");
    by_position_.add(*stream, event.version().value(), event.id(), event.type(),
                     event.payload_text());
    if (positions_[*index] != 0) return differs(event, "the row stands in the store twice");
    positions_[*index] = event.position().value();
    const row& expected = workload_.rows[*index];
    if (event.type() != workload_.type_of(expected) ||
        event.payload_text() != workload_.payload_of(expected) ||
        event.codec() != ms::codec::json ||
        event.id() != event_id_of(workload_.settings.seed, *index))
      differs(event, "not what line " + std::to_string(expected.line) + " says");
  }

  outcome<void> read_by_stream() {
    for (std::uint32_t stream = 0; stream < workload_.streams.size(); ++stream) {
      if (interrupted()) return problem{"interrupted", exit_interrupted};
      auto reader = store_.read_stream(ms::stream_name(workload_.stream_name(stream)));
      std::uint64_t version = 0;
      while (true) {
        const auto batch = reader.next();
        if (!batch)
          return failure("reading " + std::string(workload_.stream_name(stream)) + ": " +
                         batch.error().message());
        if (batch->empty()) break;
        for (const ms::event_view& event : batch->events())
          take_by_stream(event, stream, ++version);
      }
    }
    return {};
  }

  void take_by_stream(const ms::event_view& event, std::uint32_t stream, std::uint64_t version) {
    by_stream_.add(stream, event.version().value(), event.id(), event.type(), event.payload_text());
    const auto index = table_.find(stream, version);
    if (event.version().value() != version || event.stream() != workload_.stream_name(stream))
      differs(event, "read by stream, expected version " + std::to_string(version));
    else if (!index || positions_[*index] != event.position().value())
      differs(event, "read by stream, it stands elsewhere than read by position");
  }

  void compare_digests() {
    stream_digests input(workload_.streams.size());
    for (std::size_t i = 0; i < workload_.rows.size(); ++i) {
      const row& each = workload_.rows[i];
      input.add(each.stream, each.version, event_id_of(workload_.settings.seed, i),
                workload_.type_of(each), workload_.payload_of(each));
    }
    found_.digest = input.whole();
    found_.digests_equal = input == by_position_ && input == by_stream_;
    if (!found_.digests_equal)
      found_.remarks.emplace_back("the digests of input and store are not equal");
  }

  void check(const std::vector<acknowledgement>& acknowledged) {
    std::vector<bool> seen(workload_.rows.size());
    for (const acknowledgement& told : acknowledged) {
      const bool known = told.row < workload_.rows.size();
      if (known && !seen[told.row]) ++found_.acknowledged;
      if (known) seen[told.row] = true;
      if (known && positions_[told.row] == told.position && told.position != 0 &&
          workload_.rows[told.row].version == told.version)
        continue;
      ++found_.lost;
      remark("row " + std::to_string(told.row) + " was acknowledged at position " +
             std::to_string(told.position) + " as version " + std::to_string(told.version) +
             (known && positions_[told.row] != 0
                  ? ", and stands at " + std::to_string(positions_[told.row])
                  : ", and is not there"));
    }
  }

  const workload_view& workload_;
  ms::store& store_;
  row_table table_;
  stream_digests by_position_;
  stream_digests by_stream_;
  std::vector<std::uint64_t> positions_;  // Per row: where it stands; 0: nowhere.
  verification_figures found_;
};

}  // namespace

outcome<verification_figures> verify(const workload_view& workload, const std::string& store,
                                     const std::string& acknowledgements) {
  const auto acknowledged = read_acknowledgements(acknowledgements);
  if (!acknowledged) return acknowledged.error();
  ms::store_options options = options_for(workload.settings);
  options.create_if_missing = false;
  auto opened = ms::store::open(store, options);
  if (!opened) return failure("the store does not open: " + opened.error().message());
  auto found = verifier(workload, *opened).run(*acknowledged);
  if (!found) return found;
  found->closed_cleanly = opened->recovery().clean;
  if (!found->closed_cleanly) found->remarks.emplace_back("the store had not been closed properly");
  found->log_bytes = opened->info().log_bytes;
  found->segments = opened->info().segments;
  if (const auto closed = opened->close(); !closed)
    return failure("closing the store: " + closed.error().message());
  return found;
}

}  // namespace event_log
