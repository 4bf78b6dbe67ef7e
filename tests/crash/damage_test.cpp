// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <string>

#include "base/bytes.h"
#include "engine/follower_core.h"
#include "engine/store_verifier.h"
#include "format/frame.h"
#include "log/segment.h"
#include "scenario.h"
#include "support/store_check.h"

// A small store, damaged in every place: each time the damage is noticed and its place is told, or
// it lies where nothing is, and everything can be read. Nothing is ever read back wrong.
namespace mainstem::test_support {
namespace {

constexpr std::size_t stride = is_sanitized ? 101 : 1;
constexpr std::size_t frame_stride = is_sanitized ? 31 : 1;
constexpr std::size_t sector_bytes = 512;

using disk_files = std::map<std::string, std::vector<std::byte>>;
using damage = std::function<void(os::simulated_disk&)>;

enum class ending { closed, killed };

scenario::plan plan_of(fake_random& random) {
  scenario::plan plan;
  plan.options = draw_options(random);
  plan.options.segment_size_bytes = 4096;
  plan.options.index_flush_events = 8;
  plan.sizes.payload_bytes = 150;
  return plan;
}

/// Some segments, part of which the index has.
class small_store {
 public:
  small_store(std::uint64_t seed, ending how)
      : random_(seed), plan_(plan_of(random_)), life_(seed, plan_, count_) {
    life_.take_images(false);
    life_.open();
    while (life_.store().core().pipeline().spare_number() < 4) life_.append_something();
    young_ = life_.machine().disk().files();
    life_.flush_something();
    life_.store().seal();
    life_.append_something();
    if (how == ending::closed) life_.store().close();
    if (how == ending::killed) life_.store().kill();
    files_ = life_.machine().disk().files();
    std::erase_if(files_, [](const auto& each) { return each.second.empty(); });
    whole_ = engine::verify_store(store_path, {}, life_.machine().killed()->around()).value();
  }

  [[nodiscard]] const disk_files& files() const noexcept { return files_; }
  /// As they were at an earlier time.
  [[nodiscard]] const disk_files& young_files() const noexcept { return young_; }
  [[nodiscard]] const std::vector<std::byte>& bytes_of(const std::string& path) const {
    return files_.at(path);
  }

  /// Reads along, opens, reads what the damage leaves, and verifies it.
  void check(const std::string& name, const damage& harm) {
    ASSERT_FALSE(life_.found().any()) << life_.found().text();
    ASSERT_TRUE(whole_.findings.empty()) << whole_.findings.front().what;
    const auto machine = life_.machine().killed();
    harm(machine->disk());
    const auto as_found = machine->killed();
    findings wrong;
    // Without the control page a follower sees what the log itself proves to be durable.
    judge(engine::follower_core::open(store_path, plan_.options, machine->around()), true, wrong);
    ASSERT_FALSE(wrong.any()) << name << ", followed:\n" << wrong.text();
    const bool is_harmless =
        judge(engine::store_core::open(store_path, plan_.options, machine->around()), false, wrong);
    if (!is_harmless && only_control_differs(as_found->disk().files()))
      wrong.add("the control page is damaged, and the log is said to be");
    ASSERT_FALSE(wrong.any()) << name << ":\n" << wrong.text();
    verify(*as_found, is_harmless, wrong);
    ASSERT_FALSE(wrong.any()) << name << ", verified:\n" << wrong.text();
  }

  [[nodiscard]] std::string counts() const {
    return std::to_string(refused_) + " refused by opening, " + std::to_string(noticed_) +
           " noticed, " + std::to_string(harmless_) + " harmless; of those verified, " +
           std::to_string(told_) + " are a finding, and " + std::to_string(equal_) +
           " equal to the whole store";
  }
  [[nodiscard]] std::uint64_t noticed() const noexcept { return refused_ + noticed_; }
  [[nodiscard]] std::uint64_t harmless() const noexcept { return harmless_; }

 private:
  [[nodiscard]] bool only_control_differs(disk_files harmed) const {
    disk_files whole = files_;
    for (disk_files* const each : {&harmed, &whole})
      std::erase_if(*each, [](const auto& file) {
        return file.second.empty() || file.first.ends_with("/control");
      });
    return harmed == whole;
  }
  /// @returns whether everything could be read, and nothing was said.
  template <class Core>
  bool judge(const result<std::unique_ptr<Core>>& opened, bool may_end_early, findings& wrong) {
    if (!opened) {
      ++refused_;
      if (opened.error().info().path.empty())
        wrong.add("an error that does not say where: " + opened.error().message());
      return false;
    }
    const auto& told = (*opened)->report().damage;
    const auto events = check_readable((*opened)->log(), life_.model(), wrong);
    const std::uint64_t unproven = life_.model().last() - (*opened)->log().durable().value();
    if (events.gone > (may_end_early ? unproven : 0) && !told)
      wrong.add(std::to_string(events.gone) + " events are gone, and nobody says so");
    if (wrong.any()) wrong.add(told ? "opened: " + told->message() : "opened");
    const bool is_noticed = events.refused != 0 || told;
    (is_noticed ? noticed_ : harmless_) += 1;
    return !is_noticed;
  }

