// SPDX-License-Identifier: Apache-2.0
#include "engine/backup_marker.h"
#include "engine/follower_core.h"
#include "engine/log_cursor.h"
#include "engine/store_backup.h"
#include "engine/store_dump.h"
#include "engine/store_repair.h"
#include "folder_provider.h"
#include "support/store_check.h"
#include "verified_store.h"

// Backups, restored and repaired stores.
namespace mainstem::test_support {
namespace {

constexpr const char* copy_path = "copy";
constexpr const char* again_path = "again";

result<backup_report> back_up(simulated_machine& machine, const std::string& to = copy_path) {
  return engine::backup_store(store_path, to, {}, around_folders(machine));
}

verify_report verified(simulated_machine& machine, const std::string& path) {
  auto report = engine::verify_store(path, {}, around_folders(machine));
  EXPECT_TRUE(report.has_value()) << report.error().message();
  return report ? *std::move(report) : verify_report{};
}

bool has_file(simulated_machine& machine, const std::string& path) {
  return machine.disk().files().contains(path);
}

TEST(BackupStore, HoldsWhatIsDurableOfALiveStore) {
  verified_store store(ending::open);
  const auto report = back_up(store.machine());
  ASSERT_TRUE(report.has_value()) << report.error().message();
  EXPECT_EQ(report->up_to, position(store.events()));
  EXPECT_EQ(report->checkpoints, 1U);
  EXPECT_EQ(report->segments_kept, 0U);

  const auto copy = verified(store.machine(), copy_path);
  EXPECT_TRUE(copy.clean()) << words_of(copy);
  EXPECT_EQ(copy.last_position, report->up_to);
  EXPECT_EQ(copy.log_digest, report->log_digest);
  EXPECT_EQ(copy.log_digest, verified(store.machine(), store_path).log_digest);
  EXPECT_EQ(copy.checkpoints, 1U);
}

TEST(BackupStore, IsAStoreToRead) {
  verified_store store(ending::open);
  ASSERT_TRUE(back_up(store.machine()).has_value());
  auto opened = engine::follower_core::open(copy_path, verified_store::small_options(),
                                            around_folders(store.machine()));
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  findings wrong;
  const auto events = check_readable((*opened)->log(), store.model(), wrong);
  EXPECT_FALSE(wrong.any()) << wrong.text();
  EXPECT_EQ(events.refused + events.gone, 0U);
}

TEST(BackupStore, CopiesOntoAnEarlierOneOnlyWhatIsNew) {
  verified_store store(ending::open);
  const auto first = back_up(store.machine()).value();
  for (int i = 0; i < 20; ++i) store.append();
  store.store().seal();
  store.store().save_checkpoint("second", position(5));
  const auto second = back_up(store.machine());
  ASSERT_TRUE(second.has_value()) << second.error().message();
  EXPECT_GE(second->segments_kept, first.segments - 1);
  EXPECT_LT(second->segments_kept, second->segments);
  EXPECT_EQ(second->up_to, position(store.events()));
  const auto copy = verified(store.machine(), copy_path);
  EXPECT_TRUE(copy.clean()) << words_of(copy);
  EXPECT_EQ(copy.log_digest, second->log_digest);
  EXPECT_EQ(copy.checkpoints, 2U);
  EXPECT_EQ(copy.log_digest, back_up(store.machine(), again_path).value().log_digest);

  const auto third = back_up(store.machine());
  ASSERT_TRUE(third.has_value());
  EXPECT_EQ(third->log_digest, second->log_digest);
}

// At every call the disk fails for good, and then the machine loses power.
TEST(BackupStore, InterruptedCountsForNothingOrForAWholeMoment) {
  for (const bool is_second : {false, true}) {
    verified_store store(ending::open);
    std::uint64_t earlier = 0;
    if (is_second) {
      earlier = back_up(store.machine()).value().log_digest;
      for (int i = 0; i < 20; ++i) store.append();
    }
    const auto wanted = verified(store.machine(), store_path);
    std::size_t incomplete = 0;
    for (std::uint64_t call = 1;; call += byte_stride) {
      auto failing = store.machine_copy();
      failing->disk().fail_call(call, {.for_good = true});
      if (back_up(*failing)) break;
      auto after = failing->crashed(call);
      auto found = engine::verify_store(copy_path, {}, around_folders(*after));
      if (found) {
        // Its two manifests come one after the other.
        ASSERT_TRUE(found->clean() || kinds_of(*found) == "manifest")
            << "call " << call << ": " << words_of(*found);
        const auto source = engine::verify_store(store_path, {.digest_up_to = found->last_position},
                                                 around_folders(*after));
        EXPECT_EQ(found->log_digest, source->log_digest) << "call " << call;
      } else {
        ++incomplete;
        EXPECT_EQ(earlier, 0U) << "call " << call
                               << ": an earlier backup is gone: " << found.error().message();
      }
      const auto again = back_up(*after);
      ASSERT_TRUE(again.has_value()) << "call " << call << ": " << again.error().message();
      EXPECT_EQ(again->log_digest, wanted.log_digest);
      EXPECT_FALSE(has_file(*after, std::string(copy_path) + "/backup.begun"));
    }
    EXPECT_EQ(incomplete > 0, !is_second);
  }
}

TEST(BackupStore, RefusesWhatIsNoPlaceForIt) {
  verified_store store(ending::open);
  auto around = around_folders(store.machine());
  const auto to = [&](const std::string& path) {
    const auto refused = engine::backup_store(store_path, path, {}, around);
    return refused ? std::string("done") : refused.error().message();
  };
  EXPECT_NE(to("store/inside").find("lie one in the other"), std::string::npos);
  static_cast<void>(around.disk.open_directory("full", true)
                        .value()
                        ->open_file("letter", os::open_mode::create_new));
  EXPECT_NE(to("full").find("not empty"), std::string::npos) << to("full");

  ASSERT_EQ(to(copy_path), "done");
  auto folder = around.disk.open_directory(copy_path, false).value();
  auto marker = engine::read_backup_marker(*folder).value().value();
  marker.up_to = position(store.events() + 1);
  ASSERT_TRUE(engine::write_backup_marker(*folder, marker).has_value());
  EXPECT_NE(to(copy_path).find("has lost events"), std::string::npos) << to(copy_path);
  marker.lineage_id = uuid{};
  ASSERT_TRUE(engine::write_backup_marker(*folder, marker).has_value());
  EXPECT_NE(to(copy_path).find("lineage"), std::string::npos);
  marker.store_id = uuid{};
  ASSERT_TRUE(engine::write_backup_marker(*folder, marker).has_value());
  EXPECT_NE(to(copy_path).find("another store"), std::string::npos);
  store.machine().disk().flip_bit("copy/backup", 300);
  EXPECT_NE(to(copy_path).find("checksum"), std::string::npos);
}

// Two copies of one store went different ways: same ids, same lineage, other events.
TEST(BackupStore, RefusesAnotherHistoryOfTheSameStore) {
  verified_store one(ending::open);
  verified_store other(ending::open);  // The same seed: the same ids, the same secret.
  other.append();
  ASSERT_TRUE(back_up(other.machine()).has_value());
  one.append();
  one.append();
  static_cast<void>(one.machine().disk().open_directory("copy/log", true));
  for (const auto& [path, bytes] : other.machine().disk().files())
    if (path.find("copy/") != std::string::npos) one.machine().disk().put(path, bytes);
  const auto refused = back_up(one.machine());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error(), errc::foreign_file) << refused.error().message();
  EXPECT_NE(refused.error().message().find("another history"), std::string::npos)
      << refused.error().message();
}

TEST(BackupStore, RefusesToCopyDamage) {
  const verified_store store;
  const auto copy = store.machine_copy();
  const std::string path = verified_store::segment_path(1);
  copy->disk().flip_bit(path, 8 * store.offset_of(path, "payload 6 "));
  const auto refused = back_up(*copy);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error(), errc::store_damaged);
  EXPECT_EQ(refused.error().info().first_position, 6U);
  EXPECT_TRUE(has_file(*copy, "copy/backup.begun"));
  EXPECT_FALSE(has_file(*copy, "copy/manifest"));
}

