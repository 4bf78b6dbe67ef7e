// SPDX-License-Identifier: Apache-2.0
#include "checkpoint_file.h"

#include <boost/describe/class.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

namespace checkout {
namespace {

namespace json = boost::json;

struct sold_item {
  std::uint64_t item = 0;
  std::int64_t quantity = 0;
};
struct checkpoint {
  std::uint64_t position = 0;
  std::uint64_t digest = 0;
  std::vector<sold_item> sold;
};
BOOST_DESCRIBE_STRUCT(sold_item, (), (item, quantity))
BOOST_DESCRIBE_STRUCT(checkpoint, (), (position, digest, sold))

}  // namespace

outcome<sales_view> checkpoint_file::load() const {
  if (path_.empty() || !std::filesystem::exists(path_)) return sales_view{};
  std::ifstream in(path_, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  json::error_code ec;
  const json::value parsed = json::parse(text, ec);
  const auto kept = json::try_value_to<checkpoint>(parsed);
  if (ec || !kept)
    return failure(path_ + ": not a checkpoint: delete it, and the follower begins anew");
  sales_view view{.position = kept->position, .digest = kept->digest, .sold = {}};
  for (const sold_item& each : kept->sold) view.sold[each.item] = each.quantity;
  return view;
}

outcome<void> checkpoint_file::save(const sales_view& view) const {
  if (path_.empty()) return {};
  checkpoint kept{.position = view.position, .digest = view.digest, .sold = {}};
  for (const auto& [item, quantity] : view.sold) kept.sold.push_back({item, quantity});
  const std::string fresh = path_ + ".new";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  out << json::serialize(json::value_from(kept)) << '\n';
  out.close();
  // A rename takes effect as a whole: whoever is killed here leaves the old file or the new one.
  if (!out || std::rename(fresh.c_str(), path_.c_str()) != 0)
    return failure(path_ + ": cannot be written: " + std::strerror(errno));
  return {};
}

}  // namespace checkout
