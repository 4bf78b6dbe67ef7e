// SPDX-License-Identifier: Apache-2.0
#include "traced_process.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace mainstem::real_test {
namespace {

constexpr int no_ptrace = 121;
constexpr int no_seccomp = 122;
constexpr std::uintptr_t wanted = PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                                  PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;

void resume(pid_t thread, bool to_result, int signal = 0) {
  // ESRCH: it was killed meanwhile.
  ::ptrace(to_result ? PTRACE_SYSCALL : PTRACE_CONT, thread, nullptr, signal);
}

/// Only the calls in the list stop; everything else runs at full speed.
bool filter_calls(const std::vector<int>& numbers) {
  std::vector<sock_filter> program{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto to_trace = static_cast<std::uint8_t>(numbers.size() - i);
    program.push_back(
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(numbers[i]), to_trace, 0));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
  const sock_fprog whole{static_cast<unsigned short>(program.size()), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) == 0;
}

pid_t process_of(pid_t thread) {
  std::ifstream status("/proc/" + std::to_string(thread) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Tgid:")) return static_cast<pid_t>(std::stol(line.substr(5)));
  }
  return thread;
}

std::string read_to_end(int from) {
  std::string all;
  std::array<char, 65'536> bytes{};
  for (;;) {
    const auto count = ::read(from, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return all;
    all.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace

std::string traced_call::bytes(std::uint64_t address, std::size_t size) const {
  std::string copy(size, '\0');
  const iovec local{copy.data(), size};
  const iovec remote{reinterpret_cast<void*>(address), size};
  const auto count = ::process_vm_readv(thread, &local, 1, &remote, 1, 0);
  copy.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return copy;
}

std::string traced_call::text(std::uint64_t address) const {
  std::string all;
  while (all.size() < 4'096) {
    // Up to the end of the page: what lies behind may not be there.
    const std::string more = bytes(address + all.size(), 4'096 - (address + all.size()) % 4'096);
    if (more.empty()) return all;
    if (const auto end = more.find('\0'); end != std::string::npos)
      return all + more.substr(0, end);
    all += more;
  }
  return all;
}

void call_watch::become(const std::vector<std::string>& command, int output) const {
  std::vector<std::string> owned = command;
  std::vector<char*> words;
  for (auto& word : owned) words.push_back(word.data());
  words.push_back(nullptr);
  // The leak check of AddressSanitizer does not work in a process that is watched.
  const char* const options = std::getenv("ASAN_OPTIONS");
  ::setenv("ASAN_OPTIONS", ((options ? std::string(options) + ":" : "") + "detect_leaks=0").c_str(),
           1);
  ::dup2(output, STDOUT_FILENO);
  ::setpgid(0, 0);
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(no_ptrace);
  ::raise(SIGSTOP);
  if (!filter_calls(numbers_)) ::_exit(no_seccomp);
  ::execv(words[0], words.data());
  ::_exit(127);
}

int call_watch::run(const std::vector<std::string>& command, std::string& output) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  known_.clear();
  first_status_ = 0;
  const pid_t first = ::fork();
  if (first == 0) become(command, pipe[1]);
  ::close(pipe[1]);
  if (first < 0) throw std::runtime_error("fork");
  ::setpgid(first, first);  // As the child does: whoever comes first.
  watch(first);
  output = read_to_end(pipe[0]);
  ::close(pipe[0]);
  if (first_status_ == no_ptrace) throw cannot_trace("ptrace is not allowed here");
  if (first_status_ == no_seccomp) throw cannot_trace("seccomp filters are not allowed here");
  return first_status_;
}

void call_watch::watch(pid_t first) {
  group_ = first;
  for (;;) {
    int status = 0;
    const pid_t thread = ::waitpid(-first, &status, __WALL);
    if (thread < 0 && errno == EINTR) continue;
    if (thread < 0) return;
    if (WIFSTOPPED(status)) {
      stopped(thread, status);
    } else if (thread == first) {
      first_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
  }
}

void call_watch::stopped(pid_t thread, int status) {
  const int signal = WSTOPSIG(status);
  const int event = status >> 16;
  const bool is_new = std::find(known_.begin(), known_.end(), thread) == known_.end();
  if (is_new) known_.push_back(thread);
  if (is_new && known_.size() == 1) {
    if (::ptrace(PTRACE_SETOPTIONS, thread, nullptr, wanted) != 0) {
      ::kill(thread, SIGKILL);
      throw cannot_trace(std::string("ptrace cannot follow threads here: ") + std::strerror(errno));
    }
    return resume(thread, false);
  }
  if (event == PTRACE_EVENT_SECCOMP) return at_call(thread);
  if (signal == (SIGTRAP | 0x80)) return at_result(thread);
  if (event != 0 || signal == SIGTRAP || (is_new && signal == SIGSTOP))
    return resume(thread, false);
  resume(thread, false, signal);
}

void call_watch::at_call(pid_t thread) {
  __ptrace_syscall_info info{};
  if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0) {
    if (errno == ESRCH) return;
    ::kill(-group_, SIGKILL);
    throw cannot_trace("ptrace does not say here which call is made");
  }
  traced_call call{.thread = thread, .number = static_cast<long>(info.seccomp.nr)};
  std::copy_n(std::begin(info.seccomp.args), 6, call.arguments.begin());
  switch (before(call)) {
    case verdict::go_on: return resume(thread, wants_results());
    case verdict::kill_process: ::kill(process_of(thread), SIGKILL); return;
    case verdict::kill_everything: ::kill(-group_, SIGKILL); return;
  }
}

void call_watch::at_result(pid_t thread) {
  __ptrace_syscall_info info{};
  if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0) return;
  if (info.op != PTRACE_SYSCALL_INFO_EXIT) return resume(thread, true);
  after({.thread = thread, .result = info.exit.rval});
  resume(thread, false);
}

std::vector<int> disk_calls() {
  std::vector<int> calls{
      SYS_openat,    SYS_write,     SYS_writev,          SYS_pwrite64,  SYS_pwritev,
      SYS_pwritev2,  SYS_fsync,     SYS_fdatasync,       SYS_ftruncate, SYS_fallocate,
      SYS_truncate,  SYS_renameat2, SYS_unlinkat,        SYS_mkdirat,   SYS_linkat,
      SYS_symlinkat, SYS_mmap,      SYS_copy_file_range, SYS_sendfile,  SYS_splice,
      SYS_sync,      SYS_syncfs,    SYS_io_uring_setup,
#ifdef SYS_renameat
      SYS_renameat,
#endif
#ifdef SYS_open  // Younger architectures have the calls with a folder alone.
      SYS_open,      SYS_creat,     SYS_rename,          SYS_unlink,    SYS_rmdir,
      SYS_mkdir,     SYS_link,      SYS_symlink,
#endif
  };
  return calls;
}

}  // namespace mainstem::real_test
