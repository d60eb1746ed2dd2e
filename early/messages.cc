// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/messages.h"

#include <cstdio>

#include "host/printable.h"

namespace early {
namespace {

std::string prefixed(const std::string& card, const std::string& text) {
  return card.empty() ? text : card + ": " + text;
}

}  // namespace

void log_message(const host::Root& root, host::Priority priority, const std::string& sentence) {
  const std::string line = host::printable("vfio-early: " + sentence);  // a console shows all bytes
  (void)host::write_kernel_log(root, priority, line);
  host::print(stderr, "%s\n", line.c_str());
}

void save_record(const host::Root& root, const record::Record& record) {
  if (const auto saved = record::write_record(root, record); !saved)
    log_message(root, host::Priority::kWarning,
                describe(saved.error()) + "; continuing without a record");
}

void log_refusal(const host::Root& root, const config::Refusal& refusal) {
  log_message(
      root, refusal.awaited ? host::Priority::kNotice : host::Priority::kError,
      prefixed(refusal.card, refusal.where() + ": " + refusal.why + ". Remedy: " + refusal.remedy));
}

void log_warning(const host::Root& root, const config::Warning& warning) {
  log_message(root, host::Priority::kWarning,
              prefixed(warning.card, warning.what + ". Remedy: " + warning.remedy));
}

void log_outcome(const host::Root& root, const record::FunctionRecord& function) {
  if (function.state == record::State::kBound) {
    const bool taken = !function.found.empty() && function.found != function.wanted_driver;
    log_message(
        root, host::Priority::kInfo,
        prefixed(function.card, function.address.str() + " is bound to " + function.wanted_driver +
                                    (taken ? ", taken from " + function.found : "")));
    return;
  }
  if (function.state == record::State::kReleased) {
    log_message(root, host::Priority::kNotice,
                prefixed(function.card,
                         function.address.str() + " was given back to the host: " + function.why));
    return;
  }
  log_message(root, host::Priority::kError,
              prefixed(function.card, function.address.str() + " is not claimed (" +
                                          record::state_name(function.state) +
                                          "): " + function.why + ". Remedy: " + function.remedy));
}

void log_warning(const host::Root& root, const record::FunctionRecord& function,
                 const std::string& warning) {
  log_message(root, host::Priority::kWarning,
              prefixed(function.card, function.address.str() + ": " + warning));
}

}  // namespace early
