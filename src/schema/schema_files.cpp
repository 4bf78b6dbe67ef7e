// SPDX-License-Identifier: Apache-2.0
#include <capnp/schema-parser.h>
#include <kj/filesystem.h>
#include <mainstem/schema_files.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

namespace mainstem {
namespace {

error invalid(std::string detail) { return {errc::invalid_schema, std::move(detail)}; }

/// What the parser complains of has the place in the schema where an exception has one in C++.
error invalid(const kj::Exception& failure) {
  const std::string_view file = failure.getFile();
  std::string place;
  if (!file.ends_with(".c++") && !file.ends_with(".h"))
    place = std::string(file) + ":" + std::to_string(failure.getLine() + 1) + ": ";
  return invalid(place + failure.getDescription().cStr());
}

kj::Path to_path(const std::filesystem::path& path) {
  const auto absolute = std::filesystem::absolute(path).lexically_normal().relative_path();
  return kj::Path::parse(absolute.string().c_str());
}

}  // namespace

struct schema_files::content {
  kj::Own<kj::Filesystem> disk = kj::newDiskFilesystem();
  kj::Own<const kj::Directory> memory = kj::newInMemoryDirectory(kj::nullClock());
  std::vector<kj::Own<const kj::ReadableDirectory>> folders;
  std::vector<const kj::ReadableDirectory*> imports;
  capnp::SchemaParser parser;
  std::map<std::uint64_t, std::pair<std::string, capnp::StructSchema>> structs;

  void add_import_folder(const std::filesystem::path& folder) {
    KJ_IF_MAYBE (opened, disk->getRoot().tryOpenSubdir(to_path(folder))) {
      folders.push_back(kj::mv(*opened));
      imports.push_back(folders.back().get());
    }
  }

  void parse(const kj::ReadableDirectory& base, kj::Path path) {
    add_nested(
        parser.parseFromDirectory(base, kj::mv(path), kj::arrayPtr(imports.data(), imports.size())),
        "");
  }

  void add_nested(capnp::ParsedSchema parent, const std::string& prefix) {
    for (const auto nested : parent.getAllNested()) {
      const std::string name = prefix + nested.getUnqualifiedName().cStr();
      if (nested.getProto().isStruct())
        structs.insert_or_assign(nested.getProto().getId(), std::pair(name, nested.asStruct()));
      add_nested(nested, name + ".");
    }
  }
};

schema_files::schema_files(std::span<const std::filesystem::path> import_folders)
    : content_(std::make_unique<content>()) {
  for (const auto& folder : import_folders) content_->add_import_folder(folder);
  for (const char* const folder : {"/usr/local/include", "/usr/include"})
    content_->add_import_folder(folder);
}

schema_files::schema_files(schema_files&&) noexcept = default;
schema_files& schema_files::operator=(schema_files&&) noexcept = default;
schema_files::~schema_files() = default;

result<void> schema_files::add(const std::filesystem::path& file) {
  try {
    content_->parse(content_->disk->getRoot(), to_path(file));
    return {};
  } catch (const kj::Exception& failure) {
    return invalid(failure);
  }
}

result<void> schema_files::add_text(std::string_view name, std::string_view text) {
  try {
    const auto path = kj::Path::parse(std::string(name).c_str());
    content_->memory
        ->openFile(path,
                   kj::WriteMode::CREATE | kj::WriteMode::MODIFY | kj::WriteMode::CREATE_PARENT)
        ->writeAll(kj::StringPtr(std::string(text).c_str(), text.size()));
    content_->parse(*content_->memory, path.clone());
    return {};
  } catch (const kj::Exception& failure) {
    return invalid(failure);
  }
}

std::vector<std::string> schema_files::structs() const {
  std::vector<std::string> names;
  for (const auto& [id, named] : content_->structs) names.push_back(named.first);
  std::sort(names.begin(), names.end());
  return names;
}

result<capnp::StructSchema> schema_files::find(std::string_view name) const {
  const capnp::StructSchema* found = nullptr;
  for (const auto& [id, named] : content_->structs) {
    if (named.first != name) continue;
    if (found) return invalid("several files have a struct " + std::string(name));
    found = &named.second;
  }
  if (!found) return invalid("there is no struct " + std::string(name));
  return *found;
}

result<capnp::StructSchema> schema_files::find(std::uint64_t id) const {
  const auto found = content_->structs.find(id);
  if (found == content_->structs.end())
    return invalid(std::string("there is no struct @0x") + kj::str(kj::hex(id)).cStr());
  return found->second.second;
}

namespace {

/// The struct of today for one that was recorded; a finding where there is none.
result<capnp::StructSchema> counterpart(capnp::StructSchema recorded, const schema_files& today) {
  if (auto by_id = today.find(recorded.getProto().getId())) return by_id;
  const std::string_view name = recorded.getProto().getDisplayName().cStr();
  return today.find(name.substr(name.rfind(':') + 1));
}

/// Registers the struct of today for one that was recorded. A finding if that cannot be done.
std::optional<schema_finding> match(const recorded_schema& recorded, const schema_files& today,
                                    schema_registry& into) {
  const auto finding = [&](schema_change change, const error& failure) {
    return schema_finding{.type = recorded.type,
                          .schema_version = recorded.schema_version,
                          .change = change,
                          .detail = failure.info().detail};
  };
  schema_registry before;
  if (const auto added = before.add(recorded); !added)
    return finding(schema_change::unreadable_record, added.error());
  const auto old = before.find(recorded.type, recorded.schema_version);
  const auto found = counterpart(old.value(), today);
  if (!found) return finding(schema_change::struct_missing, found.error());
  if (const auto added = into.add(recorded.type, recorded.schema_version, *found); !added)
    return finding(schema_change::struct_missing, added.error());
  return std::nullopt;
}

}  // namespace

schema_report check_schemas(std::span<const recorded_schema> recorded, const schema_files& today) {
  schema_registry now;
  std::vector<recorded_schema> matched;
  schema_report report;
  for (const recorded_schema& each : recorded) {
    if (auto problem = match(each, today, now)) {
      report.findings.push_back(std::move(*problem));
    } else {
      matched.push_back(each);
    }
  }
  auto compared = check_schemas(matched, now);
  report.schemas = recorded.size();
  report.findings.insert(report.findings.end(), std::make_move_iterator(compared.findings.begin()),
                         std::make_move_iterator(compared.findings.end()));
  return report;
}

}  // namespace mainstem