TEST(BackupStore, OfAnEmptyStoreIsOne) {
  simulated_machine machine(1);
  store_model model;
  findings wrong;
  simulated_store store(machine, model, wrong, {.options = verified_store::small_options()});
  ASSERT_TRUE(store.open().has_value());
  store.close();
  const auto report = back_up(machine);
  ASSERT_TRUE(report.has_value()) << report.error().message();
  EXPECT_EQ(report->up_to, position(0));
  EXPECT_TRUE(
      engine::restore_store(copy_path, again_path, {}, around_folders(machine)).has_value());
  EXPECT_TRUE(verified(machine, again_path).clean());
}

/// Opens for writing, and counts what is there; it must be as it was. What is not there must be
/// lost.
std::uint64_t read_by_writing(simulated_machine& machine, const std::string& path,
                              const store_model& model, const std::vector<lost_range>& lost = {}) {
  auto opened =
      engine::store_core::open(path, verified_store::small_options(), around_folders(machine));
  EXPECT_TRUE(opened.has_value()) << opened.error().message();
  if (!opened) return 0;
  EXPECT_FALSE((*opened)->report().damage.has_value()) << (*opened)->report().to_string();
  std::uint64_t count = 0;
  for (std::uint64_t at = 1; at <= model.last(); ++at) {
    const bool is_lost = std::ranges::any_of(lost, [at](const lost_range& each) {
      return each.first.value() <= at && at <= each.last.value();
    });
    const auto event =
        engine::read_position((*opened)->log(), position(at), (*opened)->log().written());
    EXPECT_TRUE(event.has_value()) << event.error().message();
    if (!event) continue;
    EXPECT_EQ(event->has_value(), !is_lost) << "position " << at;
    if (!*event) continue;
    const auto& want = model.at(at);
    EXPECT_EQ((**event)->stream(), want.stream) << "position " << at;
    EXPECT_EQ((**event)->version().value(), want.version) << "position " << at;
    EXPECT_EQ((**event)->id(), want.event.id()) << "position " << at;
    EXPECT_TRUE(std::ranges::equal((**event)->payload(), want.event.payload()));
    EXPECT_EQ((**event)->tags().size(), want.event.tags().size());
    ++count;
  }
  return count;
}

