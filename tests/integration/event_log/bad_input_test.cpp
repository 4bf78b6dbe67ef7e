// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>

#include "program.h"

namespace event_log_test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view good = "id,what,at,n\n1,a,2024-01-02,1\n";

/// Runs a load of `path` into a store that is not there; answers what it said. The store must still
/// not be there.
std::string said_about(const scratch_folder& folder, const std::string& path,
                       const std::string& version_column = "n") {
  const std::string store = folder / "store";
  const auto end =
      run({"load", path, "--store", store, "--category", "case", "--stream", "id", "--type", "what",
           "--time", "at", "--time-format", "%Y-%m-%d", "--version-column", version_column});
  EXPECT_EQ(end.status, 2) << end.err;
  EXPECT_EQ(end.out, "");
  EXPECT_FALSE(fs::exists(store));
  return end.err;
}

std::string said_about_text(std::string_view text) {
  const scratch_folder folder;
  const std::string path = folder.write("log.csv", text);
  std::string said = said_about(folder, path);
  const std::string beginning = "event_log: " + path;
  EXPECT_TRUE(said.starts_with(beginning)) << said;
  return said.substr(std::min(said.size(), beginning.size()));
}

TEST(BadInput, TooFewColumns) {
  EXPECT_EQ(said_about_text(std::string(good) + "1,a,2024-01-02\n"),
            ", line 3: expected 4 columns, found 3\n");
}

TEST(BadInput, TooManyColumns) {
  EXPECT_EQ(said_about_text(std::string(good) + "1,a,2024-01-02,2,3\n"),
            ", line 3: expected 4 columns, found 5\n");
}

TEST(BadInput, TimeThatDoesNotParse) {
  EXPECT_EQ(said_about_text(std::string(good) + "1,a,2024-02-30,2\n"),
            ", line 3: expected a time like '%Y-%m-%d' in column at, found '2024-02-30'\n");
}

TEST(BadInput, VersionThatIsNoNumber) {
  EXPECT_EQ(said_about_text(std::string(good) + "1,a,2024-01-02,two\n"),
            ", line 3: expected a whole number in column n, found 'two'\n");
}

TEST(BadInput, LineNumberIsRightBehindQuotedLineEnds) {
  EXPECT_EQ(said_about_text(std::string(good) + "1,\"a\nb\n\nc\",2024-01-02,2\n1,a,never,3\n"),
            ", line 7: expected a time like '%Y-%m-%d' in column at, found 'never'\n");
}

TEST(BadInput, QuoteThatIsNeverClosed) {
  EXPECT_EQ(
      said_about_text(std::string(good) + "1,\"a,2024-01-02,2\n1,a,2024-01-02,3\n"),
      ", line 3: expected a field in double quotes to end with a quote, and quotes inside of it "
      "to be doubled\n");
}

TEST(BadInput, EmptyStreamOrType) {
  EXPECT_EQ(said_about_text(std::string(good) + ",a,2024-01-02,2\n"),
            ", line 3: expected a value in column id\n");
  EXPECT_TRUE(
      said_about_text(std::string(good) + "1,,2024-01-02,2\n")
          .starts_with(
              ", line 3: expected an event type of 1 to 255 bytes of UTF-8 in column what"));
}

TEST(BadInput, NameThatTheStoreRefuses) {
  EXPECT_TRUE(
      said_about_text(std::string(good) + std::string(251, 'x') + ",a,2024-01-02,2\n")
          .starts_with(
              ", line 3: expected a stream name of at most 255 bytes of UTF-8 from column id"));
  EXPECT_TRUE(
      said_about_text(std::string(good) + "\xff,a,2024-01-02,2\n")
          .starts_with(
              ", line 3: expected a stream name of at most 255 bytes of UTF-8 from column id"));
  EXPECT_TRUE(
      said_about_text(std::string(good) + "1," + std::string(256, 'x') + ",2024-01-02,2\n")
          .starts_with(
              ", line 3: expected an event type of 1 to 255 bytes of UTF-8 in column what"));
}

TEST(BadInput, MissingColumn) {
  EXPECT_EQ(said_about_text("id,what,when,n\n1,a,2024-01-02,1\n"),
            ", line 1: expected a column called at\n");
}

TEST(BadInput, ColumnThatStandsThereTwice) {
  EXPECT_EQ(said_about_text("id,what,at,n,n\n1,a,2024-01-02,1,1\n"),
            ", line 1: expected every column name once, n stands there twice\n");
}

TEST(BadInput, EmptyFile) {
  EXPECT_EQ(said_about_text(""), ", line 1: expected a line of column names, the file is empty\n");
}

TEST(BadInput, NoRows) {
  EXPECT_EQ(said_about_text("id,what,at,n\n"),
            ", line 2: expected at least one row below the column names\n");
}

TEST(BadInput, MissingFile) {
  const scratch_folder folder;
  const std::string path = folder / "nothing.csv";
  EXPECT_EQ(said_about(folder, path), "event_log: " + path + ": No such file or directory\n");
}

TEST(BadInput, FolderInsteadOfFile) {
  const scratch_folder folder;
  const std::string path = folder / "";
  EXPECT_EQ(said_about(folder, path),
            "event_log: " + path + ": expected a file, this is a folder\n");
}

TEST(BadInput, PackedNameWithoutPackedContent) {
  const scratch_folder folder;
  const std::string path = folder.write("log.csv.gz", good);
  EXPECT_EQ(said_about(folder, path),
            "event_log: " + path + ": expected gzip data, as its name says\n");
}

std::string packed(const scratch_folder& folder) {
  const std::string path = folder / "log.csv.gz";
  std::string text(good);
  for (int i = 0; i < 20'000; ++i)
    text += std::to_string(i * 7919) + ",a,2024-01-02," + std::to_string(i) + '\n';
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  return path;
}

TEST(BadInput, PackedFileThatWasCutShort) {
  const scratch_folder folder;
  const std::string path = packed(folder);
  fs::resize_file(path, fs::file_size(path) / 2);
  EXPECT_TRUE(said_about(folder, path).starts_with("event_log: " + path + ": broken gzip data"));
}

TEST(BadInput, PackedFileThatIsDamaged) {
  const scratch_folder folder;
  const std::string path = packed(folder);
  std::string bytes = content_of(path);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x55);
  bytes[bytes.size() / 2 + 1] = static_cast<char>(bytes[bytes.size() / 2 + 1] ^ 0x55);
  folder.write("log.csv.gz", bytes);
  const std::string said = said_about(folder, path);
  EXPECT_TRUE(said.starts_with("event_log: " + path)) << said;
}

TEST(BadInput, MissingOption) {
  const auto end = run({"demo", "log.csv", "--category", "case"});
  EXPECT_EQ(end.status, 2);
  EXPECT_EQ(end.err,
            "event_log: --stream is missing: the column that says which stream a row belongs to\n");
}

TEST(BadInput, StoreThatHasContent) {
  const scratch_folder folder;
  const std::string path = folder.write("log.csv", good);
  fs::create_directory(folder / "store");
  folder.write("store/mine.txt", "precious");
  const auto end = run({"load", path, "--store", folder / "store", "--category", "case", "--stream",
                        "id", "--type", "what", "--time", "at", "--time-format", "%Y-%m-%d"});
  EXPECT_EQ(end.status, 2);
  EXPECT_NE(end.err.find("expected a new or an empty folder for the store"), std::string::npos)
      << end.err;
  EXPECT_EQ(content_of(folder / "store/mine.txt"), "precious");
  EXPECT_FALSE(fs::exists(folder / "store/log"));
}

}  // namespace
}  // namespace event_log_test
