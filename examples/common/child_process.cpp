// SPDX-License-Identifier: Apache-2.0
#include "common/child_process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace examples {

outcome<child_process> child_process::start(const std::string& name,
                                            const std::vector<std::string>& arguments) {
  std::vector<std::string> texts{name};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);

  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return failure(std::string("cannot start a process: ") + std::strerror(errno));
  if (pid == 0) {
    // The parent may have ended before the prctl: then nobody would end this process.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() == parent) ::execv("/proc/self/exe", pointers.data());
    ::_exit(127);
  }
  return child_process(pid);
}

child_process::~child_process() {
  if (pid_ > 0 && !end_) kill();
}

void child_process::collect(int status) noexcept {
  end_ = WIFEXITED(status) ? process_end{WEXITSTATUS(status), 0} : process_end{0, WTERMSIG(status)};
}

std::optional<process_end> child_process::ended() {
  int status = 0;
  if (!end_ && ::waitpid(pid_, &status, WNOHANG) == pid_) collect(status);
  return end_;
}

process_end child_process::kill() {
  if (end_) return *end_;
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  collect(status);
  return *end_;
}

}  // namespace examples