TEST(RestoreStore, MakesAStoreOfABackup) {
  verified_store store(ending::open);
  const auto made = back_up(store.machine()).value();
  const auto around = around_folders(store.machine());
  const auto report = engine::restore_store(copy_path, again_path, {}, around);
  ASSERT_TRUE(report.has_value()) << report.error().message();
  EXPECT_EQ(report->log_digest, made.log_digest);
  EXPECT_EQ(report->parent_lineage_id, made.lineage_id);
  EXPECT_NE(report->lineage_id, made.lineage_id);
  const auto there = verified(store.machine(), again_path);
  EXPECT_TRUE(there.clean()) << words_of(there);
  EXPECT_EQ(there.log_digest, made.log_digest);
  EXPECT_EQ(there.lineage_id, report->lineage_id);
  EXPECT_EQ(there.checkpoints, 1U);
  EXPECT_EQ(read_by_writing(store.machine(), again_path, store.model()), store.events());
}

TEST(RestoreStore, KeepsTheLineageIfNothingIsLost) {
  verified_store store(ending::open);
  const auto made = back_up(store.machine()).value();
  const auto around = around_folders(store.machine());
  const auto all =
      engine::restore_store(copy_path, "all", {.highest_known = made.up_to}, around).value();
  EXPECT_EQ(all.lineage_id, made.lineage_id);
  const auto less = engine::restore_store(
      copy_path, "less", {.highest_known = position(made.up_to.value() + 1)}, around);
  EXPECT_NE(less->lineage_id, made.lineage_id);
}

