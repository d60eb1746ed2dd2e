// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/interruption.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <initializer_list>

#include <unistd.h>

namespace early::enable {
namespace {

volatile std::sig_atomic_t noted = 0;

// What an interruption prints, once; nullptr: nothing.
std::atomic<const char*> answer = nullptr;
static_assert(std::atomic<const char*>::is_always_lock_free);

// Only signal-safety(7) functions.
void note(int) {
  const int code = errno;
  noted = 1;
  if (const char* line = answer.exchange(nullptr))
    (void)!::write(STDERR_FILENO, line, std::strlen(line));
  errno = code;
}

}  // namespace

void note_interruptions() {
  struct sigaction action = {};
  action.sa_handler = note;  // without SA_RESTART: a question to the user ends
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
  action.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &action, nullptr);
}

bool interrupted() {
  return noted != 0;
}

// The terminal shows ^C before it.
AnswerToInterruption::AnswerToInterruption(const std::string& words)
    : line_("\nvfio-early: " + words + ".\n") {
  answer = line_.c_str();
}

AnswerToInterruption::~AnswerToInterruption() {
  answer = nullptr;
}

}  // namespace early::enable
