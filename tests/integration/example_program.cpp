// SPDX-License-Identifier: Apache-2.0
#include "example_program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/property_tree/json_parser.hpp>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace example_test {

namespace fs = std::filesystem;

scratch_folder::scratch_folder() {
  std::string path = (fs::temp_directory_path() / "example_test.XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("no scratch folder");
  path_ = path;
}

scratch_folder::~scratch_folder() {
  std::error_code ec;
  fs::remove_all(path_, ec);
}

std::string scratch_folder::write(std::string_view name, std::string_view content) const {
  std::string path = *this / name;
  std::ofstream out(path, std::ios::binary);
  out << content;
  return path;
}

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

program::program(const std::vector<std::string>& arguments, const std::string& executable) {
  std::vector<std::string> texts{executable};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  const std::string out = folder_ / "out";
  const std::string err = folder_ / "err";
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::dup2(::open(out.c_str(), O_CREAT | O_WRONLY, 0600), STDOUT_FILENO);
  ::dup2(::open(err.c_str(), O_CREAT | O_WRONLY, 0600), STDERR_FILENO);
  ::execv(pointers.front(), pointers.data());
  ::_exit(126);
}

program::~program() {
  if (pid_ <= 0) return;
  send(SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void program::send(int signal) const {
  if (pid_ > 0) ::kill(pid_, signal);
}

bool program::has_printed(std::string_view text) const {
  return content_of(folder_ / "out").find(text) != std::string::npos;
}

program_end program::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          content_of(folder_ / "out"), content_of(folder_ / "err")};
}

program_end run(const std::vector<std::string>& arguments, const std::string& executable) {
  return program(arguments, executable).wait();
}

boost::property_tree::ptree read_json(const std::string& path) {
  boost::property_tree::ptree tree;
  boost::property_tree::read_json(path, tree);
  return tree;
}

bool comes_true(const std::function<bool()>& condition) {
  const auto begin = std::chrono::steady_clock::now();
  while (!condition()) {
    if (std::chrono::steady_clock::now() - begin > std::chrono::minutes(1)) return false;
    std::this_thread::yield();
  }
  return true;
}

std::string test_data(std::string_view name) {
  const char* const folder = std::getenv("MAINSTEM_TEST_DATA");
  const fs::path path =
      (folder != nullptr ? fs::path(folder)
                         : fs::path(MAINSTEM_SOURCE_DIR) / ".." / "shared" / "data") /
      name;
  return fs::exists(path) ? path.string() : std::string();
}

}  // namespace example_test
