// SPDX-License-Identifier: GPL-2.0-or-later
//
// The user or the system asks this process to stop. A change is never left half done for that: it
// is finished or taken back first.
#pragma once

#include <string>

namespace early::enable {

// From now on SIGINT, SIGTERM and SIGHUP are only noted, and SIGPIPE is ignored: output that nobody
// reads must not end this process.
void note_interruptions();

bool interrupted();

// While it lives, an interruption prints the words at once: "waiting for update-initramfs to end".
// The program has a session of its own, so Ctrl-C does not end it, and the wait may take minutes.
class AnswerToInterruption {
 public:
  explicit AnswerToInterruption(const std::string& words);
  ~AnswerToInterruption();
  AnswerToInterruption(const AnswerToInterruption&) = delete;
  AnswerToInterruption& operator=(const AnswerToInterruption&) = delete;

 private:
  std::string line_;
};

}  // namespace early::enable
