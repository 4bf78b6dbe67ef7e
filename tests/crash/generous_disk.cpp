// SPDX-License-Identifier: Apache-2.0
#include "generous_disk.h"

#include <utility>

#include "support/scarce_memory.h"

namespace mainstem::test_support {
namespace {

template <class Call>
auto with_memory(Call&& call) {
  const memory_of_engine kernel(false);
  return std::forward<Call>(call)();
}

class generous_file final : public os::file {
 public:
  explicit generous_file(std::shared_ptr<os::file> real) : real_(std::move(real)) {}
  result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
    return with_memory([&] { return real_->read_at(offset, into); });
  }
  result<void> write_at(std::uint64_t offset,
                        std::span<const std::span<const std::byte>> parts) override {
    return with_memory([&] { return real_->write_at(offset, parts); });
  }
  result<void> sync() override {
    return with_memory([&] { return real_->sync(); });
  }
  result<std::uint64_t> size() override {
    return with_memory([&] { return real_->size(); });
  }
  result<void> resize(std::uint64_t size_bytes) override {
    return with_memory([&] { return real_->resize(size_bytes); });
  }
  result<void> allocate(std::uint64_t size_bytes) override {
    return with_memory([&] { return real_->allocate(size_bytes); });
  }
  result<std::shared_ptr<const os::mapping>> map() override {
    return with_memory([&] { return real_->map(); });
  }
  [[nodiscard]] const std::string& path() const noexcept override { return real_->path(); }

 private:
  std::shared_ptr<os::file> real_;
};

class generous_directory final : public os::directory {
 public:
  explicit generous_directory(std::shared_ptr<os::directory> real) : real_(std::move(real)) {}
  result<std::shared_ptr<os::file>> open_file(std::string_view name, os::open_mode mode) override {
    auto opened = with_memory([&] { return real_->open_file(name, mode); });
    if (!opened) return opened;
    return std::shared_ptr<os::file>(std::make_shared<generous_file>(std::move(*opened)));
  }
  result<std::shared_ptr<os::directory>> open_directory(std::string_view name,
                                                        bool create) override {
    auto opened = with_memory([&] { return real_->open_directory(name, create); });
    if (!opened) return opened;
    return std::shared_ptr<os::directory>(std::make_shared<generous_directory>(std::move(*opened)));
  }
  result<std::vector<std::string>> list() override {
    return with_memory([&] { return real_->list(); });
  }
  result<void> rename(std::string_view from, std::string_view to) override {
    return with_memory([&] { return real_->rename(from, to); });
  }
  result<void> remove(std::string_view name) override {
    return with_memory([&] { return real_->remove(name); });
  }
  result<void> remove_tree(std::string_view name) override {
    return with_memory([&] { return real_->remove_tree(name); });
  }
  result<void> sync() override {
    return with_memory([&] { return real_->sync(); });
  }
  result<std::unique_ptr<os::file_lock>> lock(std::string_view name) override {
    return with_memory([&] { return real_->lock(name); });
  }
  [[nodiscard]] const std::string& path() const noexcept override { return real_->path(); }

 private:
  std::shared_ptr<os::directory> real_;
};

}  // namespace

result<std::shared_ptr<os::directory>> generous_disk::open_directory(const std::string& path,
                                                                     bool create) {
  auto opened = with_memory([&] { return real_.open_directory(path, create); });
  if (!opened) return opened;
  return std::shared_ptr<os::directory>(std::make_shared<generous_directory>(std::move(*opened)));
}

}  // namespace mainstem::test_support
