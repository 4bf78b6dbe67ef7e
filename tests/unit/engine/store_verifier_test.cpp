// SPDX-License-Identifier: Apache-2.0
#include "engine/store_verifier.h"

#include "format/frame.h"
#include "format/trailer.h"
#include "index/index_rows.h"
#include "verified_store.h"

namespace mainstem::test_support {
namespace {

using format::frame_prefix_layout::size;

// The log of a new store begins with a mark.
constexpr std::uint64_t first_frame = format::segment_header_layout::size;
constexpr std::uint64_t first_commit = first_frame + size;
const std::string store_folder = store_path;

TEST(VerifyStore, FindsNothingInAGoodOne) {
  const verified_store store;
  const auto report = store.verify();
  EXPECT_TRUE(report.clean()) << words_of(report);
  EXPECT_EQ(report.events, store.events());
  EXPECT_EQ(report.commits, store.events() / 4);
  EXPECT_EQ(report.streams, 2U);
  EXPECT_EQ(report.first_position, position(1));
  EXPECT_EQ(report.last_position, position(store.events()));
  EXPECT_EQ(report.durable, report.last_position);
  EXPECT_GE(report.segments, 3U);
  EXPECT_EQ(report.checkpoints, 1U);
  EXPECT_EQ(report.lost_positions, 0U);
  EXPECT_EQ(report.torn_bytes, 0U);
  EXPECT_NE(report.log_digest, 0U);
  ASSERT_TRUE(report.has_index);
  EXPECT_EQ(report.indexed, report.last_position);
  EXPECT_EQ(report.index_digest, report.expected_digest);
}

TEST(VerifyStore, ComparesAnIndexThatIsBehind) {
  const verified_store store(ending::killed);
  const auto report = store.verify();
  EXPECT_TRUE(report.clean()) << words_of(report);
  EXPECT_LT(report.indexed, report.last_position);
  EXPECT_GT(report.indexed, position(0));
  EXPECT_EQ(report.index_digest, report.expected_digest);
}

TEST(VerifyStore, WorksBesideAWriter) {
  verified_store store(ending::open);
  const auto report = store.verify();
  EXPECT_TRUE(report.clean()) << words_of(report);
  EXPECT_EQ(report.events, store.events());
}

TEST(VerifyStore, CountsOnlyWhatWasDurableWhenSomebodyWritesMeanwhile) {
  verified_store store(ending::open);
  const auto before = store.verify();
  bool has_written = false;
  verify_options options;
  options.on_progress = [&](const verify_progress& progress) {
    if (progress.stage != verify_progress::stage::log || has_written) return;
    has_written = true;
    for (int i = 0; i < 20; ++i) store.append();
    store.store().seal();
  };
  const auto during = engine::verify_store(store_path, options, store.machine().around()).value();
  ASSERT_TRUE(has_written);
  EXPECT_TRUE(during.clean()) << words_of(during);
  EXPECT_EQ(during.last_position, before.last_position);
  EXPECT_EQ(during.log_digest, before.log_digest);
  EXPECT_EQ(store.verify().events, store.events());
}

TEST(VerifyStore, CanBeStopped) {
  const verified_store store;
  std::stop_source stop;
  stop.request_stop();
  const auto copy = store.verify();
  verify_options options;
  options.stop = stop.get_token();
  verified_store other;
  const auto report = engine::verify_store(store_path, options, other.machine().around());
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code(), boost::system::errc::operation_canceled);
}

TEST(VerifyStore, DigestDependsOnEventsAlone) {
  verified_store store(ending::killed);
  const auto before = store.verify();
  // Another epoch, other segments: recovery writes the unproven end again.
  ASSERT_TRUE(store.store().open().has_value());
  store.store().close();
  const auto after = store.verify();
  EXPECT_TRUE(after.clean()) << words_of(after);
  EXPECT_EQ(after.log_digest, before.log_digest);
  ASSERT_TRUE(store.store().open().has_value());
  store.append();
  store.store().close();
  EXPECT_NE(store.verify().log_digest, before.log_digest);
  const auto up_to = store.verify({}, {.digest_up_to = before.last_position});
  EXPECT_EQ(up_to.log_digest, before.log_digest);
  EXPECT_EQ(up_to.digest_up_to, before.last_position);
}

// In a sealed segment every byte counts.
TEST(VerifyStore, NoticesEveryByteOfASealedSegment) {
  const verified_store store;
  const auto good = store.verify();
  const std::string path = verified_store::segment_path(2);
  const std::uint64_t bytes = store.bytes_of(path).size();
  for (std::uint64_t at = 0; at < bytes; at += byte_stride) {
    const auto report = store.verify(
        [&](simulated_machine& machine) { machine.disk().flip_bit(path, at * 8 + at % 8); });
    ASSERT_FALSE(report.clean()) << "byte " << at;
    EXPECT_NE(report.findings.front().what.info().path.find(path), std::string::npos)
        << "byte " << at << ": " << words_of(report);
    EXPECT_LE(report.events, good.events);
  }
}

TEST(VerifyStore, NeverCountsWhatIsNotThere) {
  const verified_store store;
  const auto good = store.verify();
  const std::string path = verified_store::segment_path(good.segments > 3 ? 4 : 3);
  const std::uint64_t bytes = store.bytes_of(path).size();
  std::size_t noticed = 0;
  for (std::uint64_t length = 0; length < bytes; length += byte_stride) {
    const auto report =
        store.verify([&](simulated_machine& machine) { machine.disk().truncate(path, length); });
    if (report.clean()) {
      EXPECT_EQ(report.log_digest, good.log_digest) << "cut at " << length;
    } else {
      ++noticed;
    }
  }
  EXPECT_GT(noticed, 0U);
}

struct planted {
  const char* name;
  const char* kinds;  ///< What verifying finds.
  verified_store::damage harm;
  const char* words = "";  ///< In the first finding.
  std::uint64_t first_position = 0;
  std::uint64_t last_position = 0;
};

void zero(simulated_machine& machine, const std::string& path, std::uint64_t from,
          std::uint64_t bytes) {
  machine.disk().overwrite(path, from, std::vector<std::byte>(bytes));
}

std::vector<planted> planted_damage(const verified_store& store) {
  const std::string first = verified_store::segment_path(1);
  const std::string second = verified_store::segment_path(2);
  const std::uint64_t payload = store.offset_of(first, "payload 6 ");
  const std::uint64_t name = store.offset_of(first, "order-2");
  const std::uint64_t second_bytes = store.bytes_of(second).size();
  const std::uint64_t begin = 1 + [&] {
    const auto copy = store.bytes_of(second);
    return load<std::uint64_t>(copy.data() + format::segment_header_layout::first_position.offset);
  }() - 1;
  const auto manifest = store.bytes_of(store_folder + "/manifest");
  return {
      {"a flipped bit in a payload", "event",
       [=](auto& m) { m.disk().flip_bit(first, 8 * payload); }, "an event is damaged", 6, 6},
      {"a damaged name", "commit", [=](auto& m) { m.disk().flip_bit(first, 8 * name); }, "names", 1,
       4},
      {"a damaged version", "commit",
       [=](auto& m) { m.disk().flip_bit(first, 8 * (first_commit + size)); }, "versions", 1, 4},
      {"a damaged prefix", "frames", [=](auto& m) { m.disk().flip_bit(first, 8 * first_commit); },
       "no valid frame", 1, 4},
      {"a zeroed sector", "frames",
       [=](auto& m) { zero(m, first, 0, 0), zero(m, second, 256, 512); }, "no valid frame", begin,
       begin + 3},
      {"a damaged header", "segment_header", [=](auto& m) { m.disk().flip_bit(second, 8 * 90); },
       "header"},
      {"a header of another store", "segment_header",
       [=](auto& m) { m.disk().flip_bit(second, 8 * 33); }, "store"},
      {"a missing segment", "missing_segment", [=](auto& m) { m.disk().remove(second); },
       "the segment is missing", begin},
      {"a segment in the place of another", "missing_segment",
       [=](auto& m) { m.disk().put(second, m.disk().files().at(first)); }, "under another name"},
      {"an empty segment", "segment_header", [=](auto& m) { m.disk().truncate(second, 0); },
       "shorter than its header", begin},
      {"a damaged trailer", "trailer",
       [=](auto& m) { m.disk().flip_bit(second, 8 * (second_bytes - 30)); }, "trailer"},
      {"a trailer cut off", "trailer",
       [=](auto& m) { m.disk().truncate(second, second_bytes - 8); }, "trailer"},
      {"a log that ends too early", "lost_events state index",
       [=](auto& m) {
         for (const auto& [path, bytes] : m.disk().files())
           if (path > second && path.find("/log/") != std::string::npos) m.disk().remove(path);
         m.disk().remove(second);
         zero(m, first, first_frame, 8);
         m.disk().truncate(first, first_frame);
       },
       "the log ends here"},
      {"a last segment of which only the one before it knows", "missing_segment state",
       [=](auto& m) {
         m.disk().remove(store_folder + "/control");
         m.index().lose("index");
         m.index().lose("state");
         std::string last;
         for (const auto& [path, bytes] : m.disk().files())
           if (path.find("/log/") != std::string::npos) last = path;
         m.disk().remove(last);
       },
       "the segment is missing or empty"},
      {"a damaged manifest", "manifest",
       [](auto& m) { m.disk().flip_bit(store_folder + "/manifest", 200); }, "manifest"},
      {"a missing copy of the manifest", "manifest",
       [](auto& m) { m.disk().remove(store_folder + "/manifest.copy"); }, "missing"},
      {"a damaged control page", "control_page",
       [](auto& m) { m.disk().flip_bit(store_folder + "/control", 8 * 20); }, "control"},
      {"a control page that was cut", "control_page",
       [](auto& m) { m.disk().truncate(store_folder + "/control", 100); }, "too short"},
      {"a row of the index that is gone", "index",
       [](auto& m) {
         m.index().tamper("index", index::table::names, as_bytes(std::string_view("order-1")),
                          std::nullopt);
       },
       "remove the folder `index`"},
      {"a checkpoint that is damaged", "state",
       [](auto& m) {
         m.index().tamper("state", index::table::checkpoints, as_bytes(std::string_view("mailer")),
                          as_bytes(std::string_view("x")));
       },
       "mailer"},
      {"a state folder that is gone", "state", [](auto& m) { m.index().lose("state"); }, "missing"},
  };
}

TEST(VerifyStore, NamesWhatIsDamaged) {
  const verified_store store;
  ASSERT_TRUE(store.verify().clean());
  for (const planted& each : planted_damage(store)) {
    SCOPED_TRACE(each.name);
    const auto report = store.verify(each.harm);
    const std::string kinds = kinds_of(report);
    const std::string wanted = each.kinds;
    if (wanted.find(' ') == std::string::npos) {
      EXPECT_EQ(kinds, wanted) << words_of(report);
    } else {
      for (std::size_t from = 0, to; from < wanted.size(); from = to + 1) {
        to = std::min(wanted.find(' ', from), wanted.size());
        EXPECT_NE(kinds.find(wanted.substr(from, to - from)), std::string::npos)
            << words_of(report);
      }
    }
    if (report.clean()) continue;
    const error& what = report.findings.front().what;
    EXPECT_NE(what.message().find(each.words), std::string::npos) << what.message();
    EXPECT_FALSE(what.info().path.empty());
    if (each.first_position != 0) {
      EXPECT_EQ(what.info().first_position, each.first_position);
    }
    if (each.last_position != 0) {
      EXPECT_EQ(what.info().last_position, each.last_position);
    }
  }
}

TEST(VerifyStore, DoesNotStopAtTheFirstFinding) {
  const verified_store store;
  const std::string first = verified_store::segment_path(1);
  const auto report = store.verify([&](simulated_machine& machine) {
    machine.disk().flip_bit(first, 8 * store.offset_of(first, "payload 2 "));
    machine.disk().flip_bit(first, 8 * store.offset_of(first, "payload 3 "));
    machine.disk().flip_bit(first, 8 * store.offset_of(first, "payload 6 "));
    machine.disk().remove(store_folder + "/manifest.copy");
  });
  EXPECT_EQ(kinds_of(report), "event event manifest") << words_of(report);
  EXPECT_EQ(report.findings[0].what.info().first_position, 2U);
  EXPECT_EQ(report.findings[0].what.info().last_position, 3U);
  EXPECT_EQ(report.lost_positions, 3U);
  EXPECT_EQ(report.events, store.events() - 3);
}

// Checksums hold, but the commit says that it begins elsewhere in its stream: a bug of a writer.
TEST(VerifyStore, NoticesAVersionThatDoesNotFollow) {
  const verified_store store(ending::killed);
  const auto report = store.verify([](simulated_machine& machine) {
    auto folder = machine.disk().open_directory(store_folder, false).value();
    const std::uint64_t secret = log::read_manifest(*folder, false).value().store.secret;
    const auto files = machine.disk().files();
    const auto is_log = [](const auto& each) { return each.first.ends_with("3.log"); };
    auto [path, bytes] = *std::ranges::find_if(files, is_log);
    std::uint64_t last = 0;
    std::optional<format::frame_prefix> commit;
    for (std::uint64_t offset = first_frame;;) {
      const auto prefix = format::decode_prefix(std::span(bytes).subspan(offset), secret, offset);
      if (!prefix) break;
      if (prefix->kind == format::frame_kind::commit) {
        commit = prefix;
        last = offset;
      }
      offset += prefix->length;
    }
    ASSERT_TRUE(commit.has_value());
    const auto frame = std::span(bytes).subspan(last, commit->length);
    format::set_first_version(frame, 0, format::first_version_of(frame, 0) + 5);
    format::encode_prefix(*commit, frame.first(format::prefix_bytes(commit->stream_count)), secret,
                          last);
    machine.disk().put(path, bytes);
  });
  ASSERT_EQ(kinds_of(report), "version") << words_of(report);
  EXPECT_NE(report.findings[0].what.message().find("stream order-1 goes on with version"),
            std::string::npos);
  EXPECT_EQ(report.findings[0].what.info().last_position, report.last_position.value());
}

// Its rows check out, but one of them says something else than the log.
TEST(VerifyStore, NoticesAnIndexOfAnotherOpinion) {
  const verified_store store;
  const auto report = store.verify([](simulated_machine& machine) {
    const index::entry_place place{.run = 1, .stream = 1, .first_version = 1};
    const auto key = index::entry_key(place);
    index::value_bytes value;
    {
      auto environment = machine.index().open_existing("index").value();
      auto reading = environment->begin_read().value();
      const auto found = reading->get(index::table::entries, key).value();
      ASSERT_TRUE(found.has_value());
      const auto row = index::decode_entry(index::table::entries, key, *found).value();
      std::vector<index::indexed_event> events;
      for (std::uint32_t i = 0; i < row.count(); ++i)
        events.push_back({row.address(i), row.id_hash(i)});
      events.front().id_hash ^= 1U;
      index::encode_entry(index::table::entries, place, row.previous_flush(), events, value);
    }
    machine.index().tamper("index", index::table::entries, key, value);
  });
  EXPECT_EQ(kinds_of(report), "index") << words_of(report);
  EXPECT_NE(words_of(report).find("stream order-1: the index leads to other places"),
            std::string::npos);
  EXPECT_NE(report.index_digest, report.expected_digest);
}

// A torn end was never acknowledged: no crash may look like damage.
TEST(VerifyStore, TellsATornEndFromDamage) {
  const verified_store store(ending::killed);
  const auto good = store.verify();
  const std::string path = verified_store::segment_path(static_cast<std::uint32_t>(good.segments));
  const auto torn = store.verify([&](simulated_machine& machine) {
    const auto bytes = machine.disk().files().at(path);
    std::uint64_t end = bytes.size();
    while (bytes[end - 1] == std::byte{0}) --end;
    const std::vector<std::byte> garbage(100, std::byte{0x5a});
    machine.disk().overwrite(path, align_up(end, 8), garbage);
  });
  EXPECT_TRUE(torn.clean()) << words_of(torn);
  EXPECT_GE(torn.torn_bytes, 100U);
  EXPECT_EQ(torn.log_digest, good.log_digest);
  EXPECT_EQ(torn.last_position, good.last_position);
}

TEST(VerifyStore, DoesNotNeedAnIndex) {
  const verified_store store;
  const auto good = store.verify();
  const auto without =
      store.verify([](simulated_machine& machine) { machine.index().lose("index"); });
  EXPECT_TRUE(without.clean()) << words_of(without);
  EXPECT_FALSE(without.has_index);
  EXPECT_EQ(without.log_digest, good.log_digest);
  const auto log_only = store.verify({}, {.derived = false});
  EXPECT_TRUE(log_only.clean());
  EXPECT_EQ(log_only.log_digest, good.log_digest);
}

// Every read that a disk refuses is a finding, or at least an error with a path.
TEST(VerifyStore, SurvivesADiskThatFails) {
  const verified_store store;
  const auto good = store.verify();
  for (std::uint64_t call = 1;; ++call) {
    const auto copy = store.machine_copy();
    copy->disk().fail_call(call, {});
    const std::uint64_t before = copy->disk().calls();
    const auto report = engine::verify_store(store_path, {}, copy->around());
    if (copy->disk().calls() - before < call) break;
    if (!report) {
      EXPECT_FALSE(report.error().info().path.empty()) << "call " << call;
    } else if (report->clean()) {
      EXPECT_EQ(report->log_digest, good.log_digest) << "call " << call;
    }
  }
}

}  // namespace
}  // namespace mainstem::test_support
