// SPDX-License-Identifier: Apache-2.0
#include "append/contest.h"

#include <algorithm>
#include <functional>
#include <iostream>

#include "common/host.h"

namespace mainstem::bench {

namespace {

using opener = std::function<std::unique_ptr<peer>(const std::filesystem::path&)>;

struct candidate {
  std::string name;
  opener open;
};

std::vector<candidate> candidates() {
  using path = std::filesystem::path;
  return {
      // First, because what it writes per commit is what the bare writes write.
      {mainstem_name, [](const path& p) { return open_mainstem(p, file_space::zero_filled); }},
      {"mainstem (reserved)", [](const path& p) { return open_mainstem(p, file_space::reserved); }},
      {coroutines_name, [](const path& p) { return open_mainstem_coroutines(p); }},
      {bare_name, [](const path& p) { return open_bare(p, file_space::zero_filled); }},
      {"bare (reserved)", [](const path& p) { return open_bare(p, file_space::reserved); }},
      {"sqlite", [](const path& p) { return open_sqlite(p); }},
      {rocksdb_name, [](const path& p) { return open_rocksdb(p, rocksdb_settings::standard); }},
      {rocksdb_tuned_name, [](const path& p) { return open_rocksdb(p, rocksdb_settings::tuned); }},
      {"lmdb", [](const path& p) { return open_lmdb(p); }},
  };
}

bool takes_part(const std::string& name, const std::vector<std::string>& only) {
  return only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string& beginning) {
           return name.starts_with(beginning);
         });
}

// Where Mainstem does not take part: about what its frames take.
std::uint64_t estimated_commit_bytes(const workload& work, std::size_t payload_bytes) {
  return 160 + work.events_per_commit * (payload_bytes + 88);
}

}  // namespace

contest::contest(const std::filesystem::path& folder, const contest_options& options)
    : options_(options), material_(options.streams, options.payload_bytes) {
  admit(folder);
  if (contestants_.empty()) throw std::runtime_error("nobody takes part (see --only)");
}

void contest::admit(const std::filesystem::path& folder) {
  for (const auto& who : candidates()) {
    if (!takes_part(who.name, options_.only)) continue;
    std::cerr << "preparing " << who.name << '\n';
    const auto place = folder / std::to_string(contestants_.size());
    std::filesystem::create_directory(place);
    contestants_.push_back({who.name, who.open(place), stream_heads(material_.streams())});
    auto& added = contestants_.back();
    added.store->prepare({.name = "fill"}, 4096);
    fill(*added.store, material_, added.heads);
    added.store->rest();
  }
}

slice contest::take_turn(contestant& who, const workload& work, std::uint64_t commit_bytes) {
  who.store->prepare(work, commit_bytes);
  const auto carried = who.store->carried(work);
  auto taken =
      run_slice(*who.store, carried, material_, who.heads, options_.slice_length, ++turns_);
  who.store->rest();
  return taken;
}

contest_result contest::warm_up(const workload& work) {
  contest_result result{.work = work,
                        .commit_bytes = estimated_commit_bytes(work, options_.payload_bytes)};
  for (auto& who : contestants_) {
    if (!who.store->takes(work)) continue;
    const std::uint64_t before = who.store->log_bytes();
    const slice taken = take_turn(who, work, result.commit_bytes);
    const std::uint64_t written = who.store->log_bytes() - before;
    if (who.name == mainstem_name && written != 0) {
      result.commit_bytes = (written / taken.commits + 7) / 8 * 8;
      result.commit_bytes_measured = true;
    }
    result.entries.push_back({who.name, who.store->carried(work), {}});
  }
  return result;
}

contest_result contest::run(const workload& work) {
  std::cerr << work.name << ": warming up" << std::flush;
  auto result = warm_up(work);
  std::vector<contestant*> playing;
  for (auto& who : contestants_)
    if (who.store->takes(work)) playing.push_back(&who);
  const cpu_meter meter;
  for (std::size_t round = 0; round < options_.rounds; ++round) {
    std::cerr << "\r" << work.name << ": round " << round + 1 << " of " << options_.rounds << "   "
              << std::flush;
    for (std::size_t i = 0; i < playing.size(); ++i) {
      const std::size_t turn = (round + i) % playing.size();
      result.entries[turn].rounds.push_back(take_turn(*playing[turn], work, result.commit_bytes));
    }
  }
  std::cerr << '\n';
  result.cpu_of_others = meter.share_of_others();
  return result;
}

}  // namespace mainstem::bench