TEST(RestoreStore, RefusesADamagedBackup) {
  verified_store store(ending::open);
  ASSERT_TRUE(back_up(store.machine()).has_value());
  const std::string path = "copy/log/" + log::segment_file_name(1);
  const auto offset = store.offset_of(path, "payload 6 ");
  store.machine().disk().flip_bit(path, 8 * offset);
  const auto around = around_folders(store.machine());
  const auto refused = engine::restore_store(copy_path, again_path, {}, around);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error(), errc::store_damaged);
  EXPECT_FALSE(has_file(store.machine(), "again/manifest"));
  const auto occupied = engine::restore_store(copy_path, again_path, {}, around);
  EXPECT_NE(occupied.error().message().find("not empty"), std::string::npos);
  const auto no_backup = engine::restore_store(store_path, "other", {}, around);
  EXPECT_NE(no_backup.error().message().find("no backup"), std::string::npos);
}

TEST(RepairStore, OfAGoodStoreIsEqualToIt) {
  for (const auto how : {ending::closed, ending::killed}) {
    const verified_store store(how);
    const auto copy = store.machine_copy();
    const auto good = verified(*copy, store_path);
    const auto report = engine::repair_store(store_path, copy_path, {}, around_folders(*copy));
    ASSERT_TRUE(report.has_value()) << report.error().message();
    EXPECT_TRUE(report->lost.empty());
    EXPECT_EQ(report->events_kept, store.events());
    EXPECT_EQ(report->log_digest, good.log_digest);
    EXPECT_EQ(report->lineage_id, good.lineage_id);
    const auto repaired = verified(*copy, copy_path);
    EXPECT_TRUE(repaired.clean()) << words_of(repaired);
    EXPECT_EQ(repaired.log_digest, good.log_digest);
    EXPECT_EQ(repaired.checkpoints, 1U);
    EXPECT_EQ(read_by_writing(*copy, copy_path, store.model()), store.events());
  }
}

struct harm {
  const char* name;
  verified_store::damage what;
  std::uint64_t lost;  ///< Events.
  std::string streams;
};

std::string text_of(const std::vector<lost_versions>& streams) {
  std::string text;
  for (const auto& each : streams)
    text += each.stream + ":" + std::to_string(each.first.value()) + "-" +
            std::to_string(each.last.value()) + " ";
  return text;
}

TEST(RepairStore, KeepsAllThatIsGoodAndNamesTheRest) {
  const verified_store store;
  const std::string first = verified_store::segment_path(1);
  const auto flip = [&](const char* text) {
    const std::uint64_t at = store.offset_of(first, text);
    return [=](simulated_machine& machine) { machine.disk().flip_bit(first, 8 * at); };
  };
  const auto zero_first_commit = [&](simulated_machine& machine) {
    machine.disk().overwrite(first, 256, std::vector<std::byte>(100));
  };
  const std::vector<harm> all = {
      {"one event in the middle of a commit", flip("payload 6 "), 1, "order-1:4-4 "},
      {"the first event of a commit", flip("payload 5 "), 1, "order-1:3-3 "},
      {"the names of a commit", flip("order-2"), 4, "order-1:1-2 order-2:1-2 "},
      {"the first commit", zero_first_commit, 4, "order-1:1-2 order-2:1-2 "},
  };
  for (const harm& each : all) {
    SCOPED_TRACE(each.name);
    const auto copy = store.machine_copy();
    each.what(*copy);
    const auto before = copy->disk().files();
    const auto report = engine::repair_store(store_path, copy_path, {}, around_folders(*copy));
    ASSERT_TRUE(report.has_value()) << report.error().message();
    EXPECT_EQ(report->events_kept, store.events() - each.lost);
    ASSERT_EQ(report->lost.size(), 1U);
    EXPECT_EQ(report->lost[0].last.value() - report->lost[0].first.value() + 1, each.lost);
    EXPECT_EQ(text_of(report->streams), each.streams);
    EXPECT_NE(report->parent_lineage_id, uuid{});
    EXPECT_FALSE(report->findings.empty());
    const auto repaired = verified(*copy, copy_path);
    EXPECT_TRUE(repaired.clean()) << words_of(repaired);
    EXPECT_EQ(repaired.lost_positions, each.lost);
    EXPECT_EQ(repaired.log_digest, report->log_digest);
    EXPECT_EQ(read_by_writing(*copy, copy_path, store.model(), report->lost),
              store.events() - each.lost);
    for (const auto& [path, bytes] : before)
      EXPECT_EQ(copy->disk().files().at(path), bytes) << path << " was changed";
  }
}

