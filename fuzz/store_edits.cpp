// SPDX-License-Identifier: Apache-2.0
#include "store_edits.h"

#include <map>
#include <string>

#include "base/checksum.h"
#include "log/segment.h"
#include "parts.h"
#include "reseal.h"

namespace mainstem::fuzz {
namespace {

constexpr std::size_t most_edits = 16;
constexpr std::size_t longest_file = 16U << 10U;

class store_editor {
 public:
  store_editor(test_support::simulated_machine& machine, const base_store& base, input& from)
      : machine_(machine), base_(base), from_(from), before_(machine.disk().files()) {
    files_ = before_;
    std::erase_if(files_, [](const auto& each) { return each.second.empty(); });
  }

  void edit() {
    for (std::size_t i = 0; i < most_edits && !from_.empty(); ++i) edit_once();
  }

  void reseal(std::uint8_t what) {
    std::uint64_t chain = 0;
    for (auto& [path, bytes] : files_) {
      if (path.ends_with(".log") && (what & 1U) != 0)
        reseal_segment(bytes, the_store(),
                       {.header = true, .frames = true, .chain = (what & 2U) != 0}, chain);
      if (path.ends_with("control") && (what & 4U) != 0) reseal_control_page(bytes, the_store());
      if (path.find("manifest") != std::string::npos && (what & 8U) != 0) reseal_manifest(bytes);
    }
  }

  void apply(known_events& known) {
    for (const auto& [path, bytes] : files_) {
      if (path.ends_with(".log")) known.add_file(bytes);
      const auto was = before_.find(path);
      if (was == before_.end() || was->second != bytes) machine_.disk().put(path, bytes);
    }
    for (const auto& [path, bytes] : before_) {
      if (!bytes.empty() && !files_.contains(path)) machine_.disk().remove(path);
    }
  }

 private:
  using file_map = std::map<std::string, byte_vector>;

  [[nodiscard]] file_map::iterator any_file() {
    return std::next(files_.begin(), static_cast<std::ptrdiff_t>(from_.below(files_.size())));
  }

  void edit_once() {
    if (files_.empty()) return;
    switch (from_.take<std::uint8_t>() % 10) {
      case 0: return flip_bit();
      case 1: return overwrite(from_.take_short());
      case 2: return cut(any_file()->second);
      case 3: files_.erase(any_file()); return;
      case 4: return copy_block();
      case 5: std::swap(any_file()->second, any_file()->second); return;
      case 6: return copy_file();
      case 7: return set_number();
      default: return tamper_with_row();
    }
  }

  void flip_bit() {
    auto& bytes = any_file()->second;
    const std::size_t at = from_.below(bytes.size());
    const auto bit = from_.take<std::uint8_t>() % 8;
    if (!bytes.empty()) bytes[at] ^= static_cast<std::byte>(1U << bit);
  }

  void overwrite(byte_span by) {
    auto& bytes = any_file()->second;
    const std::size_t at = from_.below(bytes.size());
    const std::size_t count = std::min(by.size(), bytes.size() - at);
    std::copy_n(by.begin(), count, bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }

  void cut(byte_vector& bytes) {
    const std::size_t size = from_.take<std::uint16_t>();
    bytes.resize(size < bytes.size() ? size : std::min(size, longest_file));
  }

  void copy_block() {
    const auto& source = any_file()->second;
    const std::size_t begin = from_.below(source.size()) / 8 * 8;
    const std::size_t size = std::min(source.size() - begin, from_.below(64) * 64);
    const byte_vector block(source.begin() + static_cast<std::ptrdiff_t>(begin),
                            source.begin() + static_cast<std::ptrdiff_t>(begin + size));
    overwrite(block);
  }

  void copy_file() {
    const auto number = from_.take<std::uint8_t>() % 8U;
    files_[std::string(store_folder) + "/log/" + log::segment_file_name(number)] =
        byte_vector(any_file()->second);
  }

  void set_number() {
    auto& bytes = any_file()->second;
    const std::size_t at = from_.below(bytes.size()) / 4 * 4;
    const auto number = from_.take<std::uint64_t>();
    if (at + sizeof(number) <= bytes.size()) store_at(bytes.data() + at, number);
  }

  void tamper_with_row() {
    const auto& row = base_.rows()[from_.below(base_.rows().size())];
    const auto how = from_.take<std::uint8_t>();
    if (how % 8 == 0) {
      machine_.index().tamper(row.environment, row.table, row.key, std::nullopt);
      return;
    }
    byte_vector value = row.value;
    const std::size_t at = from_.below(value.size());
    value[at] ^= static_cast<std::byte>(from_.take<std::uint8_t>());
    if (how % 2 == 0 && value.size() >= 8) {
      const std::uint64_t seed =
          row.environment == "state" ? 0 : static_cast<std::uint64_t>(row.table) + 1;
      store_at(value.data(), checksum64(byte_span(value).subspan(8), checksum64(row.key, seed)));
    }
    machine_.index().tamper(row.environment, row.table, row.key, value);
  }

  test_support::simulated_machine& machine_;
  const base_store& base_;
  input& from_;
  file_map before_;
  file_map files_;
};

}  // namespace

void edit_store(test_support::simulated_machine& machine, const base_store& base, input& from,
                known_events& known) {
  const auto what = from.take<std::uint8_t>();
  store_editor editor(machine, base, from);
  editor.edit();
  editor.reseal(what);
  editor.apply(known);
}

}  // namespace mainstem::fuzz
