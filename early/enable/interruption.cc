// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/interruption.h"

#include <csignal>
#include <initializer_list>

namespace early::enable {
namespace {

volatile std::sig_atomic_t noted = 0;

void note(int) {
  noted = 1;
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

}  // namespace early::enable
