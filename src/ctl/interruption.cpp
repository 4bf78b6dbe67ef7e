// SPDX-License-Identifier: Apache-2.0
#include "ctl/interruption.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "ctl/text.h"

namespace mainstem::ctl {
namespace {

volatile std::sig_atomic_t interrupted = 0;

void note_signal(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void begin_watching_signals() {
  std::signal(SIGINT, &note_signal);
  std::signal(SIGTERM, &note_signal);
}

bool was_interrupted() noexcept { return interrupted != 0; }

progress_line::~progress_line() {
  if (is_shown_) std::fputs("\r\033[K", stderr);
}

void progress_line::show(std::uint64_t done, std::uint64_t total) {
  if (was_interrupted()) stop_.request_stop();
  static const bool has_terminal = ::isatty(STDERR_FILENO) == 1;
  if (!has_terminal || total == 0) return;
  is_shown_ = true;
  static_cast<void>(std::fprintf(stderr, "\r\033[K%s %3d %%  %s of %s", what_.c_str(),
                                 static_cast<int>(done * 100 / total), in_bytes(done).c_str(),
                                 in_bytes(total).c_str()));
}

}  // namespace mainstem::ctl