TEST(RepairStore, NeverGivesALostPositionToAnotherEvent) {
  const verified_store store;
  const auto copy = store.machine_copy();
  const auto good = verified(*copy, store_path);
  const std::string last = verified_store::segment_path(static_cast<std::uint32_t>(good.segments));
  copy->disk().truncate(last, 256);
  const auto report = engine::repair_store(store_path, copy_path, {}, around_folders(*copy));
  ASSERT_TRUE(report.has_value()) << report.error().message();
  ASSERT_FALSE(report->lost.empty());
  EXPECT_EQ(report->lost.back().last, good.last_position);
  EXPECT_FALSE(report->streams.empty());  // As the index tells.
  const auto repaired = verified(*copy, copy_path);
  EXPECT_TRUE(repaired.clean()) << words_of(repaired);
  auto opened =
      engine::store_core::open(copy_path, verified_store::small_options(), around_folders(*copy));
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  EXPECT_FALSE((*opened)->report().damage.has_value());
  EXPECT_EQ((*opened)->report().last_position, good.last_position);
}

TEST(DumpStore, ShowsEveryFrameAndEveryField) {
  verified_store store;
  auto dump = engine::store_dump(store_path, store.machine().disk());
  const auto segment = dump.segment(1);
  ASSERT_TRUE(segment.has_value()) << segment.error().message();
  EXPECT_TRUE(segment->good());
  const auto commit = std::ranges::find(segment->lines, "commit", &dump_line::name);
  ASSERT_NE(commit, segment->lines.end());
  EXPECT_NE(commit->words.find("positions 1 to 4 of 2 streams"), std::string::npos);
  EXPECT_NE(std::ranges::find(segment->lines, "trailer", &dump_line::name), segment->lines.end());

  const auto frame = dump.frame(1, commit->offset);
  ASSERT_TRUE(frame.has_value());
  EXPECT_TRUE(frame->good());
  EXPECT_EQ(frame->lines.front().offset, commit->offset);
  EXPECT_NE(std::ranges::find(frame->lines, "payload", &dump_line::name), frame->lines.end());

  const auto event = dump.event(position(6));
  ASSERT_TRUE(event.has_value()) << event.error().message();
  EXPECT_NE(std::ranges::find_if(event->lines,
                                 [](const dump_line& line) {
                                   return line.words.find("payload 6") != std::string::npos;
                                 }),
            event->lines.end());
  EXPECT_EQ(dump.event(position(store.events() + 1)).error(), errc::invalid_argument);
  EXPECT_EQ(dump.segment(99).error(), errc::missing_segment);
}

TEST(DumpStore, MarksWhatIsDamaged) {
  verified_store store;
  const std::string path = verified_store::segment_path(1);
  store.machine().disk().flip_bit(path, 8 * store.offset_of(path, "payload 6 "));
  store.machine().disk().flip_bit(path, 8 * 256);
  auto dump = engine::store_dump(store_path, store.machine().disk());
  const auto segment = dump.segment(1).value();
  EXPECT_FALSE(segment.good());
  EXPECT_NE(std::ranges::find(segment.lines, "hole", &dump_line::name), segment.lines.end());
  EXPECT_FALSE(dump.frame(1, 256)->good());
  EXPECT_EQ(dump.event(position(6)).error(), errc::corrupt_data);
  EXPECT_TRUE(dump.event(position(5)).has_value());
}

}  // namespace
}  // namespace mainstem::test_support