  /// What is harmless is equal to the whole store, or a finding. The rest is a finding; to see
  /// that, a part of it is enough.
  void verify(simulated_machine& machine, bool is_harmless, findings& wrong) {
    if (!is_harmless && turn_++ % 4 != 0) return;
    const auto seen = engine::verify_store(store_path, {}, machine.around());
    if (!seen || !seen->findings.empty()) {
      ++told_;
      if (!seen && is_harmless) wrong.add("a store that opens: " + seen.error().message());
      return;
    }
    ++equal_;
    if (!is_harmless) wrong.add("nothing is found");
    if (seen->log_digest != whole_.log_digest || seen->index_digest != whole_.index_digest ||
        seen->expected_digest != whole_.expected_digest || seen->commits != whole_.commits ||
        seen->events != whole_.events || seen->last_position != whole_.last_position)
      wrong.add(std::to_string(seen->events) + " events, nothing is found, and it is not equal");
  }

  crash_count count_;
  fake_random random_;
  scenario::plan plan_;
  scenario life_;
  disk_files files_;
  disk_files young_;
  verify_report whole_;
  std::uint64_t turn_ = 0;
  std::uint64_t told_ = 0;
  std::uint64_t equal_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t noticed_ = 0;
  std::uint64_t harmless_ = 0;
};

class EveryPlace : public testing::TestWithParam<ending> {
 protected:
  small_store store{29, GetParam()};
  void TearDown() override {
    std::cout << store.counts() << '\n';
    if (HasFailure()) return;
    EXPECT_GT(store.noticed(), 0U);
    EXPECT_TRUE(is_sanitized || store.harmless() > 0U);  // Of a few cases it may be none.
  }

  /// Puts these bytes where a sector stood.
  void replace_sector(const std::string& name, const std::string& path, std::size_t offset,
                      std::span<const std::byte> by) {
    if (std::ranges::equal(std::span(store.bytes_of(path)).subspan(offset, by.size()), by)) return;
    store.check(name + " " + path + " at " + std::to_string(offset),
                [&](os::simulated_disk& disk) { disk.overwrite(path, offset, by); });
  }

  void replace_each_frame(const std::string& name, const disk_files& others);
  /// A file under each number that no segment has; `also`: besides its own name.
  void name_as_segments(const std::string& path, bool also);
  /// One sector after the other as it is in the file of the same name among `others`.
  void replace_each_sector(const std::string& name, const disk_files& others) {
    for (const auto& [path, bytes] : others) {
      if (!store.files().contains(path)) continue;
      const std::size_t size = std::min(bytes.size(), store.bytes_of(path).size());
      for (std::size_t at = 0; at + sector_bytes <= size; at += sector_bytes) {
        replace_sector(name, path, at, sector(bytes, at));
        ASSERT_FALSE(HasFailure());
      }
    }
  }

