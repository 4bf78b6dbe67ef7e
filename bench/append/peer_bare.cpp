// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "append/peer.h"

namespace mainstem::bench {

namespace {

constexpr std::uint64_t file_bytes = 1U << 30U;

void check(bool succeeded, const char* what) {
  if (!succeeded) throw std::system_error(errno, std::generic_category(), what);
}

class bare_peer;

class bare_writer final : public peer_writer {
 public:
  explicit bare_writer(bare_peer& file) : file_(file) {}
  void commit(std::span<const planned_event> events) override;

 private:
  bare_peer& file_;
};

class bare_peer final : public peer {
 public:
  bare_peer(const std::filesystem::path& folder, file_space space) : space_(space) {
    const auto path = folder / "file";
    descriptor_ = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
    check(descriptor_ >= 0, "open");
    if (space_ == file_space::zero_filled) fill_with_zeros();
  }
  ~bare_peer() override { ::close(descriptor_); }

  std::unique_ptr<peer_writer> start_writer() override {
    return std::make_unique<bare_writer>(*this);
  }

  void prepare(const workload& work, std::uint64_t commit_bytes) override {
    data_.assign(commit_bytes * work.writers, std::byte{0x5a});
    if (space_ == file_space::reserved) reserve_anew();
  }

  // The best that could be done for many writers: all their commits in one write and one sync.
  workload carried(const workload& work) const override {
    return {.name = work.name,
            .writers = 1,
            .events_per_commit = work.events_per_commit * work.writers};
  }

  void write_and_sync() {
    if (offset_ + data_.size() > file_bytes) offset_ = 0;
    const auto written =
        ::pwrite(descriptor_, data_.data(), data_.size(), static_cast<off_t>(offset_));
    check(written == static_cast<ssize_t>(data_.size()), "pwrite");
    check(::fdatasync(descriptor_) == 0, "fdatasync");
    offset_ += data_.size();
  }

 private:
  // Written once, the file stays prepared: going round in it costs what fresh zeros would.
  void fill_with_zeros() {
    const std::vector<std::byte> zeros(1U << 20U);
    for (std::uint64_t at = 0; at < file_bytes; at += zeros.size())
      check(::pwrite(descriptor_, zeros.data(), zeros.size(), static_cast<off_t>(at)) > 0,
            "pwrite");
    check(::fsync(descriptor_) == 0, "fsync");
  }

  // Written blocks are no longer merely reserved, so each slice begins with new ones.
  void reserve_anew() {
    const auto length = static_cast<off_t>(file_bytes);
    check(::fallocate(descriptor_, FALLOC_FL_ZERO_RANGE, 0, length) == 0, "fallocate");
    check(::fsync(descriptor_) == 0, "fsync");
    offset_ = 0;
  }

  file_space space_;
  int descriptor_ = -1;
  std::uint64_t offset_ = 0;
  std::vector<std::byte> data_;
};

void bare_writer::commit(std::span<const planned_event> /*events*/) { file_.write_and_sync(); }

}  // namespace

std::unique_ptr<peer> open_bare(const std::filesystem::path& folder, file_space space) {
  return std::make_unique<bare_peer>(folder, space);
}

}  // namespace mainstem::bench
