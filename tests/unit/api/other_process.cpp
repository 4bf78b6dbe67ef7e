// SPDX-License-Identifier: Apache-2.0
#include "other_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iostream>
#include <stdexcept>

#include <gtest/gtest.h>

namespace mainstem::api::test {

namespace {

int status_of(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) throw std::runtime_error("waitpid");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

other_process::other_process(const std::vector<std::string>& arguments) {
  std::array<int, 2> input{};
  std::array<int, 2> output{};
  if (::pipe2(input.data(), O_CLOEXEC) != 0 || ::pipe2(output.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("pipe2");
  }
  std::string program = MAINSTEM_API_PROCESS;
  std::vector<std::string> owned = arguments;
  std::vector<char*> words{program.data()};
  for (auto& argument : owned) words.push_back(argument.data());
  words.push_back(nullptr);
  id_ = ::fork();
  if (id_ == 0) {
    ::dup2(input[0], STDIN_FILENO);
    ::dup2(output[1], STDOUT_FILENO);
    ::execv(program.c_str(), words.data());
    ::_exit(127);
  }
  ::close(input[0]);
  ::close(output[1]);
  input_ = input[1];
  output_ = output[0];
  if (id_ < 0) throw std::runtime_error("fork");
}

other_process::~other_process() {
  kill();
  if (input_ >= 0) ::close(input_);
  ::close(output_);
}

std::string other_process::read_line() {
  for (;;) {
    if (const auto end = read_ahead_.find('\n'); end != std::string::npos) {
      std::string line = read_ahead_.substr(0, end);
      read_ahead_.erase(0, end + 1);
      return line;
    }
    std::array<char, 4'096> bytes{};
    const auto count = ::read(output_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return {};
    read_ahead_.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

void other_process::kill() {
  if (id_ < 0) return;
  ::kill(id_, SIGKILL);
  wait();
}

int other_process::finish() {
  ::close(input_);
  input_ = -1;
  return wait();
}

int other_process::wait() {
  const int status = status_of(id_);
  id_ = -1;
  return status;
}

int in_forked_process(const std::function<int()>& body) {
  std::cout.flush();
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork");
  if (child == 0) {
    int status = 98;
    try {
      status = body();
      if (testing::Test::HasFailure()) status = 99;
    } catch (const std::exception& failure) {
      std::cerr << "in the forked process: " << failure.what() << '\n';
    }
    std::cout.flush();
    ::_exit(status);
  }
  return status_of(child);
}

}  // namespace mainstem::api::test