  /// The sector at `offset`, or what there is of it.
  [[nodiscard]] static std::span<const std::byte> sector(const std::vector<std::byte>& of,
                                                         std::size_t offset) {
    return std::span(of).subspan(offset, std::min(sector_bytes, of.size() - offset));
  }
};

TEST_P(EveryPlace, FlippedBit) {
  for (const auto& [path, bytes] : store.files()) {
    for (std::size_t at = 0; at < bytes.size(); at += stride) {
      const std::uint64_t bit = at * 8 + at % 8;
      store.check("bit " + std::to_string(bit) + " of " + path,
                  [&](os::simulated_disk& disk) { ASSERT_TRUE(disk.flip_bit(path, bit)); });
      ASSERT_FALSE(HasFailure());
    }
  }
}

TEST_P(EveryPlace, ZeroedSector) {
  const std::vector<std::byte> zeros(sector_bytes);
  for (const auto& [path, bytes] : store.files()) {
    for (std::size_t at = 0; at < bytes.size(); at += sector_bytes) {
      replace_sector("zeroed", path, at, std::span(zeros).first(sector(bytes, at).size()));
      ASSERT_FALSE(HasFailure());
    }
  }
}

TEST_P(EveryPlace, SectorOfAnotherPlace) {
  for (const auto& [path, bytes] : store.files()) {
    for (std::size_t at = 0; at < bytes.size(); at += sector_bytes) {
      for (const auto& [other, stray] : store.files()) {
        for (std::size_t from = 0; from < stray.size(); from += sector_bytes * stride) {
          if (sector(stray, from).size() > sector(bytes, at).size()) continue;
          replace_sector("from " + other + " at " + std::to_string(from), path, at,
                         sector(stray, from));
          ASSERT_FALSE(HasFailure());
        }
      }
    }
  }
}

TEST_P(EveryPlace, ExchangedSectors) {
  for (const auto& [path, bytes] : store.files()) {
    for (std::size_t a = 0; a + sector_bytes <= bytes.size(); a += sector_bytes) {
      for (std::size_t b = a + sector_bytes; b + sector_bytes <= bytes.size(); b += sector_bytes) {
        if (std::ranges::equal(sector(bytes, a), sector(bytes, b))) continue;
        store.check(path + ": " + std::to_string(a) + " and " + std::to_string(b),
                    [&](os::simulated_disk& disk) {
                      disk.overwrite(path, a, sector(bytes, b));
                      disk.overwrite(path, b, sector(bytes, a));
                    });
        ASSERT_FALSE(HasFailure());
      }
    }
  }
}

TEST_P(EveryPlace, SectorOfAnotherStore) {
  const small_store other(31, GetParam());
  replace_each_sector("of another store", other.files());
}

// A write that never reached the disk, although it said so.
TEST_P(EveryPlace, SectorOfAnEarlierTime) {
  replace_each_sector("of an earlier time", store.young_files());
}

/// Where frames stand in a file, going by their looks, and their bytes.
std::map<std::size_t, std::span<const std::byte>> frames_of(const std::vector<std::byte>& file) {
  namespace at = format::frame_prefix_layout;
  std::map<std::size_t, std::span<const std::byte>> frames;
  for (std::size_t offset = 0;; offset += format::alignment_bytes) {
    offset = format::find_frame_magic(file, offset);
    if (offset == file.size()) return frames;
    const auto length = load<std::uint32_t>(file.data() + offset + at::length.offset);
    if (length <= file.size() - offset) frames[offset] = std::span(file).subspan(offset, length);
  }
}

// Writes that went astray, and were whole: what stands there is good, but does not belong there.
void EveryPlace::replace_each_frame(const std::string& name, const disk_files& others) {
  for (const auto& [path, bytes] : store.files()) {
    for (const auto& [at, frame] : frames_of(bytes)) {
      for (const auto& [other, strays] : others) {
        std::size_t which = at / format::alignment_bytes;
        for (const auto& [from, stray] : frames_of(strays)) {
          if (which++ % frame_stride != 0 || at + stray.size() > bytes.size()) continue;
          store.check(name + " " + other + " at " + std::to_string(from) + " in " + path + " at " +
                          std::to_string(at),
                      [&](os::simulated_disk& disk) { disk.overwrite(path, at, stray); });
          ASSERT_FALSE(HasFailure());
        }
      }
    }
  }
}

TEST_P(EveryPlace, FrameOfAnotherPlace) { replace_each_frame("frame of", store.files()); }

TEST_P(EveryPlace, FrameOfAnotherStore) {
  const small_store other(31, GetParam());
  replace_each_frame("frame of another store,", other.files());
}

TEST_P(EveryPlace, FileCutOff) {
  for (const auto& [path, bytes] : store.files()) {
    for (std::size_t size = 0; size < bytes.size(); size += stride) {
      store.check(path + " cut to " + std::to_string(size),
                  [&](os::simulated_disk& disk) { ASSERT_TRUE(disk.truncate(path, size)); });
      ASSERT_FALSE(HasFailure());
    }
  }
}

TEST_P(EveryPlace, FileMissingOrInThePlaceOfAnother) {
  for (const auto& [path, bytes] : store.files()) {
    store.check(path + " missing", [&](os::simulated_disk& disk) { disk.remove(path); });
    for (const auto& [other, stray] : store.files()) {
      if (other == path) continue;
      store.check(other + " as " + path, [&](os::simulated_disk& disk) { disk.put(path, stray); });
      store.check(other + " and " + path + " exchanged", [&](os::simulated_disk& disk) {
        disk.put(path, stray);
        disk.put(other, bytes);
      });
      ASSERT_FALSE(HasFailure());
    }
  }
}

void EveryPlace::name_as_segments(const std::string& path, bool also) {
  const std::string folder = std::string(store_path) + "/log/";
  for (std::uint32_t number = 0; number < 12; ++number) {
    const std::string name = folder + log::segment_file_name(number);
    if (store.files().contains(name)) continue;
    store.check(path + (also ? " also as " : " as ") + name, [&](os::simulated_disk& disk) {
      if (!also) disk.remove(path);
      disk.put(name, store.bytes_of(path));
    });
    ASSERT_FALSE(HasFailure());
  }
}

TEST_P(EveryPlace, SegmentDoubledOrJunkBesideIt) {
  for (const auto& [path, bytes] : store.files()) {
    name_as_segments(path, true);
    ASSERT_FALSE(HasFailure());
    store.check("junk beside " + path,
                [&](os::simulated_disk& disk) { disk.put(path + ".old", bytes); });
    ASSERT_FALSE(HasFailure());
  }
}

TEST_P(EveryPlace, FileUnderTheNumberOfNoSegment) {
  for (const auto& [path, bytes] : store.files()) {
    name_as_segments(path, false);
    ASSERT_FALSE(HasFailure());
  }
}

INSTANTIATE_TEST_SUITE_P(Damaged, EveryPlace, testing::Values(ending::closed, ending::killed),
                         [](const auto& which) {
                           return which.param == ending::closed ? "Closed" : "Killed";
                         });

}  // namespace
}  // namespace mainstem::test_support
