// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/say.h"

#include <cstdio>

#include "host/printable.h"

namespace early {
namespace {

std::string prefixed(const std::string& card, const std::string& text) {
  return card.empty() ? text : card + ": " + text;
}

}  // namespace

void say(const host::Root& root, host::Priority priority, const std::string& sentence) {
  const std::string line = host::printable("vfio-early: " + sentence);  // a console shows all bytes
  (void)host::write_kernel_log(root, priority, line);
  host::print(stderr, "%s\n", line.c_str());
}

void save(const host::Root& root, const plan::Record& record) {
  if (const auto saved = plan::write_record(root, record); !saved)
    say(root, host::Priority::kWarning, describe(saved.error()) + "; continuing without a record");
}

void say_refusal(const host::Root& root, const plan::Refusal& refusal) {
  say(root, host::Priority::kError,
      prefixed(refusal.card, refusal.where() + ": " + refusal.why + ". Remedy: " + refusal.remedy));
}

void say_warning(const host::Root& root, const plan::Warning& warning) {
  say(root, host::Priority::kWarning,
      prefixed(warning.card, warning.what + ". Remedy: " + warning.remedy));
}

void say_outcome(const host::Root& root, const plan::FunctionRecord& function) {
  if (function.state == plan::State::kBound) {
    const bool taken = !function.found.empty() && function.found != function.want;
    say(root, host::Priority::kInfo,
        prefixed(function.card, function.address + " is bound to " + function.want +
                                    (taken ? ", taken from " + function.found : "")));
    return;
  }
  if (function.state == plan::State::kReleased) {
    say(root, host::Priority::kNotice,
        prefixed(function.card, function.address + " was given back to the host: " + function.why));
    return;
  }
  say(root, host::Priority::kError,
      prefixed(function.card, function.address + " is not claimed (" +
                                  plan::state_name(function.state) + "): " + function.why +
                                  ". Remedy: " + function.remedy));
}

void say_warning(const host::Root& root, const plan::FunctionRecord& function,
                 const std::string& warning) {
  say(root, host::Priority::kWarning, prefixed(function.card, function.address + ": " + warning));
}

}  // namespace early
