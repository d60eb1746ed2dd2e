// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/hand_over/services.h"

#include "host/child.h"

namespace early::hand_over {
namespace {

using host::Result;
using host::Root;

constexpr std::chrono::seconds kStopLimit{20}, kStartLimit{10};

Result<void> systemctl(const Root& root, host::Command words, std::chrono::seconds limit) {
  if (!root.live()) return {};
  const auto program = host::find_program(root, "systemctl");
  if (!program) return program.error();
  words.insert(words.begin(), {*program, "--no-ask-password", "--quiet"});
  const auto out = host::output_of({.command = std::move(words), .limit = limit});
  if (!out) return out.error();
  return {};
}

}  // namespace

bool has_systemd(const Root& root) {
  return root.exists("/run/systemd/system");
}

Result<void> stop_unit(const Root& root, const std::string& unit) {
  return systemctl(root, {"stop", "--", unit}, kStopLimit);
}

Result<void> start_unit(const Root& root, const std::string& unit) {
  return systemctl(root, {"start", "--", unit}, kStartLimit);
}

void stop_unit_later(const Root& root, const std::string& unit) {
  (void)systemctl(root, {"stop", "--no-block", "--", unit}, kStartLimit);
}

}  // namespace early::hand_over
