// SPDX-License-Identifier: Apache-2.0
#include "index/lmdb_environment.h"

#include <lmdb.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <random>

#include <gtest/gtest.h>

#include "index/lmdb_error.h"
#include "index/lmdb_layout.h"
#include "index_support.h"
#include "os/posix_disk.h"

namespace mainstem::index {
namespace {

namespace fs = std::filesystem;

class LmdbProvider : public ::testing::Test {
 protected:
  testing::scratch_folder folder;
  os::posix_disk disk;
  std::shared_ptr<os::directory> directory =
      disk.open_directory(folder.path().string(), false).value();
  lmdb_provider provider{directory};
  fs::path data = folder.path() / "one" / "data.mdb";

  void fill() {
    auto env = provider.open("one").value();
    std::mt19937_64 random(1);
    for (int i = 0; i < 5; ++i) {
      auto writing = env->begin_write().value();
      for (int k = 0; k < 200; ++k) {
        const std::string value(random() % 100, 'v');
        writing->put(table::entries, as_bytes(std::to_string(random())), as_bytes(value), false)
            .value();
      }
      writing->commit().value();
    }
  }
  void overwrite(std::uint64_t offset, const std::string& bytes) const {
    std::fstream file(data, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  result<void> check() const {
    auto in = directory->open_directory("one", false).value();
    return check_lmdb_file(*in->open_file("data.mdb", os::open_mode::read_only).value());
  }
};

TEST_F(LmdbProvider, MakesAnEnvironmentUnderItsNameAlone) {
  auto env = provider.open("one").value();
  EXPECT_EQ(directory->list().value(), std::vector<std::string>{"one"});
}

TEST_F(LmdbProvider, DropsWhatACrashLeftOfACreation) {
  fs::create_directory(folder.path() / "one.new");
  std::ofstream(folder.path() / "one.new" / "data.mdb") << "half of something";
  auto env = provider.open("one").value();
  EXPECT_EQ(directory->list().value(), std::vector<std::string>{"one"});
}

TEST_F(LmdbProvider, RefusesASecondOpeningInThisProcess) {
  auto env = provider.open("one").value();
  EXPECT_EQ(provider.open("one").error(), errc::store_locked);
  EXPECT_EQ(provider.discard("one").error(), errc::store_locked);
  env.reset();
  EXPECT_TRUE(provider.open("one").has_value());
}

TEST_F(LmdbProvider, RefusesAFileCutAnywhere) {
  fill();
  const auto whole = fs::file_size(data);
  ASSERT_TRUE(check().has_value());
  for (std::uint64_t size = whole; size-- > 0; size -= std::min<std::uint64_t>(size, 511)) {
    fs::resize_file(data, size);
    EXPECT_EQ(provider.open("one").error(), errc::corrupt_index) << size;
  }
}

TEST_F(LmdbProvider, RefusesDamagedMetaPages) {
  fill();
  for (const std::uint64_t offset : {0U, 4096U}) {
    fs::copy_file(data, folder.path() / "whole", fs::copy_options::overwrite_existing);
    overwrite(offset, std::string(4096, '\0'));
    EXPECT_EQ(provider.open("one").error(), errc::corrupt_index);
    fs::copy_file(folder.path() / "whole", data, fs::copy_options::overwrite_existing);
    overwrite(offset, std::string(4096, '\xff'));
    EXPECT_EQ(provider.open("one").error(), errc::corrupt_index);
    fs::copy_file(folder.path() / "whole", data, fs::copy_options::overwrite_existing);
  }
  EXPECT_TRUE(provider.open("one").has_value());
}

// Page number, flags, magic, version, page size, depths, roots and the last page.
TEST_F(LmdbProvider, RefusesEveryMetaFieldThatMakesNoSense) {
  fill();
  struct meta_field {
    std::uint64_t offset;
    std::size_t bytes;
  };
  const meta_field fields[] = {{0, 8},  {10, 2}, {16, 4}, {20, 4},  {40, 4},
                               {46, 2}, {80, 8}, {94, 2}, {128, 8}, {136, 8}};
  for (const std::uint64_t page : {0U, 4096U}) {
    for (const auto [field, bytes] : fields) {
      fs::copy_file(data, folder.path() / "whole", fs::copy_options::overwrite_existing);
      overwrite(page + field, std::string(bytes, '\x7e'));
      EXPECT_FALSE(check().has_value()) << page + field;
      fs::copy_file(folder.path() / "whole", data, fs::copy_options::overwrite_existing);
    }
  }
  EXPECT_TRUE(check().has_value());
}

TEST_F(LmdbProvider, SurvivesEveryFlippedByteOfTheMetaPagesInItsCheck) {
  fill();
  std::size_t refused = 0;
  for (const std::uint64_t page : {0U, 4096U}) {
    for (std::uint64_t at = page; at < page + 152; ++at) {
      fs::copy_file(data, folder.path() / "whole", fs::copy_options::overwrite_existing);
      overwrite(at, "\x5a");
      const auto checked = check();
      if (!checked) {
        EXPECT_EQ(checked.error(), errc::corrupt_index);
        ++refused;
      }
      fs::copy_file(folder.path() / "whole", data, fs::copy_options::overwrite_existing);
    }
  }
  EXPECT_GT(refused, 50U);
}

// A leaf whose size was damaged by one bit had fewer rows. Nothing said so, and what stood in them
// looked as if it had never been.
TEST_F(LmdbProvider, RefusesALeafWithFewerRowsThanItsTreeSays) {
  fill();
  constexpr std::size_t page_bytes = 4096;
  constexpr std::size_t flags_at = 10;
  constexpr std::size_t lower_at = 12;
  const auto rows = [&] {
    std::vector<std::string> keys;
    const auto env = provider.open("one").value();
    const auto reading = env->begin_read().value();
    const auto over = reading->open_cursor(table::entries).value();
    for (auto row = over->seek(as_bytes(std::string_view("0"))).value(); row;
         row = over->next().value())
      keys.emplace_back(as_text(row->key));
    return keys;
  };
  const auto all = rows();
  const std::string whole = testing::read_file(data);
  std::size_t refused = 0;
  for (std::size_t at = 2 * page_bytes; at < whole.size(); at += page_bytes) {
    std::uint16_t lower = 0;
    std::memcpy(&lower, whole.data() + at + lower_at, sizeof lower);
    if (whole[at + flags_at] != 2 || lower < 20) continue;
    lower = static_cast<std::uint16_t>(lower - 2);
    overwrite(at + lower_at, {reinterpret_cast<const char*>(&lower), sizeof lower});
    const auto looked = provider.inspect("one");
    if (!looked) {
      EXPECT_EQ(looked.error(), errc::corrupt_index);
      EXPECT_EQ(provider.open("one").error(), errc::corrupt_index);
      ++refused;
    } else {
      EXPECT_EQ(rows(), all) << "page " << at / page_bytes << " is one of an older state";
    }
    overwrite(at, whole.substr(at, page_bytes));
  }
  EXPECT_GT(refused, 5U);
}

TEST_F(LmdbProvider, RefusesAnEmptyFolder) {
  fs::create_directory(folder.path() / "one");
  EXPECT_EQ(provider.open("one").error(), errc::corrupt_index);
  provider.discard("one").value();
  EXPECT_TRUE(provider.open("one").has_value());
}

TEST_F(LmdbProvider, RefusesAnEmptyFile) {
  fill();
  fs::resize_file(data, 0);
  EXPECT_EQ(provider.open("one").error(), errc::corrupt_index);
}

TEST_F(LmdbProvider, RefusesAFileInPlaceOfTheFolder) {
  std::ofstream(folder.path() / "one") << "no folder";
  EXPECT_EQ(provider.open("one").error(), errc::corrupt_index);
  provider.discard("one").value();
  EXPECT_TRUE(provider.open("one").has_value());
}

TEST_F(LmdbProvider, RefusesAFolderInPlaceOfTheFile) {
  fs::create_directories(data);
  EXPECT_EQ(provider.open("one").error(), errc::corrupt_index);
  provider.discard("one").value();
  EXPECT_TRUE(provider.open("one").has_value());
}

// Otherwise a table that is lost would come back as an empty one.
TEST_F(LmdbProvider, RefusesAnEnvironmentWithoutItsTables) {
  fs::create_directory(folder.path() / "one");
  MDB_env* raw = nullptr;
  ASSERT_EQ(mdb_env_create(&raw), 0);
  ASSERT_EQ(mdb_env_open(raw, (folder.path() / "one").c_str(), 0, 0644), 0);
  mdb_env_close(raw);
  EXPECT_EQ(provider.open("one").error(), errc::corrupt_index);
}

TEST_F(LmdbProvider, OpensWithoutItsLockFile) {
  fill();
  fs::remove(folder.path() / "one" / "lock.mdb");
  EXPECT_TRUE(provider.open("one").has_value());
}

// LMDB does not write pages that a transaction took and gave up again, not even the last ones of
// the file.
// LMDB makes its lock file sparse and writes to it through a mapping. On a full disk that killed
// the process with SIGBUS, where it should have been an error.
TEST_F(LmdbProvider, TakesTheSpaceOfItsLockFileBeforeItWritesToIt) {
  const fs::path lock = folder.path() / "one" / "lock.mdb";
  for (int round = 0; round < 2; ++round) {
    const auto env = provider.open("one").value();
    struct stat status = {};
    ASSERT_EQ(::stat(lock.c_str(), &status), 0);
    EXPECT_GE(status.st_blocks * 512, status.st_size);
    EXPECT_GT(status.st_size, 4'096 * 64) << "a place for each reader";
    fs::remove(lock);
  }
}

TEST_F(LmdbProvider, KeepsTheFileAsLongAsItSaysItself) {
  auto env = provider.open("one").value();
  std::mt19937_64 random(2);
  for (int i = 0; i < 60; ++i) {
    auto writing = env->begin_write().value();
    for (int k = 0; k < 100; ++k) {
      const std::string key = std::to_string(random() % 1000);
      if (random() % 2 == 0) {
        const std::string value(random() % 3000, 'v');
        writing->put(table::entries, as_bytes(key), as_bytes(value), false).value();
      } else {
        writing->erase(table::entries, as_bytes(key)).value();
      }
    }
    for (int k = 0; i % 3 == 0 && k < 1000; ++k) {
      writing->erase(table::entries, as_bytes(std::to_string(k))).value();
    }
    writing->commit().value();
    ASSERT_TRUE(check().has_value()) << i;
  }
}

TEST_F(LmdbProvider, SaysWhenThereAreTooManyReaders) {
  lmdb_provider few(directory, {.most_readers = 3});
  auto env = few.open("one").value();
  std::vector<std::unique_ptr<read_transaction>> readers;
  for (int i = 0; i < 3; ++i) readers.push_back(env->begin_read().value());
  const auto refused = env->begin_read();
  EXPECT_EQ(refused.error(), errc::overloaded);
  EXPECT_NE(refused.error().message().find("readers"), std::string::npos);
  readers.pop_back();
  EXPECT_TRUE(env->begin_read().has_value());
}

TEST_F(LmdbProvider, SaysThatTheDiskIsFullWhenTheMapIsAndGoesOn) {
  lmdb_provider small(directory, {.map_bytes = 256U << 10U});
  auto env = small.open("one").value();
  const std::string value(3000, 'v');
  {
    auto writing = env->begin_write().value();
    writing->put(table::heads, as_bytes("kept"), as_bytes(value), false).value();
    writing->commit().value();
  }
  {
    auto writing = env->begin_write().value();
    result<void> put{};
    for (int i = 0; put && i < 1000; ++i) {
      put = writing->put(table::heads, as_bytes(std::to_string(i)), as_bytes(value), false);
    }
    EXPECT_EQ(put.error(), errc::disk_full);
    EXPECT_TRUE(writing->commit().has_error());
  }
  const auto has = [&](std::string_view key) {
    return env->begin_read().value()->get(table::heads, as_bytes(key)).value().has_value();
  };
  EXPECT_FALSE(has("0"));
  EXPECT_TRUE(has("kept"));
  auto writing = env->begin_write().value();
  writing->put(table::heads, as_bytes("later"), as_bytes(value), false).value();
  writing->commit().value();
  EXPECT_TRUE(has("later"));
}

TEST_F(LmdbProvider, GivesBackTheReadersOfManyTransactions) {
  lmdb_provider few(directory, {.most_readers = 4});
  auto env = few.open("one").value();
  for (int i = 0; i < 100; ++i) {
    auto first = env->begin_read().value();
    auto second = env->begin_read().value();
  }
  SUCCEED();
}

TEST(LmdbFailure, NamesWhatItKnows) {
  const auto named = [](int code) { return lmdb_failure(code, "trying", "/tmp"); };
  for (const int code : {MDB_CORRUPTED, MDB_INVALID, MDB_PAGE_NOTFOUND, MDB_VERSION_MISMATCH,
                         MDB_CURSOR_FULL, MDB_PAGE_FULL, MDB_INCOMPATIBLE, MDB_NOTFOUND}) {
    EXPECT_EQ(named(code), errc::corrupt_index) << code;
  }
  for (const int code : {ENOSPC, EDQUOT, EFBIG, MDB_MAP_FULL})
    EXPECT_EQ(named(code), errc::disk_full);
  EXPECT_EQ(named(MDB_READERS_FULL), errc::overloaded);
}

TEST(LmdbFailure, KeepsWhatIsNotItsOwn) {
  const error denied = lmdb_failure(EACCES, "trying", "/tmp");
  EXPECT_EQ(denied.code(), boost::system::errc::permission_denied);
  // /tmp has space, so this is what it says.
  EXPECT_EQ(lmdb_failure(EIO, "trying", "/tmp").code(), boost::system::errc::io_error);
  const error panic = lmdb_failure(MDB_PANIC, "trying", "/tmp");
  EXPECT_EQ(panic.code().category(), lmdb_category());
  EXPECT_EQ(panic, error_condition::fatal);
  EXPECT_NE(panic.message().find("trying"), std::string::npos);
  EXPECT_NE(panic.message().find(mdb_strerror(MDB_PANIC)), std::string::npos);
  EXPECT_EQ(panic.info().path, "/tmp");
}

}  // namespace
}  // namespace mainstem::index
