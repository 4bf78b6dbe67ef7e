// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mainstem::bench {

/// Builds the text of a JSON object, member by member.
class json_object {
 public:
  json_object& add(std::string_view name, std::string_view text);
  json_object& add(std::string_view name, const char* text) {
    return add(name, std::string_view(text));
  }
  json_object& add(std::string_view name, double number);
  json_object& add(std::string_view name, std::uint64_t number);
  json_object& add(std::string_view name, bool value);
  json_object& add(std::string_view name, const json_object& value);
  json_object& add(std::string_view name, const std::vector<json_object>& values);

  [[nodiscard]] std::string str() const { return "{" + members_ + "}"; }

 private:
  json_object& add_raw(std::string_view name, std::string_view value);
  std::string members_;
};

/// Throws if the file cannot be written.
void write_json(const std::string& path, const json_object& value);

}  // namespace mainstem::bench
