// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/trials.h"

#include <algorithm>

namespace verify {

const Attachment& Trials::attachment(const InspectedGroup& group) const {
  static const Attachment kNotTried;
  const auto found = attachments.find(group.number);
  return found == attachments.end() ? kNotTried : found->second;
}

bool Trials::any_attached() const {
  return std::any_of(attachments.begin(), attachments.end(),
                     [](const auto& attachment) { return attachment.second.attached(); });
}

namespace {

const char* why_not_tried(const host::Root& root, const Scope& scope) {
  if (!root.live()) return "not tested: no device is opened with --root";
  return scope.passive ? "not tested: no device is opened with --passive"
                       : "not tested: this command opens no device";
}

}  // namespace

Trials run_trials(const host::Root& root, const Facts& facts, const Scope& scope) {
  Trials trials;
  const bool active = scope.live && !scope.passive;
  if (active) trials.kvm = try_kvm(root);
  for (const InspectedGroup& group : facts.groups) {
    Attachment& attachment = trials.attachments[group.number];
    if (active) {
      attachment = attach(root, group.number, group.reserved);
    } else {
      attachment.reason = why_not_tried(root, scope);
    }
  }
  return trials;
}

}  // namespace verify
