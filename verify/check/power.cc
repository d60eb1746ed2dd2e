// SPDX-License-Identifier: GPL-2.0-or-later
//
// power.*: does the card answer, and is it awake? The checks do not wake a sleeping card.
#include <cerrno>

#include <fmt/format.h>

#include "verify/check/check.h"
#include "verify/check/each.h"
#include "verify/check/log_evidence.h"
#include "verify/check/unreadable.h"

namespace verify {
namespace {

using hardware::Power;

bool failed_to_wake(const Inspection& inspection, const std::string& address) {
  const LogEvidence* evidence = find_evidence(inspection, "power.state", address);
  return evidence && evidence->event == LogEvent::kFailedToWake;
}

Finding judge_answers(const Inspection& inspection, const ConfiguredFunction& function) {
  const std::string address = function.address();
  const auto& registers_error = function.hardware.registers_error;
  if (!registers_error) return pass(address, "it answers when its configuration space is read");
  if (registers_error->code != EIO) return unread(inspection, function, *registers_error);
  return fail(
      address,
      fmt::format("all bits of its registers are 1: it is no longer on its bus{}",
                  failed_to_wake(inspection, address) ? ", and the kernel failed to wake it" : ""),
      keep_powered(inspection, function));
}

std::string state_text(const Power& power) {
  if (!power.is_asleep())
    return power.state == "unknown" ? "it has no power management" : power.state + ": awake";
  return fmt::format("{}: it sleeps until a guest opens it{}", power.state,
                     power.d3cold_allowed == false ? "; its power stays on (D3cold is not allowed)"
                     : power.state == "D3cold"     ? ", without power"
                                                   : "");
}

Finding judge_state(const Inspection& inspection, const ConfiguredFunction& function) {
  const std::string address = function.address();
  const Power& power = function.hardware.power;
  if (power.state.empty())
    return skip(address, "this kernel does not report the power state (Linux 5.11 and later do)");
  if (power.state == "error")
    return fail(address, "the kernel cannot determine its power state",
                keep_powered(inspection, function));
  return pass(address, state_text(power));
}

constexpr Check kChecks[] = {
    {"power.answers", "Does the card answer when its registers are read?", R"(
If all bits are 1, the card is no longer on its bus, for example because it did not wake from
sleep. Unknown for a card in D3cold, because reading would wake it.)",
     each_function<judge_answers>},
    {"power.state", "Is the card awake, or does it sleep until a guest opens it?", R"(
It is awake in D0, and sleeps in D3hot and D3cold. Both pass. Warns if the kernel logged
that it once failed to wake it, or that the card refused to change its state. Fails if the kernel
cannot determine the power state.)",
     each_function<judge_state>},
};

}  // namespace

constexpr Chapter kPowerChapter{"Card", kChecks};

}  // namespace verify
