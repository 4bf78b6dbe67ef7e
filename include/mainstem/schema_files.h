// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Schemas from .capnp files, read while the program runs: for tools and for tests of new schemas.
/// Needs Cap'n Proto's headers, and libcapnpc, the compiler of schemas, which the target
/// mainstem::schema brings along. Programs that only read and write events do without both.
///
///     mainstem::schema_files files;
///     files.add("schemas/order.capnp").value();
///     const auto report = mainstem::check_store(store, files).value();
///     for (const auto& finding : report.findings) std::cerr << finding << '\n';

#include <capnp/schema.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mainstem/error.h>
#include <mainstem/export.h>
#include <mainstem/schema_check.h>
#include <mainstem/schema_registry.h>

namespace mainstem {

/// The structs of one or several .capnp files.
///
/// Lifetime: schemas that it answers live as long as this object. schema_registry::add() copies.
/// Thread safety: distinct objects, safe. One object, safe for const calls.
class MAINSTEM_API schema_files {
 public:
  /// @param import_folders where `import "/..."` looks; behind them in /usr/local/include and
  /// /usr/include, as `capnp compile` does. What is no folder is passed over.
  explicit schema_files(std::span<const std::filesystem::path> import_folders = {});
  schema_files(schema_files&&) noexcept;
  schema_files& operator=(schema_files&&) noexcept;
  ~schema_files();

  /// Parses a file. Its imports are followed, but the structs of imported files are not added.
  /// Errors: invalid_schema (the detail has the file, the line and what is wrong).
  [[nodiscard]] result<void> add(const std::filesystem::path& file);
  /// The same of a file that is not on the disk. It can import others that were given so, and those
  /// in the import folders.
  /// @param name as others import it: `order.capnp`.
  [[nodiscard]] result<void> add_text(std::string_view name, std::string_view text);

  /// The names of all structs, with those that they stand in: `OrderOpened`, `OrderOpened.Line`.
  [[nodiscard]] std::vector<std::string> structs() const;
  /// @param name as structs() has it.
  /// Errors: invalid_schema (there is none, or several files have one).
  [[nodiscard]] result<capnp::StructSchema> find(std::string_view name) const;
  /// By the number that stands behind `@0x`, or that Cap'n Proto derives.
  /// Errors: invalid_schema.
  [[nodiscard]] result<capnp::StructSchema> find(std::uint64_t id) const;

 private:
  struct content;
  std::unique_ptr<content> content_;
};

/// check_schemas() against files. A recorded schema is compared with the struct that has its
/// struct's id; if there is none, its name.
[[nodiscard]] MAINSTEM_API schema_report check_schemas(std::span<const recorded_schema> recorded,
                                                       const schema_files& today);
/// check_store() against files: do they still read what was written with the schemas that
/// save_schemas() has kept? Events are not read.
/// Errors: those of saved_schemas().
[[nodiscard]] inline result<schema_report> check_store(const store& of, const schema_files& today) {
  const auto saved = saved_schemas(of);
  if (!saved) return saved.error();
  return check_schemas(*saved, today);
}

}  // namespace mainstem
