// SPDX-License-Identifier: Apache-2.0
#include "common/host.h"

#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <thread>

namespace mainstem::bench {

namespace {

std::string file_system_of(const std::filesystem::path& folder) {
  struct statfs info {};
  if (::statfs(folder.c_str(), &info) != 0) return "unknown file system";
  switch (info.f_type) {
    case EXT4_SUPER_MAGIC: return "ext4";
    case BTRFS_SUPER_MAGIC: return "btrfs";
    case XFS_SUPER_MAGIC: return "xfs";
    case OVERLAYFS_SUPER_MAGIC: return "overlayfs";
    default: break;
  }
  std::ostringstream text;
  text << "file system 0x" << std::hex << info.f_type;
  return text.str();
}

std::uint64_t sectors_written(const std::filesystem::path& folder) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) return 0;
  std::ifstream in("/sys/dev/block/" + std::to_string(major(info.st_dev)) + ":" +
                   std::to_string(minor(info.st_dev)) + "/stat");
  // The seventh figure: after reads, merged reads, sectors read, time reading, writes, merged
  // writes.
  std::uint64_t value = 0;
  for (int i = 0; i < 7 && in; ++i) in >> value;
  return in ? value : 0;
}

/// Of all cores together, the time that a hypervisor gave to others included.
double busy_seconds() {
  std::ifstream in("/proc/stat");
  std::string label;
  // In this order: user, nice, system, idle, waiting for I/O, interrupts, soft interrupts, stolen.
  std::array<double, 8> ticks{};
  in >> label;
  for (auto& value : ticks) in >> value;
  const double busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7];
  return busy / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double own_seconds() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

cpu_meter::cpu_meter()
    : began_busy_seconds_(busy_seconds()),
      began_own_seconds_(own_seconds()),
      began_(std::chrono::steady_clock::now()) {}

double cpu_meter::share_of_others() const {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - began_;
  const double others =
      (busy_seconds() - began_busy_seconds_) - (own_seconds() - began_own_seconds_);
  return std::max(0.0, others / (elapsed.count() * std::thread::hardware_concurrency()));
}

std::string describe_host(const std::filesystem::path& folder) {
  struct utsname kernel {};
  std::string release = ::uname(&kernel) == 0 ? kernel.release : "unknown";
  return std::to_string(std::thread::hardware_concurrency()) + " cores, Linux " + release + ", " +
         file_system_of(folder);
}

written_bytes written_so_far(const std::filesystem::path& folder) {
  written_bytes written;
  std::ifstream in("/proc/self/io");
  std::string name;
  for (std::uint64_t value = 0; in >> name >> value;) {
    if (name == "wchar:") written.to_calls = value;
    if (name == "write_bytes:") written.dirtied = value;
  }
  written.to_disk = sectors_written(folder) * 512U;
  return written;
}

std::uint64_t bytes_on_disk(const std::filesystem::path& folder) {
  std::uint64_t sum = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    struct stat info {};
    if (::lstat(entry.path().c_str(), &info) == 0)
      sum += static_cast<std::uint64_t>(info.st_blocks) * 512U;
  }
  return sum;
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t from_right = 3; from_right < digits.size(); from_right += 4)
    digits.insert(digits.size() - from_right, 1, ',');
  return digits;
}

}  // namespace mainstem::bench
