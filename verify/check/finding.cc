// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/finding.h"

#include <utility>

namespace verify {
namespace {

Finding make(Status status, std::string subject, std::string evidence, Remedy remedy) {
  return {.subject = std::move(subject),
          .status = status,
          .evidence = std::move(evidence),
          .remedy = std::move(remedy)};
}

}  // namespace

const char* status_name(Status status) {
  constexpr const char* kNames[] = {"pass", "warn", "fail", "skip", "unknown"};
  return kNames[static_cast<size_t>(status)];
}

Finding pass(std::string subject, std::string evidence) {
  return make(Status::kPass, std::move(subject), std::move(evidence), {});
}

Finding warn(std::string subject, std::string evidence, Remedy remedy) {
  return make(Status::kWarn, std::move(subject), std::move(evidence), std::move(remedy));
}

Finding fail(std::string subject, std::string evidence, Remedy remedy) {
  return make(Status::kFail, std::move(subject), std::move(evidence), std::move(remedy));
}

Finding skip(std::string subject, std::string evidence) {
  return make(Status::kSkip, std::move(subject), std::move(evidence), {});
}

Finding not_asked(std::string subject, std::string evidence) {
  Finding finding = skip(std::move(subject), std::move(evidence));
  finding.is_asked = false;
  return finding;
}

Finding unknown(std::string subject, std::string evidence, Remedy remedy) {
  return make(Status::kUnknown, std::move(subject), std::move(evidence), std::move(remedy));
}

Finding contradicts_itself(std::string subject, const std::string& contradiction) {
  return unknown(
      std::move(subject), "sysfs contradicts itself: " + contradiction,
      "run vfio-verify again: a driver or a device may have changed in the meantime; if this is a capture, capture the machine again");
}

Finding caused_by(const char* id, Finding finding) {
  finding.cause = id;
  return finding;
}

Finding in_brief(std::string brief, Finding finding) {
  finding.brief = std::move(brief);
  return finding;
}

Finding yielding_to_log(Finding finding) {
  finding.yields_to_log = true;
  return finding;
}

Status verdict(const Findings& findings) {
  Status worst = Status::kPass;
  for (const Finding& finding : findings) {
    if (finding.status == Status::kFail) return Status::kFail;
    if (finding.is_open()) worst = Status::kUnknown;
  }
  return worst;
}

int exit_code(Status verdict) {
  switch (verdict) {
    case Status::kFail:
      return kExitFail;
    case Status::kUnknown:
      return kExitUnknown;
    default:
      return kExitPass;
  }
}

}  // namespace verify
