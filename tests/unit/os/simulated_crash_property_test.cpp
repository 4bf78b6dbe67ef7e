// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "simulated_support.h"

namespace mainstem::os::test {
namespace {

/// A model of one file, by granule: what a crash may leave there.
struct file_model {
  std::string content;  ///< Readable.
  std::string durable;
  std::map<std::size_t, std::set<std::string>> candidates;  ///< Of granules that are not clean.

  std::string granule_at(const std::string& text, std::size_t number) const {
    std::string part = number * granule < text.size() ? text.substr(number * granule, granule) : "";
    part.resize(granule);
    return part;
  }
  void write(std::size_t offset, std::string_view text) {
    content.replace(offset, text.size(), text);
    for (std::size_t i = offset / granule; i * granule < offset + text.size(); ++i) {
      candidates[i].insert(granule_at(content, i));
    }
  }
};

/// Random writes and syncs of a file of fixed size; a crash after each.
RC_GTEST_PROP(SimulatedCrashProperty, LeavesEachGranuleOldOrNewAndWhatWasSyncedNew, ()) {
  static constexpr std::size_t size = 6 * granule;
  simulated_folder on;
  const auto file = on.create_durable("a", std::string(size, '.'));
  file_model model{std::string(size, '.'), std::string(size, '.'), {}};

  const int steps = *rc::gen::inRange(1, 12);
  for (int step = 0; step < steps; ++step) {
    if (*rc::gen::inRange(0, 4) == 0) {
      RC_ASSERT(file->sync().has_value());
      model.durable = model.content;
      model.candidates.clear();
    } else {
      const auto offset = *rc::gen::inRange<std::size_t>(0, size - 1);
      const auto length = *rc::gen::inRange<std::size_t>(1, size - offset + 1);
      const std::string text(length, static_cast<char>('a' + step));
      RC_ASSERT(file->write_at(offset, bytes_of(text)).has_value());
      model.write(offset, text);
    }
    RC_ASSERT(content_of(*file) == model.content);
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    const std::string after = text_in(*on.disk.crash(seed), "a");
    RC_ASSERT(after.size() == size);
    for (std::size_t i = 0; i < size / granule; ++i) {
      const std::string left = model.granule_at(after, i);
      const bool old = left == model.granule_at(model.durable, i);
      RC_ASSERT(old || model.candidates[i].contains(left));
    }
  }
}

/// Random operations of all kinds on several files: whatever was synced, entry and content, is
/// there.
RC_GTEST_PROP(SimulatedCrashProperty, KeepsWhatWasSyncedWhateverFollows, ()) {
  simulated_folder on;
  std::map<std::string, std::string> durable;
  const auto operations = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 7));
  for (const int operation : operations) {
    const std::string name(1, *rc::gen::element('a', 'b', 'c'));
    const std::string other(1, *rc::gen::element('x', 'y'));
    const auto opened = on.folder->open_file(name, open_mode::read_write);
    const auto text = *rc::gen::string<std::string>();
    switch (operation) {
      case 0: {  // The only one that makes a file durable.
        const auto file = opened ? *opened : on.create(name);
        RC_ASSERT(file->resize(0).has_value());
        RC_ASSERT(file->write_at(0, bytes_of(text)).has_value());
        RC_ASSERT(file->sync().has_value());
        RC_ASSERT(on.folder->sync().has_value());
        durable[name] = text;
        break;
      }
      case 1:
        if (opened) {
          durable.erase(name);
          RC_ASSERT((*opened)->write_at(3, bytes_of(text)).has_value());
        }
        break;
      case 2:
        if (opened) {
          durable.erase(name);
          RC_ASSERT(on.folder->rename(name, other).has_value());
        }
        break;
      case 3:
        if (opened) {
          durable.erase(name);
          RC_ASSERT(on.folder->remove(name).has_value());
        }
        break;
      case 4: {
        const auto unrelated = on.folder->open_file(other, open_mode::create_new);
        if (unrelated) RC_ASSERT((*unrelated)->write_at(0, bytes_of(text)).has_value());
        break;
      }
      default:
        if (opened) RC_ASSERT((*opened)->sync().has_value());
        break;
    }
    const auto after = on.disk.crash(*rc::gen::arbitrary<std::uint64_t>());
    for (const auto& [path, content] : durable) RC_ASSERT(text_in(*after, path) == content);
  }
}

/// Entries alone: each crash leaves a state that some subset of the operations, in order, leads to;
/// no renamed file is lost, and none stands under two names.
RC_GTEST_PROP(SimulatedCrashProperty, LosesNoFileThatWasOnlyRenamed, ()) {
  simulated_folder on;
  std::set<std::string> texts;
  for (const auto* name : {"a", "b", "c"}) {
    on.create_durable(name, name);
    texts.insert(name);
  }
  const auto renames = *rc::gen::inRange(1, 8);
  for (int i = 0; i < renames; ++i) {
    const auto present = on.folder->list().value();
    const auto from = *rc::gen::elementOf(present);
    const std::string to(1, static_cast<char>('m' + i));
    RC_ASSERT(on.folder->rename(from, to).has_value());
    if (*rc::gen::inRange(0, 4) == 0) RC_ASSERT(on.folder->sync().has_value());
    const auto after = on.disk.crash(*rc::gen::arbitrary<std::uint64_t>());
    std::multiset<std::string> left;
    for (const auto& [path, bytes] : after->files()) left.insert(text_of(bytes));
    RC_ASSERT(left.size() == texts.size());
    RC_ASSERT(std::equal(left.begin(), left.end(), texts.begin()));
  }
}

}  // namespace
}  // namespace mainstem::os::test
