// SPDX-License-Identifier: GPL-2.0-or-later
//
// A finding: what one check has to say about one subject, and the rule that turns all of them into
// a verdict. What could not be read is unknown, never a pass.
#pragma once

#include <string>
#include <vector>

namespace verify {

enum class Status {
  kPass,
  kWarn,     // works, but is worth knowing
  kFail,     // the card can't be given to a guest safely
  kSkip,     // does not apply here; the evidence says why
  kUnknown,  // could not be told
};

const char* status_name(Status status);  // "pass"

struct Finding {
  std::string id;       // stable: "iommu.attach"
  std::string subject;  // an address, "0000:01:00.1", or kHost
  Status status = Status::kUnknown;
  std::string evidence;  // what was seen
  // What to do, in words; a command stands on a line of its own that begins with two spaces.
  std::string remedy;
  // False for an unknown one that could at worst have been a warning: whatever it would have been,
  // the verdict is the same. run_checks() sets it.
  bool decides = true;
  // The check whose finding explains this one; "": none. See verify/causes.h.
  std::string cause;

  // Failed, or what could have failed could not be told.
  bool is_open() const {
    return status == Status::kFail || (status == Status::kUnknown && decides);
  }
};

using Findings = std::vector<Finding>;

inline constexpr const char* kHost = "host";

// Findings before they have an id: the table of checks gives it.
Finding pass(std::string subject, std::string evidence);
Finding warn(std::string subject, std::string evidence, std::string remedy);
Finding fail(std::string subject, std::string evidence, std::string remedy);
Finding skip(std::string subject, std::string evidence);
Finding unknown(std::string subject, std::string evidence, std::string remedy);

// Unknown, since sysfs contradicts itself: `contradiction` says where (contradictions.h).
Finding contradicts_itself(std::string subject, const std::string& contradiction);

// `finding`, which the check `id` explains. Its remedy is used if that check has no open finding.
Finding caused_by(const char* id, Finding finding);

// kFail, kUnknown or kPass: fail outranks unknown; warn and skip do not count, nor what does not
// decide.
Status verdict(const Findings& findings);

// Exit codes of vfio-verify.
inline constexpr int kExitPass = 0;
inline constexpr int kExitFail = 1;
inline constexpr int kExitUnknown = 2;
inline constexpr int kExitUsage = 64;  // EX_USAGE of sysexits.h

int exit_code(Status verdict);

}  // namespace verify
