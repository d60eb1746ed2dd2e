// SPDX-License-Identifier: GPL-2.0-or-later
//
// A finding: the result of one check for one subject, and the rule by which findings give a
// verdict. If data could not be read, the finding is unknown, never a pass.
#pragma once

#include <string>
#include <vector>

#include "verify/check/remedy.h"
#include "verify/output/exit_codes.h"

namespace verify {

enum class Status {
  kPass,
  kWarn,     // works, with a disadvantage
  kFail,     // the card cannot be given to a guest safely
  kSkip,     // does not apply here; the evidence says why
  kUnknown,  // inconclusive: data is missing or contradictory
};

const char* status_name(Status status);  // "pass"

struct Finding {
  std::string id;       // stable: "iommu.attach"
  std::string subject;  // an address, "0000:01:00.1", or kHost
  Status status = Status::kUnknown;
  std::string evidence;  // what was seen
  Remedy remedy;
  // False if the check can at worst warn (Weight::kAdvises): an unknown finding then does not
  // change the verdict. add_findings() sets it.
  bool decides = true;
  // The id of the check that explains this finding; "": none. See verify/check/causes.h.
  std::string cause;
  // One sentence for the summary, where the evidence is longer; "": the evidence.
  std::string brief = {};
  // The check that must be fixed first, as resolve_causes() finds it; "": none.
  std::string waits_for = {};
  // The section that a finding about the host belongs to; "": all cards.
  std::string card = {};
  // False for a skip that leaves nothing unproven: see not_asked().
  bool is_asked = true;
  // A line of the kernel log that belongs to the check replaces the evidence: see log_evidence.h.
  bool yields_to_log = false;

  // Failed, or unknown in a check that can fail.
  bool is_open() const {
    return status == Status::kFail || (status == Status::kUnknown && decides);
  }
};

using Findings = std::vector<Finding>;

inline constexpr const char* kHost = "host";

// Findings without an id: add_findings() sets it.
Finding pass(std::string subject, std::string evidence);
Finding warn(std::string subject, std::string evidence, Remedy remedy);
Finding fail(std::string subject, std::string evidence, Remedy remedy);
Finding skip(std::string subject, std::string evidence);
Finding unknown(std::string subject, std::string evidence, Remedy remedy);

// Skipped because neither the configuration nor an option asks for it. A pass stays complete.
Finding not_asked(std::string subject, std::string evidence);

// Unknown because sysfs contradicts itself. `contradiction`: see contradictions.h.
Finding contradicts_itself(std::string subject, const std::string& contradiction);

// `finding` with the cause `id`. Its own remedy is used only if resolve_causes() finds no open
// cause.
Finding caused_by(const char* id, Finding finding);

// `finding` with `brief` as its sentence in the summary.
Finding in_brief(std::string brief, Finding finding);

// `finding`, whose evidence a line of the kernel log replaces.
Finding yielding_to_log(Finding finding);

// kFail if any finding failed, else kUnknown if an unknown one decides, else kPass. kWarn and kSkip
// do not count.
Status verdict(const Findings& findings);

int exit_code(Status verdict);

}  // namespace verify
